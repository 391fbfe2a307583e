"""The engine's producer: idempotent, never transactional, acknowledged by all replicas."""

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.structs import RecordMetadata
from mode import Service

from schemas.codec import Message
from schemas.errors import BrokerUnavailable, MessageTooLarge
from schemas.limits import DEAD_LETTER_BYTES_MAX
from schemas.topics import LEDGER
from streams import retry

REQUEST_BYTES_MAX = DEAD_LETTER_BYTES_MAX + 512 * 1024
REQUEST_SECONDS_MAX = 30
LINGER_MS = 5
PATIENCE_SECONDS = 5


class Publisher(Service):
    """Sends messages; a broken producer is replaced at the next send."""

    def __init__(self, kafka_url: str) -> None:
        super().__init__()
        self._kafka_url = kafka_url
        self._producer: AIOKafkaProducer | None = None
        self._producer_lock = asyncio.Lock()

    async def send(self, message: Message) -> "asyncio.Future[RecordMetadata]":
        """Hands the message over, in order; the future ends when the broker has it.

        Raises BrokerUnavailable and MessageTooLarge, as `acknowledged` does for the future.
        """
        try:
            producer = await self._current()
            future: asyncio.Future[RecordMetadata] = await producer.send(
                message.topic, message.value, key=message.key, headers=list(message.headers)
            )
        except MessageSizeTooLargeError as error:  # Nothing of it has been handed over.
            raise MessageTooLarge(message.topic, str(error)) from error
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise BrokerUnavailable(repr(error)) from error
        return future

    async def acknowledged(self, future: "asyncio.Future[RecordMetadata]") -> RecordMetadata:
        """Where the broker has put the message. Raises BrokerUnavailable and MessageTooLarge.

        The producer goes on trying while the broker is away; that is waited out here.
        """
        try:
            done, _ = await asyncio.wait({future}, timeout=PATIENCE_SECONDS)
            if not done:
                retry.pause("publish", BrokerUnavailable("no answer to what was published"))
            metadata = await future
            retry.resume("publish")
            return metadata
        except MessageSizeTooLargeError as error:
            # It has taken a number of the producer's, for which the broker would wait in vain.
            await self.close()
            raise MessageTooLarge("the broker", repr(error)) from error
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise BrokerUnavailable(repr(error)) from error

    async def reach(self) -> None:
        """Returns when the broker answers. Raises BrokerUnavailable."""
        try:
            producer = await self._current()
            await producer.partitions_for(LEDGER.name)
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise BrokerUnavailable(repr(error)) from error

    async def on_stop(self) -> None:
        await self.close()

    async def close(self) -> None:
        """Stops the producer; the next send starts another."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), timeout=REQUEST_SECONDS_MAX)
            except (KafkaError, OSError, TimeoutError):
                return  # It is given up anyway.

    async def _current(self) -> AIOKafkaProducer:
        async with self._producer_lock:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._kafka_url,
                    enable_idempotence=True,
                    acks="all",
                    compression_type="zstd",
                    linger_ms=LINGER_MS,
                    max_request_size=REQUEST_BYTES_MAX,
                    request_timeout_ms=REQUEST_SECONDS_MAX * 1000,
                )
                await producer.start()
                self._producer = producer
            return self._producer
