"""The Faust agents: thin loops that hand batches to a projector."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import faust

from streams.positions import Agent
from streams.received import Received


def install(
    app: faust.App,
    agent: Agent,
    *,
    batch_messages_max: int,
    batch_wait_seconds: float,
    give_up: Callable[[str, BaseException], None],
) -> None:
    """Makes the agent that reads a topic; concurrency 1, raw bytes, no exception to Faust."""
    topic = app.topic(
        agent.topic, key_serializer="raw", value_serializer="raw", value_type=bytes, internal=False
    )
    name = agent.reader.agent

    async def read(stream: Any) -> AsyncIterator[None]:
        async for batch in stream.noack_take(batch_messages_max, within=batch_wait_seconds):
            try:
                await agent.projector.apply([received(event.message) for event in batch])
            except asyncio.CancelledError:
                raise  # The worker stops; what was not committed is not moved past.
            except BaseException as error:
                give_up(name, error)
                raise
            for event in batch:
                await stream.ack(event)  # Decides nothing, but lets Faust forget the message.
            yield None

    app.agent(topic, name=name, concurrency=1)(read)


def received(message: Any) -> Received:
    """A Faust message as ours."""
    headers = message.headers.items() if isinstance(message.headers, dict) else message.headers
    return Received(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        headers=tuple((name, bytes(value or b"")) for name, value in headers or ()),
        received_at=datetime.now(UTC),
        timestamp_seconds=message.timestamp,
    )
