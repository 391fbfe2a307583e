"""How a proof is told in a terminal: its state and age, and the accounts that differ."""

from collections.abc import Sequence
from datetime import date, datetime

from rich.table import Table
from rich.text import Text

from projections.queries.verification import Difference, State
from streams.command_line.show import add_row, amount, day, moment, new_table
from streams.command_line.texts import label
from streams.command_line.words import word

STYLES: dict[State, str] = {"verified": "green", "differs": "red", "unverified": "dim"}
AMOUNTS = ("expected", "actual", "difference")


def proof(state: State, language: str) -> Text:
    """The state in its colour."""
    return Text(word(state, language), STYLES[state])


def is_nothing(state: State, *, is_empty: bool) -> bool:
    """Of an empty company nothing is to be proved, unless its source says what ought to be there.

    No source owes it any totals.
    """
    return is_empty and state == "unverified"


def told_state(
    state: State, as_of: datetime | None, language: str, *, up_to: date | None = None
) -> str:
    """The state, and how old the last proof is."""
    said = word(state, language)
    if as_of is None:
        return label("verification.never", language, state=said)
    told = label("verification.state", language, state=said, as_of=moment(as_of))
    return label("verification.up_to", language, told=told, up_to=day(up_to)) if up_to else told


def differences_table(differences: Sequence[Difference], language: str) -> Table:
    """The accounts that differ, with what the source says, what is booked, and the difference."""
    table = new_table(language, ["fiscal_year", "account", "kind", *AMOUNTS], right=AMOUNTS)
    for one in differences:
        amounts = (one.expected, one.actual, one.difference)
        told = [amount(value, language) for value in amounts]
        add_row(table, day(one.fiscal_year), one.account, word(one.kind, language), *told)
    return table
