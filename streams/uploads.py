"""SIE files that were uploaded: judged, stored in chunks, queued as a run, read by any worker."""

import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import IO, BinaryIO, cast
from uuid import uuid4

import asyncpg
import orjson

from connectors.sie.connector import check_overlap
from connectors.sie.file import Judgement
from connectors.sie.header import normalised_organisation_number
from projections.queries.known_books import stored_years
from schemas.bookkeeping import FiscalYear
from schemas.lifecycle_events import SyncQueued, UploadReceived
from schemas.lifecycle_events import UploadRefused as UploadRefusedEvent
from schemas.limits import TEXT_CHARACTERS_MAX
from schemas.sources import SIE, UPLOADED
from streams import companies, connections, outbox, purges
from streams.upload_refusals import upload_refused

CHUNK_BYTES = 1024 * 1024
# A file that is read lies in memory up to this size, beyond it on disk.
SPOOL_BYTES_MAX = 4 * CHUNK_BYTES

KEEP_IDENTITY = """
    UPDATE engine.company SET currency = coalesce(currency, $3), organisation_number =
        CASE WHEN organisation_number IS NULL OR $4 THEN $2 ELSE organisation_number END
    WHERE company_id = $1
"""
ADD_UPLOAD = """
    INSERT INTO engine.upload (upload_id, company_id, file_name, size_bytes, sha256, forced, again,
        judgement, received_at)
    VALUES ($1, $2, $3, 0, '', $4, $5, $6, $7)
"""
ADD_CHUNK = "INSERT INTO engine.upload_chunk VALUES ($1, $2, $3)"
SET_SIZE = "UPDATE engine.upload SET size_bytes = $2, sha256 = $3 WHERE upload_id = $1"
ADD_RUN = """
    INSERT INTO engine.sync_run (run_id, company_id, trigger, source, scope, upload_id,
        queued_outbox_id, queued_at, vouchers_expected)
    VALUES ($1, $2, 'upload', $3, '{}', $4, $5, $6, $7)
"""
FIND_UPLOAD = """
    SELECT company_id, file_name, size_bytes, forced, again, judgement ->> 'currency' AS currency,
        judgement ->> 'organisation_number' AS organisation_number
    FROM engine.upload WHERE upload_id = $1
"""
CHUNK = "SELECT content FROM engine.upload_chunk WHERE upload_id = $1 AND chunk_number = $2"


@dataclass(frozen=True)
class ReceivedUpload:
    upload_id: str
    run_id: str
    replaced_number: str | None = None  # The company's, where its user insisted on the file's.


@dataclass(frozen=True)
class StoredFile:
    """An upload's file, seekable; `again`: what is there already is to be added once more."""

    file: BinaryIO
    file_name: str
    again: bool


async def receive(
    connection: asyncpg.Connection,
    *,
    company_id: str,
    name: str,
    file: BinaryIO,
    file_name: str,
    judgement: Judgement,
    forced: bool,
    again: bool = False,
) -> ReceivedUpload:
    """Stores a judged file and queues its run, all or nothing; makes the company if it is new.

    `forced`: the company takes the file's organisation number. `again`: see StoredFile.

    Raises UploadRefused: `directly_connected`, `organisation_number_differs`, `currency_differs`,
    `fiscal_year_overlaps`.
    """
    upload = ReceivedUpload(str(uuid4()), str(uuid4()))
    async with connection.transaction():
        now = await connection.fetchval("SELECT engine.clock()")
        replaced = await _admit(
            connection, company_id, name=name, judgement=judgement, forced=forced, now=now
        )
        years = await _years_that_stay(connection, company_id)
        check_overlap(judgement.sie_type, judgement.fiscal_year, years, name=file_name)
        document = orjson.dumps(asdict(judgement), default=_json_ready).decode()
        file_name = file_name[:TEXT_CHARACTERS_MAX]
        await connection.execute(
            ADD_UPLOAD, upload.upload_id, company_id, file_name, forced, again, document, now
        )
        size_bytes = await _store(connection, upload.upload_id, file)
        await outbox.emit(
            connection,
            UploadReceived,
            company_id=company_id,
            occurred_at=now,
            upload_id=upload.upload_id,
            run_id=upload.run_id,
            file_name=file_name,
            size_bytes=size_bytes,
            sie_type=judgement.sie_type,
            fiscal_year=judgement.fiscal_year.first_day if judgement.fiscal_year else None,
        )
        expected = judgement.vouchers + judgement.set_aside
        await _queue(connection, upload, company_id, vouchers_expected=expected, now=now)
    return replace(upload, replaced_number=replaced)


async def _admit(
    connection: asyncpg.Connection,
    company_id: str,
    *,
    name: str,
    judgement: Judgement,
    forced: bool,
    now: datetime,
) -> str | None:
    """Sees to it that the company exists and takes the file, and keeps what tells it apart.

    Returns the organisation number that gave way to the file's, if one did.
    """
    number = normalised_organisation_number(judgement.organisation_number)
    currency = judgement.currency
    if await companies.lock(connection, company_id) is None:
        await companies.register(
            connection,
            company_id,
            source=SIE.name,
            name=name[:TEXT_CHARACTERS_MAX],  # Without one, the files say what it is called.
            organisation_number=number,
            now=now,
        )
    replaced = await check_company(
        connection, company_id, number=number, currency=currency, forced=forced
    )
    if await connections.state_of(connection, company_id) == "disconnected":
        await connections.give_way_to_files(connection, company_id, now=now)
    # A file that only adds and names no currency must not decide it for the years to come.
    decides = judgement.currency_is_stated or judgement.sie_type != "4I"
    kept = currency if decides else None
    await connection.execute(KEEP_IDENTITY, company_id, number, kept, replaced is not None)
    return replaced


async def _years_that_stay(
    connection: asyncpg.Connection, company_id: str
) -> tuple[FiscalYear, ...]:
    """The stored years; none where a purge of all is on its way. The company is locked."""
    if await purges.empties(connection, company_id):
        return ()
    return await stored_years(connection, company_id)


async def _queue(
    connection: asyncpg.Connection,
    upload: ReceivedUpload,
    company_id: str,
    *,
    vouchers_expected: int,
    now: datetime,
) -> None:
    queued = await outbox.emit(
        connection,
        SyncQueued,
        company_id=company_id,
        occurred_at=now,
        run_id=upload.run_id,
        trigger="upload",
        source=SIE.name,
        upload_id=upload.upload_id,
    )
    ids = (upload.run_id, company_id, SIE.name, upload.upload_id)
    await connection.execute(ADD_RUN, *ids, queued, now, vouchers_expected)


def _json_ready(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    assert isinstance(value, FiscalYear)  # The one model in a judgement.
    return value.model_dump(mode="json")


async def refuse(
    connection: asyncpg.Connection, *, company_id: str, file_name: str, code: str, sentence: str
) -> None:
    """Remembers a refused file in the log of the company's uploads, where the company is known."""
    async with connection.transaction():
        if await connection.fetchrow(companies.LOCK, company_id) is None:
            return
        await outbox.emit(
            connection,
            UploadRefusedEvent,
            company_id=company_id,
            occurred_at=await connection.fetchval("SELECT engine.clock()"),
            upload_id=str(uuid4()),
            file_name=file_name[:TEXT_CHARACTERS_MAX],
            reason=code,
            detail=sentence[:TEXT_CHARACTERS_MAX],
        )


async def check_company(
    connection: asyncpg.Connection,
    company_id: str,
    *,
    number: str | None,
    currency: str,
    forced: bool,
) -> str | None:
    """Locks the company. Raises UploadRefused where it does not take a file of that number.

    Returns its own number where that is another, and its user insists.
    """
    row = await connection.fetchrow(companies.LOCK, company_id)
    if row is None:
        raise upload_refused("unknown_company", company_id=company_id)
    if row["source"] not in UPLOADED and await _is_connected(connection, company_id):
        raise upload_refused("directly_connected", company_id=company_id, source=row["source"])
    known = row["organisation_number"]
    other: str | None = known if number and known and number != known else None
    if other and not forced:
        facts = {"company_id": company_id, "number": number, "known": known}
        raise upload_refused("organisation_number_differs", **facts)
    if row["currency"] not in (None, currency):
        facts = {"company_id": company_id, "currency": currency, "known": row["currency"]}
        raise upload_refused("currency_differs", **facts)
    return other


async def _is_connected(connection: asyncpg.Connection, company_id: str) -> bool:
    return await connections.state_of(connection, company_id) != "disconnected"


async def check_again(connection: asyncpg.Connection, upload_id: str) -> None:
    """At the claim: raises UploadRefused where the company has changed since it was stored."""
    row = await connection.fetchrow(FIND_UPLOAD, upload_id)
    if row is None:
        return  # Its company has been removed: there is nothing to fetch either.
    number = normalised_organisation_number(row["organisation_number"])
    async with connection.transaction():
        await check_company(
            connection,
            row["company_id"],
            number=number,
            currency=row["currency"],
            forced=row["forced"],
        )


async def fetch(connection: asyncpg.Connection, upload_id: str) -> StoredFile | None:
    """The stored file; a large one lies on disk. The caller closes it.

    None where its run has been ended meanwhile: its chunks go with it, perhaps between two of them,
    and half a file would pass for a year with half of its vouchers.
    """
    row = await connection.fetchrow(FIND_UPLOAD, upload_id)
    if row is None:
        return None
    file = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES_MAX)  # noqa: SIM115
    number = 0
    while (content := await connection.fetchval(CHUNK, upload_id, number)) is not None:
        file.write(content)
        number += 1
    if file.tell() != row["size_bytes"]:
        file.close()
        return None
    file.seek(0)
    return StoredFile(cast(BinaryIO, cast(IO[bytes], file)), row["file_name"], row["again"])


async def _store(connection: asyncpg.Connection, upload_id: str, file: BinaryIO) -> int:
    file.seek(0)
    digest, size_bytes, number = sha256(), 0, 0
    while content := file.read(CHUNK_BYTES):
        await connection.execute(ADD_CHUNK, upload_id, number, content)
        digest.update(content)
        size_bytes += len(content)
        number += 1
    await connection.execute(SET_SIZE, upload_id, size_bytes, digest.digest())
    return size_bytes
