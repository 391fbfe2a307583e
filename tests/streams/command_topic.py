"""The command topic as an agent sees it, without Kafka: what is written is decided at once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from projections.migrate import COMMANDS
from projections.queries.command_answer import CommandAnswer, command_answer
from streams import command_agent
from streams.database import Database
from streams.projector import Projector
from streams.received import Received


class CommandTopic:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.ends: dict[int, int] = {}

    def written(
        self, value: bytes, *, partition: int = 0, age: timedelta = timedelta(0), hole: int = 0
    ) -> Received:
        now = datetime.now(UTC)
        offset = self.ends.get(partition, 0) + hole
        self.ends[partition] = offset + 1
        return Received(
            topic=COMMANDS.topic,
            partition=partition,
            offset=offset,
            key=b"some key",
            value=value,
            headers=(),
            received_at=now,
            timestamp_seconds=(now - age).timestamp(),
        )

    async def decide(self, *received: Received) -> None:
        projector = Projector(
            self.database,
            COMMANDS,
            decode=command_agent.read,
            apply=command_agent.apply,
            retry_delay_seconds_max=0.2,
            transaction_messages_max=1,
        )
        await projector.apply(received)

    async def command(self, kind: str, company: str = "bageriet", **fields: Any) -> Received:
        place = {name: fields.pop(name) for name in ("partition", "age", "hole") if name in fields}
        document = {"type": f"{kind}.v1", "company_id": company, **fields}
        received = self.written(json.dumps(document, default=str).encode(), **place)
        await self.decide(received)
        return received

    async def set_clock(self, offset: timedelta) -> None:
        async with self.database.connection() as connection:
            await connection.execute("UPDATE engine.clock_offset SET clock_offset = $1", offset)

    async def events(self, company: str = "bageriet") -> list[dict[str, Any]]:
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                """
                SELECT message_value FROM engine.outbox
                WHERE topic = 'bokflow.lifecycle' AND message_key = $1 ORDER BY outbox_id
                """,
                company.encode(),
            )
        return [json.loads(row["message_value"]) for row in rows]

    async def answer(self, command_id: str, company: str = "bageriet") -> CommandAnswer:
        async with self.database.connection() as connection:
            found = await command_answer(connection, company, command_id)
        assert found is not None
        return found

    async def kinds(self, company: str = "bageriet") -> list[str]:
        return [event["type"].removesuffix(".v1") for event in await self.events(company)]

    async def row(self, query: str, *arguments: Any) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchrow(query, *arguments)

    async def value(self, query: str, *arguments: Any) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(query, *arguments)
