"""Any history on a real topic: what a rebuild's processes make of it is what the agents made."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from projections.migrate import LEDGER
from schemas.codec import Message
from streams.database import Database
from streams.rebuild.verify import verify_company
from streams.rebuild.whole import Rebuild
from tests.engine import Engine
from tests.projections.ledger.histories import COMPANIES
from tests.scenarios.rebuilding import project
from tests.streams.rebuild.logs import messages

pytestmark = pytest.mark.engine
_numbers = itertools.count(1)


@given(histories=some.lists(messages(), min_size=4, max_size=4))
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_rebuild_of_any_history_from_a_real_topic_equals_the_live_tables(
    engine: Engine, pool: Database, histories: list[list[Message]]
) -> None:
    """The topic grows from example to example, by companies of other names."""
    named = [_named(history, number=next(_numbers)) for history in histories]
    await engine.publish(*itertools.chain(*named))
    await project(engine, pool)

    work = Rebuild(engine.settings, LEDGER, holder="test", report=lambda *_: None)
    async with work.verified() as (_, rebuilt):
        assert (rebuilt.differing, rebuilt.newly_rejected) == ([], [])
    for message in {message.key: message for message in named[0]}.values():
        company_id = (message.key or b"").decode()
        found = await verify_company(
            engine.settings, company_id, holder="test", report=lambda *_: None
        )
        assert found.in_use == found.rebuilt


def _named(history: list[Message], *, number: int) -> list[Message]:
    """The history of companies that no other has."""
    named = []
    for message in history:
        key, value = message.key or b"", message.value
        for company in COMPANIES:
            name = f"{company}-{number}".encode()
            key, value = key.replace(company.encode(), name), value.replace(company.encode(), name)
        named.append(replace(message, key=key, value=value))
    return named
