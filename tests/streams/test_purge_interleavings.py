"""Purges among all that can be under way: whatever comes between, nothing purged comes back."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from projections.rebuild.digests import differing
from schemas.parts import PARTS
from streams.database import Database
from tests.servers import PostgresServer
from tests.streams import purge_checks as checks
from tests.streams.listed_log import Agent
from tests.streams.listed_source import NUMBERS, YEARS
from tests.streams.purge_world import COMPANIES, FETCHED, UPLOADING, PurgeWorld, started
from tests.streams.rebuild.ways import PartitionedLog, in_use, rebuilt

pytestmark = pytest.mark.engine
companies = some.sampled_from(COMPANIES)
scopes = some.sampled_from((None, *((year,) for year in YEARS), YEARS))
some_parts = some.sampled_from((PARTS, PARTS, ("vouchers",)))
keys = some.tuples(some.sampled_from(YEARS), some.sampled_from(NUMBERS))
WISHES = (
    *("sync_requested", "sync_requested", "sync_requested", "connect", "upload"),
    *("sync_cancel_requested", "disconnect_requested", "company_removal_requested"),
)
Run = Callable[[Awaitable[Any]], Any]


class PurgeMachine(RuleBasedStateMachine):
    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        super().__init__()
        self.run: Run = lambda work: runner.run(_awaited(work))
        self.world = PurgeWorld(database)
        self.run(self.world.begin())

    @initialize(
        good=some.sets(some.tuples(companies, keys), min_size=3, max_size=9),
        bad=some.sets(some.tuples(companies, keys), max_size=2),
        is_synced=some.sampled_from((True, True, False)),
    )
    def connect_companies(self, good: set[Any], bad: set[Any], is_synced: bool) -> None:
        for company, key in sorted(good | bad):
            self.world.sources[company].write(key, is_good=(company, key) not in bad)
        for company in FETCHED:
            self.run(self.world.connect(company))
        self.run(self.world.upload(UPLOADING))
        if is_synced:
            self.run(self.world.settle_all())

    @rule(what=some.sampled_from(WISHES), company=companies, years=scopes, parts=some_parts)
    def ask(self, what: str, company: str, years: Any, parts: Any) -> None:
        match what:
            case "connect" if company != UPLOADING:
                self.run(self.world.connect(company))
            case "connect" | "upload":
                self.run(self.world.upload(company))
            case "sync_requested":
                self.run(self.world.command(what, company, fiscal_years=years, parts=parts))
            case _:
                self.run(self.world.command(what, company))
        self.run(self.world.relay())

    @rule(company=companies, years=scopes, reload=some.booleans(), is_relayed=some.booleans())
    def purge(self, company: str, years: Any, reload: bool, is_relayed: bool) -> None:
        asked = {"fiscal_years": years, "reload": reload}
        self.run(self.world.command("purge_requested", company, **asked))
        if is_relayed:
            self.run(self.world.relay())

    @rule(company=companies, key=keys, what=some.sampled_from(("good", "bad", "gone")))
    def change_the_source(self, company: str, key: Any, what: str) -> None:
        source = self.world.sources[company]
        if what == "gone":
            source.remove(key)
        else:
            source.write(key, is_good=what == "good")

    @rule(messages=some.one_of(some.none(), some.integers(1, 6)))
    def relay(self, messages: int | None) -> None:
        self.run(self.world.relay(messages=messages))

    @rule(is_relayed=some.booleans())
    def claim(self, is_relayed: bool) -> None:
        if is_relayed:
            self.run(self.world.relay())
        self.run(self.world.claim())

    @precondition(lambda self: self.world.runners)
    @rule(data=some.data(), does_notice=some.booleans())
    def take_over(self, data: some.DataObject, does_notice: bool) -> None:
        """A runner has gone, or does not notice that its lease ran out and sends on."""
        runner = data.draw(some.sampled_from(self.world.runners))
        self.run(self.world.let_lease_run_out(runner))
        runner.is_over = does_notice
        self.run(self.world.step(runner, 0))
        self.run(self.world.claim())

    @precondition(lambda self: self.world.runners)
    @rule(data=some.data(), count=some.integers(1, 9))
    def read_on(self, data: some.DataObject, count: int) -> None:
        runner = data.draw(some.sampled_from(self.world.runners))
        self.run(self.world.step(runner, count))

    @precondition(lambda self: self.world.runners)
    @rule(data=some.data(), is_told=some.booleans())
    def end_a_run(self, data: some.DataObject, is_told: bool) -> None:
        """Its runner looks whether it is to go on, or its source does not answer any more."""
        runner = data.draw(some.sampled_from(self.world.runners))
        self.run(runner.look() if is_told else runner.fail())
        self.run(self.world.step(runner, 0))

    @precondition(lambda self: self.world.ledger.waiting)
    @rule(count=some.integers(1, 12), again=some.integers(0, 3), is_killed=some.booleans())
    def project_ledger(self, count: int, again: int, is_killed: bool) -> None:
        self.run(self.world.ledger.apply_next(count, again=again, is_killed=is_killed))
        self.run(checks.the_ledger_is_what_its_topic_says(self.world))

    @precondition(lambda self: self.world.status.waiting)
    @rule(count=some.integers(1, 12), again=some.integers(0, 3), is_killed=some.booleans())
    def project_status(self, count: int, again: int, is_killed: bool) -> None:
        self.run(self.world.status.apply_next(count, again=again, is_killed=is_killed))
        self.run(checks.the_status_is_what_its_topic_says(self.world))

    @rule()
    def confirm(self) -> None:
        self.run(self.world.confirm())

    @rule(data=some.data(), count=some.integers(0, 4))
    def repeat(self, data: some.DataObject, count: int) -> None:
        """A relay or a runner that was away sends what it had in hand; or a command comes again."""
        if count == 0:
            place = data.draw(some.integers(0, len(self.world.commands) - 1))
            self.run(self.world.repeat_command(place))
            return
        topic = data.draw(some.sampled_from(sorted(self.world.log.messages)))
        end = len(self.world.log.messages[topic])
        start = data.draw(some.integers(0, end))
        for offset in range(start, min(start + count, end)):
            self.world.log.repeat(topic, offset)

    @precondition(lambda self: self.world.ledger.waiting)
    @rule(size=some.one_of(some.none(), some.integers(5, 30)))
    def settle_all(self, size: int | None) -> None:
        """Everything is done; then the topics may be read from their start, in such batches."""
        self.run(self.world.settle_all())
        self.run(checks.all_of_it(self.world))
        if size is not None:
            self.run(self._replay(size))

    def teardown(self) -> None:
        self.run(self._end())

    async def _end(self) -> None:
        """What was purged comes back by the next run, and by a reload: all of it. And a rebuild
        gives the same.
        """
        world = self.world
        await world.settle_all()
        await checks.all_of_it(world)
        companies = await checks.connected(world)
        for company in companies:
            await world.command("sync_requested", company)
        await world.settle_all()
        await checks.all_of_it(world)
        for company in companies:
            await world.command("purge_requested", company, reload=True)
        await world.settle_all()
        await checks.all_of_it(world)
        await checks.the_ledger_equals_the_source(world, companies)
        for agent in (world.ledger, world.status):
            live = await in_use(world.database, agent.projection)
            log = PartitionedLog(world.log.messages[agent.projection.topic])
            rebuild, _ = await rebuilt(
                world.database, log, projection=agent.projection, share=0.7, size=30
            )
            assert differing(live, rebuild) == []

    async def _replay(self, size: int) -> None:
        for agent in (self.world.ledger, self.world.status):
            await _replayed(agent, size)


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work


async def _replayed(agent: Agent, size: int) -> None:
    """The same events in other batches make the same tables, to the byte."""
    end, before = agent.next_offset, await agent.tables()
    await agent.start_anew()
    while agent.next_offset < end:
        await agent.apply_next(min(size, end - agent.next_offset))
    assert await agent.tables() == before


def test_nothing_purged_comes_back_whatever_comes_between(postgres_server: PostgresServer) -> None:
    with asyncio.Runner() as runner:
        database = runner.run(started(postgres_server.dsn))
        try:
            run_state_machine_as_test(
                cast(type[PurgeMachine], partial(PurgeMachine, runner, database)),
                settings=settings(max_examples=12, stateful_step_count=40),
            )
        finally:
            runner.run(PurgeWorld(database).begin())  # Other tests have it empty.
            runner.run(database.stop())
