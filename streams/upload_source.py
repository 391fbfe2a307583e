"""An upload as the source of a run: its stored file, and what the company's books hold already."""

from connectors.sie.connector import SieConnector
from connectors.sie.file import SieFile
from projections.queries.known_books import known_books
from schemas.errors import TransientError
from schemas.known_books import KnownBooks
from streams import retry, uploads
from streams.database import Database
from streams.reading_thread import ReadingThread
from streams.sync_runs import Claimed, RunLost

LEDGER_GENERATION = "SELECT coalesce(max(generation), 0) FROM ledger.company WHERE company_id = $1"
LEDGER_DELAY_SECONDS_MAX = 5.0


class LedgerBehind(TransientError):
    """The ledger has not applied a purge yet: what it holds is not what the run will meet."""

    def __init__(self, company_id: str, *, stands_at: int, waits_for: int) -> None:
        super().__init__(
            f"the ledger of {company_id} stands at generation {stands_at}, not {waits_for}"
        )


async def open_upload(database: Database, run: Claimed, thread: ReadingThread) -> SieConnector:
    """The connector of the run's file.

    Raises UploadRefused where the company takes it no more, RunLost where a purge ended the run.
    """
    assert run.upload_id is not None, "the caller has looked"
    known = await _known_books(database, run)
    async with database.connection() as connection:
        await uploads.check_again(connection, run.upload_id)
        stored = await uploads.fetch(connection, run.upload_id)
    if stored is None:
        raise RunLost(run.run_id)
    file = await thread.open(stored.file)
    return SieConnector(
        SieFile(file, name=stored.file_name),
        known,
        upload_id=run.upload_id if stored.again else None,
    )


async def _known_books(database: Database, run: Claimed) -> KnownBooks:
    """Every earlier run has an outcome, so that the ledger has it; a purge may be on its way."""

    async def look() -> KnownBooks:
        async with database.connection() as connection:
            generation = await connection.fetchval(LEDGER_GENERATION, run.company_id)
            if generation < run.generation:
                raise LedgerBehind(run.company_id, stands_at=generation, waits_for=run.generation)
            return await known_books(connection, run.company_id)

    return await retry.until_done(
        look, what="known_books", delay_seconds_max=LEDGER_DELAY_SECONDS_MAX
    )
