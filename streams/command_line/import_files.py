"""`bokflow import`: SIE files into a company, judged here and read by the engine's workers."""

from pathlib import Path
from typing import Annotated

import typer

from streams.command_line.answer import refusals, tell
from streams.command_line.import_one import ImportedFile, Importer
from streams.command_line.options import (
    DATA_DIR,
    DataDir,
    Lang,
    Options,
    Output,
    check_company_id,
)
from streams.command_line.refusal import EXIT_INTERRUPTED, EXIT_REFUSED
from streams.command_line.show import NOTHING, add_row, count, new_table, printable, printer
from streams.command_line.texts import label, word

COUNTS = ("vouchers", "postings", "set_aside")
COLUMNS = ["file", "status", "fiscal_year", *COUNTS, "warnings", "reason"]
REMARKS_SHOWN_MAX = 10

Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="SIE files of type 4E.")]
IntoCompany = Annotated[
    str, typer.Option("--company", metavar="ID", help="The company; it is made if it is new.")
]
CompanyName = Annotated[str, typer.Option("--name", help="What a new company is called.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until dashboards show the bookkeeping.")]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Take it despite a wrong checksum or another organisation number."
    ),
]


def import_files(
    files: Files,
    company: IntoCompany,
    name: CompanyName = "",
    wait: Wait = False,
    force: Force = False,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Import SIE files, in their order; one that is refused does not keep the others out."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        importer = Importer(options, company, name=name, waits=wait, forced=force)
        importer.check_engine()
        done: list[ImportedFile] = []
        for path in files:
            result = importer.import_one(path)
            done.append(result)
            _tell(result, options.language)
            if importer.interrupted:
                break
    tell(options, done, _show)
    if importer.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    wanted = {"completed"} if wait else {"completed", "queued"}
    if any(result.status not in wanted for result in done):
        raise typer.Exit(EXIT_REFUSED)


def _tell(result: ImportedFile, language: str) -> None:
    """What there is to say about a file beside its result, on stderr."""
    file = printable(result.file)
    if result.reason is not None:
        typer.echo(f"{file}: {result.reason}: {printable(result.sentence)}", err=True)
    remarks = result.remarks
    for remark in remarks[:REMARKS_SHOWN_MAX]:
        message = printable(remark.message)
        told = label("remark_line", language, file=file, line=remark.line, message=message)
        typer.echo(told if remark.line else f"{file}: {message}", err=True)
    more = len(remarks) - REMARKS_SHOWN_MAX
    if more > 0:
        typer.echo(label("more_remarks", language, file=file, count=more), err=True)


def _show(done: list[ImportedFile], language: str) -> None:
    table = new_table(language, COLUMNS, right=(*COUNTS, "warnings"))
    for result in done:
        add_row(
            table,
            result.file,
            word(result.status, language),
            str(result.fiscal_year or NOTHING),
            *(count(getattr(result, name), language) for name in COUNTS),
            count(len(result.remarks), language),
            result.reason or "",
        )
    printer().print(table)
