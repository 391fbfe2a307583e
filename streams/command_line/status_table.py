"""The indicators of all companies as a table for a terminal."""

from collections.abc import Iterable

from rich.table import Table

from projections.queries.companies import CompanyIndicator
from projections.status.indicator import Reason
from streams.command_line.show import Cell, dot, fitting_table, moment
from streams.command_line.status_page import told_progress
from streams.command_line.verification import is_nothing, proof

COLUMNS = ("company", "name", "status", "verification", "last_fetched", "syncing")
SPARE = ("name",)
EMPTY: tuple[Reason, ...] = ("emptied", "never_synced")


def status_table(found: Iterable[CompanyIndicator], language: str) -> Table:
    """A row per company, with what is going on where something is."""
    rows = [_row(company, language) for company in found]
    return fitting_table(rows, language, COLUMNS, expendable=SPARE)


def _row(found: CompanyIndicator, language: str) -> dict[str, Cell]:
    message = found.message.sv if language == "sv" else found.message.en
    return {
        "company": found.company_id,
        "name": found.name,
        "status": dot(found.indicator).append(f" {message}", style="default"),
        "verification": _proof(found, language),
        "last_fetched": moment(found.last_fetched_at),
        "syncing": told_progress(found.syncing, language) if found.syncing else "",
    }


def _proof(found: CompanyIndicator, language: str) -> Cell:
    if is_nothing(found.verification, is_empty=found.reason in EMPTY):
        return ""
    return proof(found.verification, language)
