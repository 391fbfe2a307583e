"""PostgreSQL's errors in our own words: what to wait out, what to refuse, what nobody foresaw."""

import asyncpg
import pytest

from schemas.errors import StoreUnavailable, ValueRefused
from streams.database import translated


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.CannotConnectNowError("shutting down"),
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.AdminShutdownError("terminating"),
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.SerializationError("again"),
        asyncpg.LockNotAvailableError("busy"),
        asyncpg.DiskFullError("full"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 15"),
        ConnectionRefusedError(),
        FileNotFoundError(),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_may_succeed_next_time_is_waited_out(error: Exception) -> None:
    with pytest.raises(StoreUnavailable):
        async with translated():
            raise error


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.CharacterNotInRepertoireError("0x00"),
        asyncpg.UniqueViolationError("twice"),
        asyncpg.NumericValueOutOfRangeError("large"),
        asyncpg.ProgramLimitExceededError("row too large"),
        OverflowError("int too big"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_value_that_is_refused_is_no_outage(error: Exception) -> None:
    with pytest.raises(ValueRefused):
        async with translated():
            raise error


async def test_what_nobody_foresaw_passes_as_it_is() -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        async with translated():
            raise asyncpg.UndefinedTableError("no such table")
