"""Opens the source of a run: the file that was uploaded, or the company's accounting system."""

from functools import partial
from hashlib import blake2b

import asyncpg

from connectors.protocol import Connector
from connectors.registry import Access, open_connector
from connectors.sie.header import normalised_organisation_number
from schemas.errors import ReconnectRequired, RejectedError
from schemas.sources import SOURCES
from streams import companies, request_window, sync_runs, watermarks
from streams.database import Database
from streams.reading_thread import ReadingThread
from streams.settings import Settings
from streams.sync_runs import Claimed
from streams.upload_source import open_upload

ANY_COMPANY = "*"
KEEP_NUMBER = "UPDATE engine.company SET organisation_number = $2 WHERE company_id = $1"


class OrganisationNumberDiffers(RejectedError):
    """The source holds another company's bookkeeping."""

    reason = "organisation_number_differs"

    def __init__(self, *, found: str, known: str) -> None:
        super().__init__(f"the source holds the bookkeeping of {found}, the company is {known}")


async def open_source(
    database: Database, settings: Settings, run: Claimed, thread: ReadingThread
) -> Connector:
    """The connector that the run is read with: it is used, and in the end closed, in the thread.

    Raises UploadRefused, ReconnectRequired, OrganisationNumberDiffers, RunLost, and what the
    connector raises.
    """
    if run.upload_id is not None:
        return await open_upload(database, run, thread)
    access = _access(settings, run)
    tenant = _tenant(access)
    turn = partial(request_window.wait_turn, database, SOURCES[run.source], tenant=tenant)
    async with database.connection() as connection:
        known = await watermarks.known_reads(
            connection, run.company_id, whole_read_seconds=settings.whole_read_seconds
        )
    connector = await thread.open(
        open_connector(
            run.source,
            access=access,
            known=known,
            wait_turn=partial(thread.ask, turn),
        )
    )
    number = await thread.do(connector.organisation_number)
    async with database.transaction() as connection:
        # The company may have been removed meanwhile, and have come back with other books.
        await sync_runs.lock_own(connection, run)
        await check_owner(connection, run.company_id, number)
    return connector


async def check_owner(connection: asyncpg.Connection, company_id: str, number: str | None) -> None:
    """Keeps the number that a source gives, where the company had none; none says nothing.

    Raises OrganisationNumberDiffers.
    """
    found = normalised_organisation_number(number or "")
    if found is None:
        return
    row = await connection.fetchrow(companies.LOCK, company_id)
    assert row is not None, "a company that has a run is registered"
    known = row["organisation_number"]
    if known is None:
        await connection.execute(KEEP_NUMBER, company_id, found)
    elif known != found:
        raise OrganisationNumberDiffers(found=found, known=known)


def _tenant(access: Access) -> str:
    """Whose requests the source counts: the token's, with which several companies may be read."""
    return blake2b(access.token.encode(), digest_size=16).hexdigest()


def _access(settings: Settings, run: Claimed) -> Access:
    """There is one direct source: its address and tokens are the only ones.

    Raises ReconnectRequired.
    """
    tokens = settings.fortnox_tokens
    token = tokens.get(run.company_id) or tokens.get(ANY_COMPANY)
    if token is None:
        raise ReconnectRequired(run.source, "invalid_login", "the settings hold no access token")
    return Access(settings.fortnox_url, token.get_secret_value())
