"""`bokflow purge`: what is sent, what is refused before anything is, and what it waits for."""

import asyncio
from pathlib import Path

import pytest

from projections.migrate import LEDGER, STATUS, Reader
from schemas.commands import PurgeRequested
from schemas.lifecycle_events import (
    CompanyRegistered,
    PurgeCompleted,
    PurgeStarted,
    SyncFailed,
    SyncQueued,
)
from streams import companies, offsets, topics
from streams.command_line import purge_wait
from streams.command_line.options import Options
from streams.command_line.purge_wait import PurgeOutcome, _wait
from streams.command_line.refusal import CommandRefused
from streams.command_line.run_progress import run_progress
from streams.decisions import ConnectionState, Known, Reject, decide
from tests.books import Books
from tests.builders import COMPANY
from tests.servers import PARTITIONS
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("typed", "code"),
    [("", "nobody_to_ask"), ("yes\n", "not_confirmed"), ("bageri\n", "not_confirmed")],
)
def test_only_the_id_of_the_company_is_a_yes(away: CommandLine, typed: str, code: str) -> None:
    refused = away.run("purge", COMPANY, typed=typed, exit_code=1)

    last = refused.stderr.splitlines()[-1]  # A line of its own.
    assert last.startswith(f"{code}: Nothing was done")
    assert "--yes" in last
    assert "report templates" in refused.stderr  # What is asked for is shown, beside results.
    assert refused.stdout == ""


def test_the_id_or_the_option_sends_it(away: CommandLine) -> None:
    asked = away.run("purge", COMPANY, typed=f"{COMPANY}\n", exit_code=1)

    assert "kafka_unreachable" in asked.stderr
    assert away.refusal("purge", COMPANY, "--yes") == "kafka_unreachable"


def test_what_is_not_there_is_refused_before_anything_is_asked(away: CommandLine) -> None:
    assert away.refusal("purge", "nobody") == "unknown_company"
    assert away.refusal("purge", COMPANY, "--year", "2019") == "unknown_fiscal_year"
    assert away.refusal("purge", COMPANY, "--year", "20x", exit_code=2) == "invalid_year"


@pytest.mark.parametrize(
    ("source", "state", "code"),
    [
        ("sie", None, "not_supported_by_source"),
        ("fortnox", None, "not_connected"),
        ("fortnox", "disconnected", "not_connected"),
        ("fortnox", "reconnect_required", "reconnect_required"),
    ],
)
def test_a_reload_that_the_engine_would_reject_is_refused_before_anything_is_asked(
    away: CommandLine, source: str, state: ConnectionState | None, code: str
) -> None:
    async def another(books: Books) -> None:
        await books.register("bygget", source=source)
        await books.happened(CompanyRegistered, company="bygget", source=source)
        if state is not None:
            await books.connect("bygget", state=state)

    away.fill(another)

    assert away.refusal("purge", "bygget", "--reload") == code
    assert away.refusal("purge", "bygget", "--reload", "--dry-run") == code
    known = Known(source, connection=state)
    decided = decide(PurgeRequested(company_id="bygget", reload=True), known)
    assert isinstance(decided, Reject)
    assert decided.reason == code


async def begun(books: Books) -> None:
    """A purge that has begun."""
    books.continues(after=1)
    await books.purge("c-1")
    await books.decide("c-1")
    await books.happened(PurgeStarted, generation=1)


@pytest.mark.parametrize("projection", [LEDGER, STATUS])
def test_waiting_ends_where_the_partition_has_stopped(
    away: CommandLine, monkeypatch: pytest.MonkeyPatch, projection: Reader
) -> None:
    async def stopped(books: Books) -> None:
        await begun(books)
        partition = topics.partition_of(COMPANY, partitions=PARTITIONS)
        await offsets.stop(books.connection, projection, partition, "message 7 ended it")

    away.fill(stopped)

    with pytest.raises(CommandRefused) as refused:
        _waited(away, monkeypatch)
    assert refused.value.code == "ledger_stopped"
    assert "message 7 ended it" in refused.value.sentence("sv")


def test_waiting_ends_with_the_company(away: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def removed(books: Books) -> None:
        await begun(books)
        await companies.forget(books.connection, COMPANY)

    away.fill(removed)

    with pytest.raises(CommandRefused) as refused:
        _waited(away, monkeypatch)
    assert refused.value.code == "company_removed"


def test_waiting_ends_where_a_later_purge_has_come_first(
    away: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def superseded(books: Books) -> None:
        await begun(books)
        await books.happened(PurgeCompleted, generation=1, superseded=True)

    away.fill(superseded)

    with pytest.raises(CommandRefused) as refused:
        _waited(away, monkeypatch)
    assert refused.value.code == "purge_superseded"
    assert "never done" in away.run("status", COMPANY).stdout


def test_waiting_ends_where_nobody_is_at_work(
    away: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge_wait, "UNATTENDED_SECONDS_MAX", 0)
    away.fill(begun)

    with pytest.raises(CommandRefused) as refused:
        _waited(away, monkeypatch)
    assert refused.value.code == "nobody_at_work"


def _waited(away: CommandLine, monkeypatch: pytest.MonkeyPatch) -> PurgeOutcome:
    monkeypatch.setenv("BOKFLOW_POSTGRES_DSN", away.dsn)
    command = PurgeRequested(company_id=COMPANY, command_id="c-1", reload=True)
    with run_progress("", "en") as progress:
        wait = _wait(Options(Path(), "table", "en"), command, progress)
        return asyncio.run(asyncio.wait_for(wait, 10))


def test_it_waits_for_the_emptied_ledger_and_for_the_reload(
    away: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def purged(books: Books) -> None:
        books.continues(after=1)
        await books.purge("c-1")
        await books.queue("run-1")
        await books.decide("c-1", run_id="run-1")
        await books.happened(PurgeStarted, generation=1, reload=True)
        await books.happened(SyncQueued, run_id="run-1", trigger="reload", source="fortnox")
        await books.happened(PurgeCompleted, generation=1, vouchers=2, postings=4)
        await books.happened(SyncFailed, run_id="run-1", reason="source_unavailable")
        await books.move(state="failed", reason="timed_out", finished_at=await books.now())

    away.fill(purged)

    found = _waited(away, monkeypatch)

    assert (found.vouchers, found.postings, found.fiscal_years) == (2, 4, None)
    assert found.reload is not None
    assert (found.type, found.reload.type) == ("purge_requested.v1", "sync_requested.v1")
    assert (found.reload.status, found.reload.reason) == ("failed", "timed_out")
    assert not found.is_well
