"""Waiting out what is transient, and what is said of it."""

import asyncio

import pytest
from structlog.testing import capture_logs

from schemas.errors import BrokerUnavailable
from streams import retry


async def _fail() -> None:
    raise BrokerUnavailable("it is away")


async def test_work_that_is_given_up_does_not_silence_what_waits_later() -> None:
    for what in ("first", "second"):
        with capture_logs() as logged, pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await retry.until_done(_fail, what=what, delay_seconds_max=1)
        assert [entry["what"] for entry in logged] == [what]
