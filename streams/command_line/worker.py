"""`bokflow worker`: one worker of a cluster, configured by BOKFLOW_* variables."""

import typer

from streams.command_line.refusal import EXIT_REFUSED, EXIT_USAGE


def worker() -> None:
    """Run a worker until it is told to stop; the more there are, the more they share."""
    from projections.migrate import DatabaseTooNew, DatabaseTooOld
    from streams import worker as process
    from streams.embedded.parent import end_with_parent
    from streams.settings import Settings, SettingsWrong

    end_with_parent()
    try:
        settings = Settings.from_environment()
    except SettingsWrong as error:
        typer.echo(f"settings_wrong: {error}", err=True)
        raise typer.Exit(EXIT_USAGE) from error
    try:
        process.check(settings)
    except (DatabaseTooNew, DatabaseTooOld) as error:
        typer.echo(f"not_migrated: {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    process.run(settings)
