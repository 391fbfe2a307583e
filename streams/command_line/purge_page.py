"""What a purge takes and what stays, for people to decide upon; and what one has taken."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Literal, Self

from rich.table import Table

from projections.queries.company_status import CompanyState
from projections.queries.purges import Contents, PastPurge, YearContents
from schemas.model import Model
from schemas.sources import UPLOADED
from streams.command_line.show import add_row, count, day, fitting_table, moment, printable, printer
from streams.command_line.texts import label

COUNTS = ("vouchers", "postings", "set_aside")
# How the bookkeeping comes back.
Then = Literal["reload", "automatic", "upload", "nothing"]


class Preview(Model):
    """What a purge would take now."""

    company_id: str
    chosen: tuple[date, ...] | None  # Fiscal years by their first days; None is all of them.
    years: tuple[YearContents, ...]
    empties: bool  # No bookkeeping is left after it.
    cancels_run: str | None  # The run that is going.
    has_connection: bool  # To the source; it stays.
    then: Then
    next_run_at: datetime | None

    @classmethod
    def of(
        cls,
        company: CompanyState,
        going: Contents,
        *,
        chosen: tuple[date, ...] | None,
        reload: bool,
    ) -> Self:
        tie = company.connection
        due_at = tie.due_at if tie else None
        then: Then = "nothing"
        if reload:
            then = "reload"
        elif company.source in UPLOADED:
            then = "upload"
        elif due_at is not None:
            then = "automatic"
        return cls(
            company_id=company.company_id,
            chosen=chosen,
            years=going.years,
            empties=going.are_the_last,
            cancels_run=company.syncing.run_id if company.syncing else None,
            has_connection=tie is not None and tie.state != "disconnected",
            then=then,
            next_run_at=due_at,
        )


def show_preview(found: Preview, language: str, *, stderr: bool = False) -> None:
    """A table of the years, then what stays and what follows, a sentence a line."""
    console = printer(stderr=stderr)
    facts = {"company_id": found.company_id}
    if found.years:
        console.print(label("title.purge", language, **facts), style="bold")
        rows = list(_rows(found, language))
        columns = ("fiscal_year", *COUNTS)
        console.print(fitting_table(rows, language, columns, right=COUNTS))
    else:
        console.print(label("purge.nothing", language, **facts), style="bold")
    for line in _lines(found, language):
        console.print(line)


def _rows(found: Preview, language: str) -> Iterator[dict[str, str]]:
    for year in found.years:
        last_day = f" – {day(year.last_day)}" if year.last_day else ""
        yield {
            "fiscal_year": f"{day(year.first_day)}{last_day}",
            **{name: count(getattr(year, name), language) for name in COUNTS},
        }
    if len(found.years) > 1:
        totals = {name: sum(getattr(year, name) for year in found.years) for name in COUNTS}
        told = {name: count(total, language) for name, total in totals.items()}
        yield {"fiscal_year": label("total", language), **told}


def _lines(found: Preview, language: str) -> Iterator[str]:
    """Of a company without bookkeeping only what is to come."""
    if found.years:
        yield from _kept(found, language)
    if found.cancels_run:
        comes_by_itself = found.then != "upload"
        yield label("purge.cancels.run" if comes_by_itself else "purge.cancels.file", language)
    if found.years and found.empties:
        yield label("purge.empties", language)
    if found.years or found.then in ("reload", "automatic"):
        facts = {"at": moment(found.next_run_at), "years": told_years(found.chosen, language)}
        yield label(f"purge.then.{found.then}", language, **facts)


def _kept(found: Preview, language: str) -> Iterator[str]:
    """What goes beside the vouchers, and what does not."""
    yield label("purge.goes.all" if found.chosen is None else "purge.goes.years", language)
    connection = label("purge.stays.connection", language) if found.has_connection else ""
    yield label("purge.stays", language, connection=connection)
    yield label("purge.log", language)


def told_years(years: tuple[date, ...] | None, language: str) -> str:
    """The fiscal years of a purge, by their first days."""
    return label("purge.all", language) if years is None else ", ".join(map(day, years))


def told_purge(found: PastPurge, language: str) -> str:
    """By whom, and what went."""
    by = label("purge.by", language, who=printable(found.requested_by))
    return label(
        f"purge.{found.state}",
        language,
        by=by if found.requested_by else "",
        years=told_years(found.fiscal_years, language),
        vouchers=count(found.vouchers, language),
        postings=count(found.postings, language),
    ).strip()


def purges_table(found: Sequence[PastPurge], language: str) -> Table:
    """When, by whom, and what went, a purge a row."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    for purge in found:
        at = moment(purge.completed_at or purge.started_at)
        add_row(table, at, told_purge(purge, language))
    return table
