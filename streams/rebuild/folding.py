"""Messages into a version that is being built: by the live path's functions, and nobody's exits.

A rebuild writes no dead letters: what cannot be applied is passed, as the live agents passed it,
and listed. What nobody foresaw ends the rebuild.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import asyncpg

from projections.migrate import Projection
from schemas.errors import RejectedError, StoreFull, SyncError
from streams import offsets
from streams.database import Database, translated
from streams.dead_letters import company_of
from streams.folds import FOLDS
from streams.projector import Decoded, Projector, next_messages
from streams.rebuild import late_keys
from streams.rebuild.room import DiskTooFull
from streams.received import Received
from streams.refusals import ERROR_MAX, MessageUnsolved, OffsetGap

RETRY_DELAY_SECONDS_MAX = 5.0


@dataclass(frozen=True)
class Rejected:
    """A message that this code cannot apply."""

    partition: int
    offset: int
    reason: str
    error: str
    company_id: str | None = None  # As its key says.


class Unforeseen(SyncError):
    """What nobody foresaw, of one message among others: which it is, is found one by one."""


class BuildRefusals:
    """Lists what is rejected; a hole, and what nobody foresaw, end the build."""

    def __init__(self) -> None:
        # By partition and offset: once, however often its batch is tried.
        self.rejected: dict[tuple[int, int], Rejected] = {}

    def add(self, one: Rejected) -> None:
        self.rejected[one.partition, one.offset] = one

    async def reject(
        self, connection: asyncpg.Connection, received: Received, error: RejectedError
    ) -> None:
        place, company_id = (received.partition, received.offset), company_of(received.key)
        self.add(Rejected(*place, error.reason, str(error)[:ERROR_MAX], company_id))

    async def meet(self, gap: OffsetGap) -> None:
        raise gap

    async def give_up(self, received: Received, error: Exception) -> None:
        place = f"{received.topic}/{received.partition}/{received.offset}"
        raise MessageUnsolved(f"{place}: {type(error).__name__}: {error}") from error


class BuildProjector(Projector):
    """Applies messages to a version that is being built.

    `may_have_holes`: they are those of one company, among others.
    """

    ends_by = (*Projector.ends_by, DiskTooFull)

    def __init__(
        self,
        database: Database,
        projection: Projection,
        version: int,
        refusals: BuildRefusals,
        *,
        may_have_holes: bool = False,
    ) -> None:
        fold = FOLDS[projection]
        super().__init__(
            database,
            replace(projection, may_have_holes=may_have_holes),
            decode=fold.decode,
            apply=fold.apply,
            refusals=refusals,
            version=version,
            retry_delay_seconds_max=RETRY_DELAY_SECONDS_MAX,
        )
        self._make_keys = partial(late_keys.make, projection=projection, version=version)

    async def _transaction(self, portion: list[Decoded]) -> None:
        """As the live one, but that a full disk is not waited for: others need it, too."""
        try:
            await self._transaction_with_keys(portion)
        except StoreFull as error:
            raise DiskTooFull(error.detail) from error

    async def _transaction_with_keys(self, portion: list[Decoded]) -> None:
        """Makes the keys first where postings have to go."""
        try:
            await super()._transaction(portion)
        except asyncpg.PostgresError as error:
            if error.sqlstate != late_keys.KEYS_WANTED:
                raise
            async with self._database.connection() as connection:
                await self._make_keys(connection)
            await super()._transaction(portion)

    async def apply_within(self, connection: asyncpg.Connection, batch: Sequence[Received]) -> None:
        """Applies messages in the caller's transaction, all or none.

        Raises RejectedError, Unforeseen.
        """
        partitions = [received.partition for received in batch]
        locked = await offsets.lock(connection, self._reader, partitions, version=self._version)
        fresh = next_messages(self._decode_all(list(batch)), locked.rows, may_have_holes=False)
        if fresh:
            await self._write_foreseen(connection, fresh, locked.version)

    async def _write_foreseen(
        self, connection: asyncpg.Connection, fresh: list[Decoded], version: int
    ) -> None:
        try:
            async with translated():
                await self._write(connection, fresh, version)
        except SyncError:
            raise
        except Exception as error:
            raise Unforeseen(f"{type(error).__name__}: {error}") from error
