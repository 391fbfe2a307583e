"""The columns that readers' views have, in an older shape: they stay, in their order."""

import json
from pathlib import Path

import asyncpg
import pytest

pytestmark = pytest.mark.engine
# Of shape 3. A view that stands cannot be replaced by one that lacks a column, or has another one
# in its place: no version of a newer shape could take over.
ONCE_SHOWN = json.loads((Path(__file__).parent / "shown_columns.json").read_text("utf-8"))
SHOWN = """
    SELECT table_schema || '.' || table_name, array_agg(column_name::text ORDER BY ordinal_position)
    FROM information_schema.columns WHERE table_schema IN ('ledger', 'status') GROUP BY 1
"""


async def test_a_new_column_stands_behind_those_that_have_been_shown(
    database: asyncpg.Connection,
) -> None:
    shown = {row[0]: row[1] for row in await database.fetch(SHOWN)}

    for view, columns in ONCE_SHOWN.items():
        known = columns.split()
        assert shown[view][: len(known)] == known, view
