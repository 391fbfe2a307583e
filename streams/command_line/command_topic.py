"""The commands' topic, as the command line writes to it."""

import logging

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.codec import encode_command
from schemas.commands import AnyCommand
from streams.command_line.refusal import CommandRefused

REQUEST_SECONDS_MAX = 15


async def publish(kafka_url: str, command: AnyCommand) -> None:
    """Returns when the broker has the command. Raises CommandRefused."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # What matters of it is said here.
    message = encode_command(command)
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka_url,
        enable_idempotence=True,
        acks="all",
        request_timeout_ms=REQUEST_SECONDS_MAX * 1000,
    )
    try:
        await producer.start()
        await producer.send_and_wait(
            message.topic, message.value, key=message.key, headers=list(message.headers)
        )
    except (KafkaError, OSError, TimeoutError) as error:
        told = str(error) or type(error).__name__
        raise CommandRefused("kafka_unreachable", error=told) from error
    finally:
        await producer.stop()
