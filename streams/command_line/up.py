"""`bokflow up`: all of Bokflow on this machine, in one command, until it is told to stop."""

import signal
import threading
import time
from types import FrameType
from typing import Annotated

import typer

from streams.command_line.options import DATA_DIR, DataDir, Lang, Options, Output
from streams.command_line.refusal import EXIT_INTERRUPTED, EXIT_REFUSED, EXIT_USAGE
from streams.command_line.texts import label

POLL_SECONDS = 0.1
Demo = Annotated[bool, typer.Option("--demo", help="Bring five companies to look at.")]
ExitAfterDemo = Annotated[
    bool, typer.Option("--exit-after-demo", help="Stop when the demo has been shown.")
]
Workers = Annotated[int, typer.Option("--workers", min=1, max=16, help="How many workers.")]


def up(
    demo: Demo = False,
    exit_after_demo: ExitAfterDemo = False,
    workers: Workers = 2,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Start Kafka, PostgreSQL and the workers here, and look after them until Ctrl-C."""
    from schemas.errors import SyncError
    from streams.embedded.errors import StartError
    from streams.embedded.packages import require_local_packages
    from streams.settings import SettingsWrong

    options = Options.of(data_dir, output, lang)
    stop = _stop_at_signals()
    try:
        require_local_packages()
        _run(options, stop, workers=workers, demo=demo or exit_after_demo, leave=exit_after_demo)
    except (StartError, SyncError) as error:
        typer.echo(f"not_started: {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    except SettingsWrong as error:
        typer.echo(f"settings_wrong: {error}", err=True)
        raise typer.Exit(EXIT_USAGE) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(EXIT_INTERRUPTED) from error


def _run(options: Options, stop: threading.Event, *, workers: int, demo: bool, leave: bool) -> None:
    from streams.demo_source import DemoSource
    from streams.engine import Engine

    started_at = time.monotonic()

    def tell(line: str) -> None:
        typer.echo(f"{time.monotonic() - started_at:6.1f} s  {line}", err=True)

    source = DemoSource(options.data_dir) if demo else None
    engine = Engine(
        options.data_dir,
        workers=workers,
        progress=tell,
        beside=[source.child] if source else (),
        worker_environment=source.worker_environment if source else None,
    )
    with engine.running() as endpoints:
        where = {"kafka_url": endpoints.kafka_url, "data_dir": options.data_dir.absolute()}
        tell(label("up.ready", options.language, **where))
        if demo:
            from streams.command_line.demo import show_demo

            if not show_demo(options):
                raise typer.Exit(EXIT_REFUSED)
        if leave:
            return
        tell(label("up.running", options.language, logs=options.data_dir / "logs"))
        while not stop.is_set():
            time.sleep(POLL_SECONDS)


def _stop_at_signals() -> threading.Event:
    """The first signal sets the event, or interrupts a start; what was started is stopped."""
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            return  # It is stopping already.
        stop.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)
    return stop
