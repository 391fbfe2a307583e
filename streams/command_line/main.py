"""The command line: every command under its name."""

import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer

from streams.command_line import connections, dead_letters
from streams.command_line.as_of import as_of
from streams.command_line.cancel import cancel
from streams.command_line.companies import companies
from streams.command_line.connect_company import connect
from streams.command_line.doctor import doctor
from streams.command_line.import_files import import_files
from streams.command_line.migrate import migrate
from streams.command_line.purge import purge
from streams.command_line.rebuild import rebuild
from streams.command_line.runs import runs
from streams.command_line.schemas import schemas
from streams.command_line.sie import sie
from streams.command_line.status import status
from streams.command_line.sync import sync
from streams.command_line.trial_balance import trial_balance
from streams.command_line.up import up
from streams.command_line.verify import verify
from streams.command_line.verify_totals import verify_totals
from streams.command_line.vouchers import vouchers
from streams.command_line.worker import worker

# Commands that only query must start fast: what is imported here knows nothing of Faust, Kafka or
# the connectors. A command that needs them imports them when it is called.
app = typer.Typer(
    name="bokflow",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"bokflow {version('bokflow')}")
        raise typer.Exit


@app.callback()
def bokflow(
    asked: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_tell_version, help="Tell the version."),
    ] = False,
) -> None:
    """Keeps bookkeeping identical to what its accounting system says."""


# The engine.
app.command("up")(up)
app.command("doctor")(doctor)
app.command("migrate")(migrate)
app.command("worker")(worker)

# Fetching from accounting systems.
app.command("connect")(connect)
app.command("sync")(sync)
app.command("cancel")(cancel)
app.command("purge")(purge)
app.add_typer(connections.app, name="connections")

# Bookkeeping.
app.command("import")(import_files)
app.command("companies")(companies)
app.command("status")(status)
app.command("runs")(runs)
app.command("vouchers")(vouchers)
app.command("trial-balance")(trial_balance)
app.command("as-of")(as_of)
app.command("verify-totals")(verify_totals)

# Files, without the engine.
app.command("sie")(sie)

# What goes through it.
app.add_typer(dead_letters.app, name="dead-letters")
app.command("rebuild")(rebuild)
app.command("verify")(verify)
app.command("schemas")(schemas)


def main() -> None:
    """The entry point."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # A terminal may not have every character.
    app()


if __name__ == "__main__":
    main()
