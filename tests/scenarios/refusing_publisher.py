"""A producer that fails for a while: an outage, or a fault of ours, played on purpose."""

import asyncio

from aiokafka.structs import RecordMetadata

from schemas.codec import Message
from streams.publisher import Publisher


class RefusingPublisher(Publisher):
    def __init__(self, kafka_url: str, error: Exception, *, times: int) -> None:
        super().__init__(kafka_url)
        self._error = error
        self._times = times

    async def send(self, message: Message) -> "asyncio.Future[RecordMetadata]":
        if self._times:
            self._times -= 1
            raise self._error
        return await super().send(message)
