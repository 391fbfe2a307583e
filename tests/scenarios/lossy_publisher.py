"""A producer that loses one message on its way: the network's fault, played on purpose."""

import asyncio

from aiokafka.structs import RecordMetadata

from schemas.codec import Message
from streams.publisher import Publisher


class LossyPublisher(Publisher):
    def __init__(self, kafka_url: str, *, loses: str) -> None:
        super().__init__(kafka_url)
        self._loses = loses.encode()
        self.lost = 0

    async def send(self, message: Message) -> "asyncio.Future[RecordMetadata]":
        if not self.lost and dict(message.headers).get("ce_type") == self._loses:
            self.lost += 1
            lost: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
            lost.set_result(RecordMetadata("", 0, None, 0, 0, 0, 0))
            return lost
        return await super().send(message)
