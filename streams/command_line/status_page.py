"""The status of one company as a page for a terminal."""

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from projections.queries.company_facts import Syncing
from projections.queries.company_status import CompanyConnection, CompanyState, RefusedUpload
from projections.status.actions import Actions
from schemas.sources import CONNECTABLE, UPLOADED
from streams.command_line.purge_page import purges_table, told_years
from streams.command_line.show import (
    Cell,
    Wrapped,
    add_row,
    count,
    day,
    dot,
    moment,
    printable,
    printer,
)
from streams.command_line.texts import label
from streams.command_line.told_reason import told_tie
from streams.command_line.verification import differences_table, is_nothing, told_state
from streams.command_line.words import word

DIFFERENCES_MAX = 10
PART_STYLES = {"ok": "green", "failed": "red"}


def show_status(found: CompanyState, language: str) -> None:
    printer().print(status_page(found, language))


def status_page(found: CompanyState, language: str) -> Group:
    """The dot with its sentence, then what is known, a section each."""
    message = found.message.sv if language == "sv" else found.message.en
    name = printable(found.name or found.company_id)
    title = dot(found.indicator).append(f" {name}", style="bold default")
    page = _grid()
    for heading, section in _sections(found, language):
        page.add_row(Text(label(heading, language), style="dim"), section)
    told = [Text(f"  {line}") for line in (message, *_remedy(found, language))]
    return Group(title, *told, Text(), page, *_differences(found, language))


def _remedy(found: CompanyState, language: str) -> Iterator[str]:
    """The command that mends it, where that is no guess."""
    is_lost = found.reason in ("disconnected", "reconnect_required")
    if is_lost and found.source in CONNECTABLE:
        facts = {"company_id": found.company_id, "source": printable(found.source)}
        yield label("advice.connect", language, **facts)


def _grid(rows: Iterable[Iterable[Cell]] = ()) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        add_row(grid, *row)
    return grid


def _sections(found: CompanyState, language: str) -> Iterator[tuple[str, RenderableType]]:
    never = label("never", language)
    yield "source", Text(printable(found.source))
    yield "last_fetched", Text(moment(found.last_fetched_at) if found.last_fetched_at else never)
    if found.connection:
        yield "connection", Text(_connection(found.connection, language))
    if found.syncing:
        yield "syncing", Text(told_progress(found.syncing, language))
    if found.latest_vouchers:
        yield "latest_vouchers", _grid(_vouchers(found))
    if found.sie:
        yield "sie", Text(_upload(found, language))
    if found.refused_upload:
        yield "refused_upload", Text(_refused(found.refused_upload, language), "red")
    yield "bookkeeping", Wrapped(_counts(found, language))
    yield "verification", Text(_proof(found, language))
    if found.emptied_years:
        years = told_years(found.emptied_years, language)
        yield "emptied_years", Text(label("emptied_years.told", language, years=years))
    if found.purges:
        yield "purges", purges_table(found.purges, language)
    yield "parts", _grid(_parts(found, language))
    yield "actions", _grid(_actions(found.actions, language))


def _connection(found: CompanyConnection, language: str) -> str:
    told = printable(told_tie(found.state, found.reason, language))
    if found.due_at is not None:
        return label("next_run", language, state=told, at=moment(found.due_at))
    return told


def told_progress(found: Syncing, language: str) -> str:
    """The phase of a run and how far it has come, as far as anybody knows."""
    phase = word(found.state, language)
    if found.percent is not None:
        return f"{phase} {found.percent} %"
    if not found.done:
        return phase
    return label("phase.done", language, phase=phase, count=count(found.done, language))


def _vouchers(found: CompanyState) -> Iterator[tuple[Cell, ...]]:
    for voucher in found.latest_vouchers:
        yield day(voucher.date), f"{voucher.series} {voucher.number}".strip(), voucher.text


def _upload(found: CompanyState, language: str) -> str:
    assert found.sie is not None  # The caller has looked.
    return label(
        "uploaded",
        language,
        file_name=printable(found.sie.file_name),
        fiscal_year=day(found.sie.fiscal_year),
        at=moment(found.sie.last_upload_at),
    )


def _refused(refused: RefusedUpload, language: str) -> str:
    at = moment(refused.refused_at)
    reason = word(refused.reason, language)
    why = printable(": ".join(filter(None, (reason, refused.detail))))
    return f"{printable(refused.file_name)}, {at}: {why}"


def _counts(found: CompanyState, language: str) -> str:
    numbers = found.counts.model_dump()
    told = label("counts", language, **{key: count(numbers[key], language) for key in numbers})
    if not found.counts.set_aside:
        return told
    return f"{told}\n{_advice('set_aside', found, language)}"


def _advice(about: str, found: CompanyState, language: str) -> str:
    """What to do, by how the bookkeeping comes: by files, or fetched."""
    key = f"advice.{about}" if found.source in UPLOADED else f"advice.{about}.fetched"
    return label(key, language, company_id=found.company_id)


def _proof(found: CompanyState, language: str) -> str:
    is_empty = not (found.counts.vouchers or found.counts.set_aside)
    proof = found.verification
    if proof.lacks_messages and proof.state == "unverified":
        return label("verification.lacking", language, state=word(proof.state, language))
    if is_nothing(proof.state, is_empty=is_empty):
        return label("verification.nothing", language)
    return told_state(proof.state, proof.as_of, language)


def _differences(found: CompanyState, language: str) -> Iterator[RenderableType]:
    """The first accounts that differ, over the whole width, and what to do about them."""
    if found.verification.state != "differs":
        return
    differences = found.verification.differences
    yield Text()
    yield differences_table(differences[:DIFFERENCES_MAX], language)
    more = len(differences) - DIFFERENCES_MAX
    if more > 0:
        facts = {"count": count(more, language), "company_id": found.company_id}
        yield Text(label("verification.more", language, **facts))
    yield Text(_advice("differs", found, language))


def _parts(found: CompanyState, language: str) -> Iterator[tuple[Cell, ...]]:
    for name, part in found.parts.items():
        because = f": {word(part.reason, language)}" if part.reason else ""
        state = word(part.state, language) + because
        style = PART_STYLES.get(part.state, "dim")
        yield word(name, language), Text(printable(state), style), moment(part.last_success_at)


def _actions(actions: Actions, language: str) -> Iterator[tuple[Cell, ...]]:
    for name, action in actions:
        told = word(action.reason, language) if action.reason else label("available", language)
        style = "default" if action.available else "dim"
        yield Text(word(name, language), style), Text(told, style)
