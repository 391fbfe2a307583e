"""`bokflow migrate`: makes the topics and brings the database up to this engine."""

import asyncio

import typer

from streams.command_line.answer import print_json, refusals
from streams.command_line.connect import engine_settings
from streams.command_line.options import DATA_DIR, DataDir, Lang, Options, Output
from streams.command_line.refusal import CommandRefused


def migrate(data_dir: DataDir = DATA_DIR, output: Output = "table", lang: Lang = None) -> None:
    """Make what is missing: tables, views and topics. Forward only, and safe to run twice."""
    from schemas.errors import SyncError
    from streams.migrate import bring_up_to_date

    options = Options.of(data_dir, output, lang)
    with refusals(options):
        try:
            done = asyncio.run(bring_up_to_date(engine_settings(data_dir)))
        except SyncError as error:
            raise CommandRefused("not_prepared", error=error) from error
        if options.is_json:
            print_json(done)
        else:
            for line in done or ["nothing to do: everything is there"]:
                typer.echo(line)
