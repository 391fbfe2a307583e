"""`bokflow status --watch`: what changes is shown, as lines in a pipe and redrawn in a terminal."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import pytest

from schemas.lifecycle_events import (
    CompanyRegistered,
    CompanyRemoved,
    PurgeCompleted,
    PurgeStarted,
)
from streams import companies
from tests.books import Books
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine


async def registered(books: Books) -> None:
    await books.register(source="fortnox", name="Bageriet AB")
    await books.happened(CompanyRegistered, source="fortnox", name="Bageriet AB")


async def queued(books: Books) -> None:
    await books.queue("run-1", expected=4)
    await books.move("run-1", state="running", vouchers_done=1)


@contextmanager
def watching(
    command_line: CommandLine, *arguments: str, stdout: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own; Ctrl-C ends it, and it says that all went well."""
    process = subprocess.Popen(
        [sys.executable, "-m", "streams.command_line.main", "status", "--watch", *arguments],
        env={**os.environ, **command_line.environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
        assert (process.returncode, told) == (0, b"")
    finally:
        process.kill()
        process.wait()


def next_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode()


def test_in_a_pipe_each_change_is_a_line(command_line: CommandLine) -> None:
    command_line.fill(registered)

    with watching(command_line, "bageriet", "--lang", "sv") as process:
        first = next_line(process)
        command_line.fill(queued)
        second = next_line(process)

    assert "bageriet  röd  Ingen bokföring har hämtats ännu" in first
    assert second.endswith("publicerar 25 %\n")


def test_without_a_company_a_line_is_of_the_one_that_changes(command_line: CommandLine) -> None:
    async def another(books: Books) -> None:
        await books.register("snickeriet")

    command_line.fill(registered)
    command_line.fill(another)

    with watching(command_line, "-o", "json") as process:
        both = [json.loads(next_line(process)) for _ in range(2)]
        command_line.fill(queued)
        changed = json.loads(next_line(process))

    assert [one["company_id"] for one in both] == ["bageriet", "snickeriet"]
    assert (changed["company_id"], changed["syncing"]["percent"]) == ("bageriet", 25)


async def purged(books: Books) -> None:
    """Between two looks, and nothing else has changed after it."""
    books.continues(after=1)
    years = [date(2025, 1, 1)]
    await books.happened(PurgeStarted, generation=1, fiscal_years=years, requested_by="anna")
    await books.happened(PurgeCompleted, generation=1, fiscal_years=years, vouchers=397)


@pytest.mark.parametrize("company", [(), ("bageriet",)])
def test_a_purge_is_told_though_the_colour_is_as_it_was(
    command_line: CommandLine, company: tuple[str, ...]
) -> None:
    command_line.fill(registered)

    with watching(command_line, *company, "--lang", "en") as process:
        next_line(process)
        command_line.fill(purged)
        told = next_line(process)

    assert "  bageriet  emptied 20" in told
    assert told.endswith(" by anna: 2025-01-01, 397 vouchers, 0 postings\n")


@pytest.mark.parametrize("company", [(), ("bageriet",)])
def test_a_purge_is_in_the_object_of_its_company(
    command_line: CommandLine, company: tuple[str, ...]
) -> None:
    command_line.fill(registered)

    with watching(command_line, *company, "-o", "json") as process:
        first = json.loads(next_line(process))
        command_line.fill(purged)
        second = json.loads(next_line(process))

    assert first["last_purge"] is None
    assert (second["last_purge"]["generation"], second["last_purge"]["vouchers"]) == (1, 397)


async def removed(books: Books) -> None:
    books.continues(after=1)
    await books.happened(CompanyRemoved)
    await companies.forget(books.connection, "bageriet")


@pytest.mark.parametrize("company", [(), ("bageriet",)])
def test_a_removed_company_is_told(command_line: CommandLine, company: tuple[str, ...]) -> None:
    """And ends the watch of that company."""
    command_line.fill(registered)

    with (
        watching(command_line, *company, "--lang", "sv") as lines,
        watching(command_line, *company, "-o", "json") as objects,
    ):
        for process in (lines, objects):
            next_line(process)
        command_line.fill(removed)
        line, found = next_line(lines), json.loads(next_line(objects))
        if company:
            assert (lines.wait(30), objects.wait(30)) == (0, 0)

    assert line.endswith("  bageriet  borttaget\n")
    assert found == {"company_id": "bageriet", "removed": True}


def test_a_terminal_is_drawn_again(command_line: CommandLine) -> None:
    command_line.fill(registered)
    ours, theirs = pty.openpty()
    read = _reader(ours)

    with watching(command_line, "bageriet", "--lang", "en", stdout=theirs):
        os.close(theirs)  # Else nobody would notice where the command has ended.
        read("Bageriet AB")
        command_line.fill(queued)
        read("publishing 25 %")
        command_line.fill(removed)
        read("bageriet  removed")

    os.close(ours)


def _reader(terminal: int) -> Callable[[str], None]:
    """Reads until a text has been drawn. Raises OSError where the command has ended before."""

    def read(wanted: str) -> None:
        seen = b""
        while wanted.encode() not in seen:
            seen += os.read(terminal, 65536)

    return read


def test_an_unknown_company_is_refused(command_line: CommandLine) -> None:
    assert command_line.refusal("status", "nobody", "--watch") == "unknown_company"
