"""The demo: companies that never were, from SIE files and from an accounting system.

Three come by files. Two are connected to a Fortnox that is simulated: one of them syncs by itself
while its books change; the login of the other is not accepted.
Each comes once: what its user has made of it since stays, and what a start that was interrupted has
left out comes with the next one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from connectors.sie.generator import GeneratedCompany, generate
from projections.queries.companies import known_files, known_ids
from projections.queries.company_facts import company_facts
from schemas.commands import ConnectionRequested
from schemas.sources import FORTNOX
from streams.command_line.answer import ask, refusals
from streams.command_line.engine_command import Outcome, Waiting, command_id, requested_by, send
from streams.command_line.import_one import Importer
from streams.command_line.options import Options
from streams.command_line.show import count, printer
from streams.command_line.status import status
from streams.command_line.texts import label
from streams.command_line.trial_balance import trial_balance
from streams.command_line.words import word
from streams.demo_source import BROKEN, CONNECTED, SYNC_SECONDS, UNCONNECTED

# The id, the seed and the vouchers of each year.
COMPANIES = (("alfa", 6, 220), ("beta", 3, 340), ("gamma", 33, 150))
YEARS = 2
# What is connected, and how its first run ends if all is well.
CONNECTIONS = ((CONNECTED, ("completed", None)), (BROKEN, ("failed", "reconnect_required")))
DEMO = tuple(company_id for company_id, *_ in (*COMPANIES, *CONNECTIONS))


@dataclass(frozen=True)
class DemoFile:
    """A company's file of a year."""

    company_id: str
    company: GeneratedCompany
    year: int

    @property
    def name(self) -> str:
        return f"{self.company_id}-{self.company.fiscal_years[self.year].first_day.year}.se"


def missing_files(known: set[str], received: set[tuple[str, str]]) -> Iterator[DemoFile]:
    """All of a new company; of a known one what is left, where it is the demo's: one has come."""
    for company_id, seed, vouchers in COMPANIES:
        company = generate(seed=seed, years=YEARS, vouchers_per_year=vouchers)
        files = [DemoFile(company_id, company, year) for year in range(YEARS)]
        left = [file for file in files if (company_id, file.name) not in received]
        if company_id not in known or len(left) < YEARS:
            yield from left


def show_demo(options: Options) -> bool:
    """Imports and connects the companies that are new, and shows what has become of all.

    Returns whether all went well, which is for the one without a login that it failed.
    """
    directory = options.data_dir / "demo"
    directory.mkdir(parents=True, exist_ok=True)
    known = ask(options, known_ids)
    files = list(missing_files(known, ask(options, known_files)))
    begun = {file.company_id for file in files}
    kept = [company_id for company_id in DEMO if company_id in known - begun]
    if kept:
        facts = {"companies": ", ".join(kept), "directory": options.data_dir}
        typer.echo(label("demo.kept", options.language, **facts), err=True)
    outcomes = [_import(options, directory, file) for file in files]
    outcomes += [_connect(options, *one) for one in CONNECTIONS if one[0] not in known]
    there = {company.company_id for company in ask(options, company_facts)}
    for company_id in [one for one in DEMO if one in there]:
        _title(label("demo.company", options.language, company_id=company_id))
        _show_status(options, company_id)
    first = DEMO[0]
    if first not in known:
        trial_balance(first, None, options.data_dir, options.output, options.language)
    facts = {
        "company_id": first,
        "connected": CONNECTED,
        "unconnected": UNCONNECTED,
        "source": FORTNOX.name,
        "seconds": SYNC_SECONDS,
        "directory": directory,
    }
    typer.echo(label("demo.next", options.language, **facts), err=True)
    return all(outcomes)


def _import(options: Options, directory: Path, file: DemoFile) -> bool:
    """As an accounting program would have exported it."""
    path = directory / file.name
    with path.open("wb") as written:
        file.company.write(file.year, written)
    result = Importer(options, file.company_id, waits=True).import_one(path)
    told = label(
        "demo.imported",
        options.language,
        file=path.name,
        count=count(result.vouchers, options.language),
        status=word(result.status, options.language),
    )
    typer.echo(told, err=True)
    return result.status == "completed"


def _connect(options: Options, company_id: str, wanted: tuple[str, str | None]) -> bool:
    """Connects the company, and waits for the end of its first run, with progress."""
    command = ConnectionRequested(
        company_id=company_id,
        command_id=command_id(),
        requested_by=requested_by(),
        source=FORTNOX.name,
    )
    with refusals(options):
        send(options, command)
        outcome = Waiting(options, command, "first_run_ended").outcome()
    typer.echo(_told(outcome, options.language), err=True)
    return (outcome.status, outcome.reason) == wanted


def _told(outcome: Outcome, language: str) -> str:
    vouchers = sum(filter(None, (outcome.created, outcome.changed, outcome.unchanged)))
    status = word(outcome.status, language)
    because = f"{status}: {word(outcome.reason, language)}" if outcome.reason else status
    facts = {"company_id": outcome.company_id, "count": count(vouchers, language)}
    return label("demo.connected", language, **facts, status=because)


def _show_status(options: Options, company_id: str) -> None:
    status(company_id, options.data_dir, options.output, options.language)


def _title(text: str) -> None:
    printer().rule(text, align="left")
