"""Opens the source of a run: the file that was uploaded, or the company's accounting system."""

from functools import partial

from connectors.protocol import Connector
from connectors.registry import Access, open_connector
from schemas.errors import ReconnectRequired
from schemas.sources import SOURCES
from streams import request_window, watermarks
from streams.database import Database
from streams.reading_thread import ReadingThread
from streams.settings import Settings
from streams.sync_runs import Claimed
from streams.upload_source import open_upload

ANY_COMPANY = "*"


async def open_source(
    database: Database, settings: Settings, run: Claimed, thread: ReadingThread
) -> Connector:
    """The connector that the run is read with: it is used, and in the end closed, in the thread.

    Raises UploadRefused, ReconnectRequired, and what the connector raises.
    """
    if run.upload_id is not None:
        return await open_upload(database, run, thread)
    turn = partial(request_window.wait_turn, database, SOURCES[run.source], tenant=run.company_id)
    async with database.connection() as connection:
        known = await watermarks.known_reads(
            connection, run.company_id, whole_read_seconds=settings.whole_read_seconds
        )
    return await thread.open(
        open_connector(
            run.source,
            access=_access(settings, run),
            known=known,
            wait_turn=partial(thread.ask, turn),
        )
    )


def _access(settings: Settings, run: Claimed) -> Access:
    """There is one direct source: its address and tokens are the only ones.

    Raises ReconnectRequired.
    """
    tokens = settings.fortnox_tokens
    token = tokens.get(run.company_id) or tokens.get(ANY_COMPANY)
    if token is None:
        raise ReconnectRequired(run.source, "invalid_login", "the settings hold no access token")
    return Access(settings.fortnox_url, token.get_secret_value())
