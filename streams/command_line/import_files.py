"""`bokflow import`: SIE files into a company, judged here and read by the engine's workers."""

from pathlib import Path
from typing import Annotated

import typer

from streams.command_line.answer import refusals, tell
from streams.command_line.import_one import Importer
from streams.command_line.import_page import show_files, tell_file
from streams.command_line.imported_file import ImportedFile
from streams.command_line.options import (
    DATA_DIR,
    DataDir,
    Lang,
    Options,
    Output,
    check_company_id,
)
from streams.command_line.refusal import EXIT_INTERRUPTED, EXIT_REFUSED

Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="SIE files of type 1 to 4.")]
IntoCompany = Annotated[
    str, typer.Option("--company", metavar="ID", help="The company; it is made if it is new.")
]
CompanyName = Annotated[str, typer.Option("--name", help="What a new company is called.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until dashboards show the bookkeeping.")]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Take it in spite of a wrong checksum, an end or a lack of vouchers that looks cut"
        " off, a header that contradicts itself, or another organisation number. An open voucher"
        " or an open #KSUMMA is always refused.",
    ),
]
Again = Annotated[
    bool,
    typer.Option("--again", help="Add those vouchers of a 4I file too that are there already."),
]


def import_files(
    files: Files,
    company: IntoCompany,
    name: CompanyName = "",
    wait: Wait = False,
    force: Force = False,
    again: Again = False,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Import SIE files, in their order; one that is refused does not keep the others out."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        importer = Importer(options, company, name=name, waits=wait, forced=force, again=again)
        importer.check_engine()
        done: list[ImportedFile] = []
        for path in files:
            result = importer.import_one(path)
            done.append(result)
            tell_file(result, company, options.language)
            if importer.interrupted:
                break
    tell(options, done, show_files)
    if importer.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    wanted = {"completed"} if wait else {"completed", "queued"}
    if any(result.status not in wanted for result in done):
        raise typer.Exit(EXIT_REFUSED)
