"""`bokflow sie`: SIE files read without any engine: what is in them, and what is not well."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.errors import UploadRefused
from schemas.limits import replace_forbidden
from streams.command_line.answer import print_json
from streams.command_line.import_progress import import_progress
from streams.command_line.opened_file import opened
from streams.command_line.options import Lang, Options, Output
from streams.command_line.refusal import EXIT_REFUSED, sentence
from streams.command_line.show import printable
from streams.command_line.sie_page import show_report, show_summary
from streams.command_line.sie_report import SieReport, refused_report, report_of
from streams.command_line.words import word

if TYPE_CHECKING:  # Commands that only query start without the connectors.
    from connectors.sie.file import SieFile

Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="SIE files of type 1 to 4.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Fail on warnings and differing totals, not only errors.")
]
ShowAll = Annotated[bool, typer.Option("--all", help="Show every remark that is kept.")]
Vouchers = Annotated[
    bool,
    typer.Option("--vouchers", help="Print the vouchers instead, each as a line of JSON."),
]


def sie(
    files: Files,
    strict: Strict = False,
    show_all: ShowAll = False,
    vouchers: Vouchers = False,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Read SIE files without any engine: facts, remarks, and whether their totals agree."""
    options = Options.of(Path(), output, lang)
    reports = []
    for path in files:
        report = _read(path, options.language, prints_vouchers=vouchers)
        reports.append(report)
        if report.refusal is not None and (vouchers or options.is_json):
            typer.echo(f"{printable(report.file)}: {printable(report.refusal.message)}", err=True)
        if not vouchers and not options.is_json:
            show_report(report, options.language, shows_all=show_all)
    if not vouchers and options.is_json:
        print_json(reports)
    elif not vouchers and len(reports) > 1:
        show_summary(reports, options.language)
    if any(report.has_failed(strict=strict) for report in reports):
        raise typer.Exit(EXIT_REFUSED)


def _read(path: Path, language: str, *, prints_vouchers: bool) -> SieReport:
    from connectors.sie.file import SieFile

    file_name = replace_forbidden(str(path))
    try:
        with import_progress(file_name, language), opened(path) as file:
            sie_file = SieFile(file, name=replace_forbidden(path.name))
            report = report_of(file_name, sie_file, language)
            if prints_vouchers:
                _print_vouchers(sie_file)
            return report
    except UploadRefused as refused:
        return refused_report(file_name, refused.code, refused.sentence(language))
    except OSError as error:
        why = word(error.strerror or str(error), language)
        told = sentence("not_readable", language, {"file": file_name, "error": why})
        return refused_report(file_name, "not_readable", told)


def _print_vouchers(sie_file: "SieFile") -> None:
    """A voucher that would be set aside has a reason among its fields."""
    for document in sie_file.documents():
        if not isinstance(document, str):
            document = document.model_dump_json(exclude_defaults=True)
        sys.stdout.buffer.write(document.encode() + b"\n")
    sys.stdout.flush()
