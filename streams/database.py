"""PostgreSQL: one pool, limits on every session, and foreign errors in our own words."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import cast

import asyncpg
from mode import Service

from schemas.errors import StoreFull, StoreUnavailable, ValueRefused

CONNECT_SECONDS_MAX = 10
COMMAND_SECONDS_MAX = 300
POOL_CONNECTIONS_MAX = 10
# A process that was stopped inside a transaction must not hold the others for long, nor one that is
# gone: in the middle of a statement nobody looks at its connection otherwise.
KEEPALIVES = {
    "client_connection_check_interval": "5000ms",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
# Data that PostgreSQL refuses: invalid values, broken constraints, limits exceeded.
REFUSED_CLASSES = ("22", "23", "54")
# Connection, rollback, resources, operator intervention, system error; a transaction that took
# too long (25P04), a lock that was not to be had (55P03), a query that was cancelled (57014).
TRANSIENT_CLASSES = ("08", "40", "53", "57", "58")
TRANSIENT_STATES = ("25P04", "55P03")
DISK_FULL = "53100"
# The connection is of no use any more. InternalClientError: the server went away in the middle of
# an operation, and the driver no longer knows where it stands ("cannot switch to state …").
CONNECTION_LOST = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turns PostgreSQL's errors into StoreUnavailable or ValueRefused; others pass as they are.

    StoreFull is a StoreUnavailable.
    """
    try:
        yield
    except asyncpg.PostgresError as error:
        state = error.sqlstate or ""
        if state[:2] in REFUSED_CLASSES:
            raise ValueRefused(state, str(error)) from error
        if state == DISK_FULL:
            raise StoreFull(f"{error} ({state})") from error
        if state[:2] in TRANSIENT_CLASSES or state in TRANSIENT_STATES:
            raise StoreUnavailable(f"{error} ({state})") from error
        raise
    except (OverflowError, UnicodeEncodeError) as error:  # asyncpg, before it sends anything.
        raise ValueRefused("22000", str(error)) from error
    except CONNECTION_LOST as error:
        raise StoreUnavailable(str(error) or type(error).__name__) from error


class Database(Service):
    """A pool; its sessions may hold a transaction, be idle in it, or wait for a lock, only so long.

    `idle_timeout_seconds` is otherwise that of the transaction.
    """

    def __init__(
        self,
        dsn: str,
        *,
        transaction_timeout_seconds: float,
        lock_timeout_seconds: float,
        session: Mapping[str, str] | None = None,
        idle_timeout_seconds: float | None = None,
    ) -> None:
        super().__init__()
        self._dsn = dsn
        self._pool: asyncpg.Pool | None = None
        self._command_seconds_max = max(COMMAND_SECONDS_MAX, transaction_timeout_seconds)
        idle_timeout_seconds = idle_timeout_seconds or transaction_timeout_seconds
        self._session = KEEPALIVES | {
            "application_name": "bokflow",
            "timezone": "UTC",
            "jit": "off",
            "transaction_timeout": f"{int(transaction_timeout_seconds * 1000)}ms",
            "idle_in_transaction_session_timeout": f"{int(idle_timeout_seconds * 1000)}ms",
            "lock_timeout": f"{int(lock_timeout_seconds * 1000)}ms",
            **(session or {}),
        }

    async def on_start(self) -> None:
        async with translated():
            self._pool = await asyncpg.create_pool(
                self._dsn,
                min_size=0,  # A floor would be restored in the background while it is away.
                max_size=POOL_CONNECTIONS_MAX,
                timeout=CONNECT_SECONDS_MAX,
                command_timeout=self._command_seconds_max,
                server_settings=self._session,
            )

    async def on_stop(self) -> None:
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), timeout=CONNECT_SECONDS_MAX)
            except TimeoutError:
                self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the pool. Raises StoreUnavailable, ValueRefused."""
        assert self._pool is not None  # Started before anything that uses it.
        async with translated(), self._pool.acquire(timeout=CONNECT_SECONDS_MAX) as connection:
            yield cast(asyncpg.Connection, connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection inside a transaction: all of it, or nothing. Raises as `connection`."""
        async with self.connection() as connection, connection.transaction():
            yield connection
