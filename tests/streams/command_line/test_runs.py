"""`bokflow runs`: what was done, and why something was not."""

from datetime import timedelta

import pytest

from schemas.lifecycle_events import CompanyRegistered, SyncFailed, SyncQueued
from schemas.parts import Scope
from streams.command_line import show
from tests.books import Books
from tests.builders import YEAR
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine
SCOPE = Scope(parts=("vouchers",), fiscal_years=(YEAR,))


async def two_runs(books: Books) -> None:
    await books.register()
    await books.happened(CompanyRegistered, source="sie")
    earlier = await books.now() - timedelta(minutes=1)
    await books.happened(SyncQueued, run_id="run-1", trigger="upload", source="sie", at=earlier)
    await books.happened(
        SyncFailed, run_id="run-1", reason="incomplete", detail="the ledger did not get all of it"
    )
    await books.happened(SyncQueued, run_id="run-2", trigger="upload", source="sie")


def test_runs_are_told_in_the_agreed_shape_the_latest_first(command_line: CommandLine) -> None:
    command_line.fill(two_runs)

    found = command_line.json("runs", "bageriet")

    assert [run["run_id"] for run in found] == ["run-2", "run-1"]
    assert list(found[0]) == [
        "run_id",
        "run_number",
        "attempt",
        "trigger",
        "state",
        "queued_at",
        "started_at",
        "finished_at",
        "reason",
        "detail",
        "file_name",
        "reads",
        "created",
        "changed",
        "removed",
        "unchanged",
        "set_aside",
        "scope",
        "requested_by",
    ]
    assert len(command_line.json("runs", "bageriet", "--limit", "1")) == 1


def test_the_table_says_why_a_run_failed(command_line: CommandLine) -> None:
    command_line.fill(two_runs)

    told = command_line.run("runs", "bageriet", "--lang", "sv").stdout

    assert "misslyckad" in told
    assert "ofullständig: the ledger did not get all of it" in told


def test_the_table_says_who_asked_and_for_what(command_line: CommandLine) -> None:
    async def limited(books: Books) -> None:
        await books.register(source="fortnox")
        await books.happened(CompanyRegistered, source="fortnox")
        for run_id, scope in (("run-1", Scope()), ("run-2", SCOPE)):
            await books.happened(
                SyncQueued,
                run_id=run_id,
                trigger="manual",
                source="fortnox",
                scope=scope,
                requested_by="anna",
            )

    command_line.fill(limited)

    told = command_line.run("runs", "bageriet", "--lang", "sv").stdout

    assert "begäran (anna)" in told
    assert "verifikationer, 2025-01-01" in told
    assert "allt" in told
    assert command_line.json("runs", "bageriet")[0]["scope"] == SCOPE.model_dump(mode="json")


def test_a_narrow_terminal_still_shows_who_asked(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "PIPED_COLUMNS", 80)
    command_line.fill(two_runs)

    told = command_line.run("runs", "bageriet", "--lang", "sv").stdout

    assert "Utlöst av" in told
    assert "uppladdning" in told
    assert "Köad" not in told
    assert max(map(len, told.splitlines())) <= 80


def test_a_company_without_runs_has_an_empty_list(command_line: CommandLine) -> None:
    async def registered(books: Books) -> None:
        await books.register()

    command_line.fill(registered)

    assert command_line.json("runs", "bageriet") == []
    assert command_line.run("runs", "bageriet").stdout == ""
    assert command_line.refusal("runs", "nobody") == "unknown_company"
