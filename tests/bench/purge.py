"""How long a purge of a large company takes, and what its neighbours notice of it meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from statistics import median

import asyncpg

from projections.migrate import LEDGER
from schemas.codec import encode
from schemas.ledger_events import LedgerPurged
from schemas.topics import PARTITIONS_DEFAULT
from streams.embedded.endpoints import Endpoints
from streams.embedded.stack import Stack
from streams.publisher import Publisher
from streams.settings import Settings
from streams.topics import partition_of
from tests.bench import table
from tests.bench.connected import in_background, session
from tests.bench.copy_baseline import checkpoint
from tests.bench.dashboard import Reader, dashboards
from tests.bench.large_company import AT, RUN, YEARS, YearRows, a_year, add
from tests.bench.pages import a_read
from tests.bench.projection import fresh_database
from tests.bench.trips import Pages
from tests.bench.worker_process import WorkerProcess
from tests.engine import forget_topics

LARGE, OTHER = "large", "neighbour"
VOUCHERS_PER_YEAR = 100_000  # In each of three years: 1,000,000 postings.
OTHER_VOUCHERS_PER_YEAR = 5_000
PAGE_VOUCHERS = 100
ROUNDS = 3
BEFORE_SECONDS = 4.0
AFTER_SECONDS = 1.0
TRIPS_BEFORE = 5
LIMIT_SECONDS = 300
POLL_SECONDS = 0.005
MAX_POSTINGS = 10_000_000  # No company that anyone has told us of has more.
TARGET = 1.0
# Statements of a transaction that is under way; the clock is the server's in both.
PURGING = """
    SELECT extract(epoch FROM xact_start)::float8 FROM pg_stat_activity
    WHERE application_name = 'bokflow' AND state = 'active' AND query LIKE '%DELETE FROM posting%'
"""
PURGED = """
    SELECT extract(epoch FROM clock_timestamp())::float8 FROM ledger.purge_result
    WHERE company_id = $1
"""
LEFT = "SELECT count(*) FROM ledger.posting WHERE company_id = $1"
SETTLE = "VACUUM (ANALYZE) " + ", ".join(
    f"{LEDGER.schema(1)}.{name}"
    for name in ("voucher", "posting", "voucher_change", "account_balance", "account")
)


@dataclass(frozen=True)
class Case:
    """What is purged of a company of how many vouchers a year."""

    title: str
    vouchers_per_year: int
    years: tuple[date, ...] | None


@dataclass(frozen=True)
class Measured:
    postings: int
    copied_seconds: float  # COPY of the rows that go.
    purged_seconds: float  # The transaction in which they go.
    page_seconds: float  # A page of another company on its way to the ledger, before.
    waited_seconds: float  # And behind the purge.
    readers: list[Reader]
    begun_at: float
    ended_at: float


WHOLE = Case("whole, 1,000,000 postings", VOUCHERS_PER_YEAR, None)
ONE_YEAR = Case("one of its three years", VOUCHERS_PER_YEAR, YEARS[:1])
TWICE = Case("whole, 2,000,000 postings", 2 * VOUCHERS_PER_YEAR, None)


def run(directory: Path) -> None:
    """Measures all, and prints it."""
    stack = Stack(directory / "purge")
    endpoints = stack.start(lambda _: None)
    try:
        asyncio.run(_run(stack.data_dir, endpoints))
    finally:
        stack.stop()


async def _run(data_dir: Path, endpoints: Endpoints) -> None:
    measured: dict[str, list[Measured]] = {}
    for case, rounds in ((WHOLE, ROUNDS), (ONE_YEAR, ROUNDS), (TWICE, 1)):
        years = [a_year(LARGE, year, vouchers=case.vouchers_per_year) for year in YEARS]
        for number in range(1, rounds + 1):
            table.step(f"purge: {case.title}, round {number} of {rounds}")
            await forget_topics(endpoints.kafka_url)
            async with fresh_database(endpoints) as own:
                with WorkerProcess(own, data_dir / "bench-worker.log") as worker:
                    found = await _measure(own, case, years)
                measured.setdefault(case.title, []).append(found)
                for remark in worker.remarks():
                    table.note(f"worker log: {remark}")
    _show(measured)
    for title in (WHOLE.title, ONE_YEAR.title):
        _show_readers(title, measured[title])
    _show_limit(endpoints, measured)


async def _measure(endpoints: Endpoints, case: Case, years: list[YearRows]) -> Measured:
    async with session(endpoints) as connection, _pages(endpoints) as pages:
        copied = await add(connection, LARGE, years)
        other = [a_year(OTHER, year, vouchers=OTHER_VOUCHERS_PER_YEAR) for year in YEARS]
        await add(connection, OTHER, other)
        await connection.execute(SETTLE)
        await checkpoint(endpoints.postgres_admin_dsn)
        going = [place for place, year in enumerate(YEARS) if year in (case.years or YEARS)]
        before = [await _trip(pages, number) for number in range(TRIPS_BEFORE + 1)][1:]
        async with dashboards(endpoints, [LARGE, OTHER]) as readers:
            await asyncio.sleep(BEFORE_SECONDS)
            begun_at = time.perf_counter()
            await pages.publisher.send(encode(_purge(case)))
            started = await _look(connection, PURGING)
            waiting = asyncio.create_task(_trip(pages, TRIPS_BEFORE + 1))
            purged = await _look(connection, PURGED, LARGE)
            ended_at = time.perf_counter()
            waited = await waiting
            await asyncio.sleep(AFTER_SECONDS)
        left = sum(year.postings for year in years) - sum(years[one].postings for one in going)
        assert await connection.fetchval(LEFT, LARGE) == left
    _check(readers)
    return Measured(
        postings=sum(years[place].postings for place in going),
        copied_seconds=sum(copied[place] for place in going),
        purged_seconds=purged - started,
        page_seconds=median(before),
        waited_seconds=waited,
        readers=readers,
        begun_at=begun_at,
        ended_at=ended_at,
    )


def _check(readers: list[Reader]) -> None:
    """All of it goes at once, and nothing of a neighbour."""
    for reader in readers:
        answers = 2 if reader.company == LARGE else 1
        assert len(reader.answers) <= answers, f"{reader.question} of {reader.company} has changed"


@asynccontextmanager
async def _pages(endpoints: Endpoints) -> AsyncIterator[Pages]:
    """Pages of companies in the partition of the large one, each with a company of its own."""
    names = (f"page-{number}" for number in count())
    place = partition_of(LARGE, partitions=PARTITIONS_DEFAULT)
    beside = (one for one in names if partition_of(one, partitions=PARTITIONS_DEFAULT) == place)
    made = [next(a_read(PAGE_VOUCHERS, company=next(beside))) for _ in range(TRIPS_BEFORE + 2)]
    publisher = Publisher(endpoints.kafka_url)
    async with session(endpoints) as connection:
        pages = Pages(publisher, connection, [page.message for page in made])
        async with in_background(pages.look()):
            yield pages
    await publisher.close()


async def _trip(pages: Pages, number: int) -> float:
    started_at = time.perf_counter()
    async with asyncio.timeout(LIMIT_SECONDS):
        await pages.trip(number)
    return time.perf_counter() - started_at


async def _look(connection: asyncpg.Connection, query: str, *arguments: str) -> float:
    """The query's answer, once it has one."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while (found := await connection.fetchval(query, *arguments)) is None:
            await asyncio.sleep(POLL_SECONDS)
    return float(found)


def _purge(case: Case) -> LedgerPurged:
    return LedgerPurged(
        company_id=LARGE,
        occurred_at=AT,
        generation=1,
        run_number=RUN,
        attempt=0,
        fiscal_years=case.years,
    )


def _show(measured: dict[str, list[Measured]]) -> None:
    table.show(
        "purge: by a worker, of a company beside others in its partition, with dashboards open",
        ["what goes", "postings", "COPY", "purge", "ratio", "page before", "page behind", "rounds"],
        [_row(title, found) for title, found in measured.items()],
    )
    table.note("ratio: the purge's transaction to COPY of the same rows into the same tables")
    for title, found in measured.items():
        table.note(
            table.verdict(
                f"purge / COPY, {title}", ratio=_ratio(found), target=TARGET, at_least=False
            )
        )


def _ratio(found: list[Measured]) -> float:
    return median(one.purged_seconds / one.copied_seconds for one in found)


def _row(title: str, found: list[Measured]) -> list[str]:
    purged = [one.purged_seconds for one in found]
    return [
        title,
        f"{found[0].postings:,}",
        table.seconds([one.copied_seconds for one in found]),
        table.seconds(purged),
        f"{_ratio(found):.2f}",
        table.milliseconds(median(one.page_seconds for one in found)),
        table.seconds([one.waited_seconds for one in found]),
        table.spread(purged),
    ]


def _show_readers(title: str, found: list[Measured]) -> None:
    table.show(
        f"purge: dashboards meanwhile, {title}",
        ["question", "p50 before", "max before", "p50", "max", "max ratio", "max after", "answers"],
        [_reader_row(found, place) for place in range(len(found[0].readers))],
    )
    table.note(
        f"max ratio: the longest meanwhile to the longest in the {BEFORE_SECONDS:.0f} s before"
    )
    table.note("answers: how many different ones there were; a neighbour's must not change")


def _reader_row(found: list[Measured], place: int) -> list[str]:
    before: list[float] = []
    during: list[float] = []
    after: list[float] = []
    for one in found:
        reader = one.readers[place]
        before += reader.seconds(since=0.0, until=one.begun_at)
        during += reader.seconds(since=one.begun_at, until=one.ended_at)
        after += reader.seconds(since=one.ended_at, until=float("inf"))
    reader = found[0].readers[place]
    return [
        f"{reader.question}, {reader.company}",
        *(table.milliseconds(value) for value in (median(before), max(before))),
        *(table.milliseconds(value) for value in (median(during), max(during))),
        f"{max(during) / max(before):.1f}",
        table.milliseconds(max(after)),
        str(max(len(one.readers[place].answers) for one in found)),
    ]


def _show_limit(endpoints: Endpoints, measured: dict[str, list[Measured]]) -> None:
    """By the line through both sizes, or proportionally, whichever says more."""
    small, large = (
        median(one.purged_seconds for one in measured[case.title]) for case in (WHOLE, TWICE)
    )
    postings = measured[WHOLE.title][0].postings
    steps = MAX_POSTINGS / postings - 1
    told = max(small + steps * (large - small), large * MAX_POSTINGS / (2 * postings))
    limit = Settings.with_servers(endpoints.kafka_url, endpoints.postgres_dsn)
    seconds = limit.transaction_timeout_seconds
    table.note(
        f"{MAX_POSTINGS:,} postings would take {told:.0f} s; a transaction may {seconds:.0f} s"
    )
