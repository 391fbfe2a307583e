"""The demo: three companies that never were, from SIE files through Kafka to their books."""

from pathlib import Path

import typer

from connectors.sie.generator import GeneratedCompany, generate
from streams.command_line.import_one import Importer
from streams.command_line.options import Options
from streams.command_line.show import count, printer
from streams.command_line.status import status
from streams.command_line.texts import label
from streams.command_line.trial_balance import trial_balance
from streams.command_line.words import word

# The id, the seed and the vouchers of each year.
COMPANIES = (("alfa", 6, 220), ("beta", 3, 340), ("gamma", 33, 150))
YEARS = 2


def show_demo(options: Options) -> bool:
    """Imports the companies and shows what has become of them; whether all went well."""
    directory = options.data_dir / "demo"
    directory.mkdir(parents=True, exist_ok=True)
    outcomes = [_import(options, directory, *company) for company in COMPANIES]
    for company_id, _, _ in COMPANIES:
        _title(label("demo.company", options.language, company_id=company_id))
        _show_status(options, company_id)
    first = COMPANIES[0][0]
    trial_balance(first, None, options.data_dir, options.output, options.language)
    typer.echo(
        label("demo.next", options.language, company_id=first, directory=directory), err=True
    )
    return all(outcomes)


def _import(options: Options, directory: Path, company_id: str, seed: int, vouchers: int) -> bool:
    company = generate(seed=seed, years=YEARS, vouchers_per_year=vouchers)
    importer = Importer(options, company_id, waits=True)
    went_well = True
    for year in range(YEARS):
        path = _file(directory, company, company_id, year)
        result = importer.import_one(path)
        told = label(
            "demo.imported",
            options.language,
            file=path.name,
            count=count(result.vouchers, options.language),
            status=word(result.status, options.language),
        )
        typer.echo(told, err=True)
        went_well = went_well and result.status == "completed"
    return went_well


def _file(directory: Path, company: GeneratedCompany, company_id: str, year: int) -> Path:
    """The company's file of a year, as an accounting program would have exported it."""
    path = directory / f"{company_id}-{company.fiscal_years[year].first_day.year}.se"
    with path.open("wb") as file:
        company.write(year, file)
    return path


def _show_status(options: Options, company_id: str) -> None:
    status(company_id, options.data_dir, options.output, options.language)


def _title(text: str) -> None:
    printer().rule(text, align="left")
