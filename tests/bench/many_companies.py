"""How long many companies that are due at once take on two workers, and who waits how long."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

import asyncpg

from schemas.commands import SyncRequested
from streams.embedded.endpoints import Endpoints
from tests.bench import table
from tests.bench.connected import (
    LIMIT_SECONDS,
    WORKERS,
    Runs,
    commanding,
    connect,
    ended,
    engine_with_vendor,
    in_background,
    names,
    sampler,
    send,
    session,
    show_load,
    show_remarks,
)
from tests.bench.load import Load

COMPANIES = 500
ALONE_ROUNDS = 5
GREEDY_SECONDS = 0.5
MAKE_DUE = """
    UPDATE engine.connection SET due_at = engine.clock() WHERE company_id = ANY($1)
    RETURNING pg_notify('bokflow_due', '')
"""
READ_WHOLE_NEXT = "DELETE FROM engine.watermark WHERE company_id = $1"
OPEN = "SELECT count(*) FROM engine.sync_run WHERE finished_at IS NULL"
CLOCK = "SELECT engine.clock()"
WHOLE, CHANGES = "connected, read whole", "due, only changes"
(IMPATIENT,) = names(1)
Begin = Callable[[Endpoints, asyncpg.Connection], Awaitable[None]]


@dataclass(frozen=True)
class Round:
    """All companies due at once; `first` are their first runs, `greedy` all of one company."""

    name: str
    first: Runs
    greedy: Runs
    load: Load

    @property
    def seconds(self) -> float:
        return max(float(run["finished"]) for run in self.first)

    @property
    def waits(self) -> list[float]:
        return [run["started"] for run in self.first]


def run(directory: Path) -> None:
    """Measures the first run of all, which reads them whole, and the next, and prints both."""
    data_dir = directory / "companies"
    with engine_with_vendor(data_dir, names(COMPANIES)) as endpoints:
        rounds = [
            _round(WHOLE, data_dir, endpoints, _connect_all),
            _round(CHANGES, data_dir, endpoints, _make_all_due),
        ]
        table.step("companies: one alone")
        alone = asyncio.run(_alone(endpoints))
        _show(rounds, alone)
        for one in rounds:
            table.note(f"{one.name}: {_stages(one.first)}")
            show_load(one.load)
        show_remarks(data_dir)


def _round(name: str, data_dir: Path, endpoints: Endpoints, begin: Begin) -> Round:
    table.step(f"companies: {COMPANIES} {name}")
    with sampler(data_dir).measured() as load:
        first, greedy = asyncio.run(_all_at_once(endpoints, begin))
    return Round(name, first, greedy, load)


async def _all_at_once(endpoints: Endpoints, begin: Begin) -> tuple[Runs, Runs]:
    """The first run of each company, and all of the one that asks again and again meanwhile."""
    async with session(endpoints) as connection:
        since = await connection.fetchval(CLOCK)
        await begin(endpoints, connection)
        async with in_background(_ask_again_and_again(endpoints, IMPATIENT)):
            runs = await ended(connection, since, names(COMPANIES))
        await _quiet(connection)
    first = {one["company_id"]: one for one in reversed(runs)}
    greedy = [one for one in runs if one["company_id"] == IMPATIENT]
    return [one for one in runs if first[one["company_id"]] is one], greedy


async def _quiet(connection: asyncpg.Connection) -> None:
    """Returns when the run that the impatient company may still have has ended."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while await connection.fetchval(OPEN):
            await asyncio.sleep(0.1)


async def _connect_all(endpoints: Endpoints, connection: asyncpg.Connection) -> None:
    await connect(endpoints, names(COMPANIES))


async def _make_all_due(endpoints: Endpoints, connection: asyncpg.Connection) -> None:
    await connection.execute(MAKE_DUE, names(COMPANIES))


async def _alone(endpoints: Endpoints) -> dict[str, list[float]]:
    """How long one company takes from its due time to its end.

    Each time it is another company: the vendor's window has room for three runs of one.
    """
    others = iter(names(COMPANIES)[1:])
    taken: dict[str, list[float]] = {WHOLE: [], CHANGES: []}
    async with session(endpoints) as connection:
        for name, times in taken.items():
            for company in islice(others, ALONE_ROUNDS):
                if name == WHOLE:
                    await connection.execute(READ_WHOLE_NEXT, company)
                since = await connection.fetchval(CLOCK)
                await connection.execute(MAKE_DUE, [company])
                (only,) = await ended(connection, since, [company])
                times.append(only["finished"])
    return taken


async def _ask_again_and_again(endpoints: Endpoints, company: str) -> None:
    async with commanding(endpoints) as producer:
        while True:
            await send(producer, SyncRequested(company_id=company, requested_by="impatient"))
            await asyncio.sleep(GREEDY_SECONDS)


def _show(rounds: list[Round], alone: dict[str, list[float]]) -> None:
    table.show(
        f"companies: {COMPANIES} due at once on {len(WORKERS)} workers",
        ["what", "all done", "runs/s", "one alone", f"all / ({COMPANIES} x alone)"],
        [
            [
                one.name,
                f"{one.seconds:.1f} s",
                f"{len(one.first) / one.seconds:.1f}",
                table.seconds(alone[one.name]),
                f"{one.seconds / (COMPANIES * median(alone[one.name])):.2f}",
            ]
            for one in rounds
        ],
    )
    table.show(
        "fairness: from being due to the start of the first run (even service: longest/median 2)",
        ["what", "first", "median", "last", "longest/median", "order", "impatient"],
        [
            [
                one.name,
                *(f"{wait:.1f} s" for wait in (min(one.waits), median(one.waits), max(one.waits))),
                f"{max(one.waits) / median(one.waits):.2f}",
                f"{order_kept(one.waits):.3f}",
                f"{_runs_before_all_had_one(one)} runs",
            ]
            for one in rounds
        ],
    )
    table.note("order: Spearman's correlation of being queued and being started; 1 is in turn")
    table.note(
        f"impatient: a company that asks for a run every {GREEDY_SECONDS} s; how many it was "
        "given before each of the others had been given one"
    )


def order_kept(starts: Sequence[float]) -> float:
    """Spearman's correlation between the places in the list and the order of the numbers."""
    count = len(starts)
    ranks = sorted(range(count), key=lambda place: starts[place])
    distance = sum((rank - place) ** 2 for rank, place in enumerate(ranks))
    return 1 - 6 * distance / (count * (count**2 - 1))


def _runs_before_all_had_one(one: Round) -> int:
    return sum(run["started"] <= max(one.waits) for run in one.greedy)


def _stages(runs: Runs) -> str:
    stages = [
        ("due to queued", [run["queued"] for run in runs]),
        ("read", [run["fetched"] - run["started"] for run in runs]),
        ("confirmed", [run["finished"] - run["fetched"] for run in runs]),
    ]
    told = (f"{name} {median(taken):.2f} s (at most {max(taken):.2f})" for name, taken in stages)
    return f"{', '.join(told)}, in the middle"
