"""The simulator as a process, for the demo: companies whose books change every few seconds."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from connectors.sie.generator import FIRST_YEAR, generate
from connectors.simulators.fortnox.bookkeeper import Bookkeeper
from connectors.simulators.fortnox.made_up import company_of, fill
from connectors.simulators.fortnox.saved_books import BooksFile
from connectors.simulators.fortnox.server import Simulator, running

FIRST_DATABASE_NUMBER = 471_100
YEARS = 2
log = logging.getLogger("fortnox_simulator")


def main(arguments: list[str]) -> None:
    options = _parser().parse_args(arguments)
    simulator = Simulator()
    steps = [
        _add_tenant(simulator, options, *_name_and_token(tenant), seed=options.seed + place)
        for place, tenant in enumerate(options.tenant)
    ]
    for token in options.revoked:
        simulator.revoke(token)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with ExitStack() as stack:
        url = stack.enter_context(running(simulator, port=options.port))
        log.info("simulator_started url=%s tenants=%d", url, len(steps))
        while not stopped.wait(options.change_seconds or None):
            for step in steps:
                step()


def _add_tenant(
    simulator: Simulator, options: argparse.Namespace, name: str, token: str, *, seed: int
) -> Callable[[], None]:
    """A tenant with two years up to today; returns the next step of who goes on with its books.

    Where books are saved, it has those that it had.
    """
    years = simulator.clock.now().year - FIRST_YEAR + 1
    generated = generate(seed=seed, years=years, vouchers_per_year=options.vouchers)
    company = company_of(generated, database_number=FIRST_DATABASE_NUMBER + seed)
    books = simulator.add_tenant(name, token=token, company=company).books
    if options.books is None:
        fill(books, generated, years=YEARS)
        return Bookkeeper(books, seed=seed).step
    options.books.mkdir(parents=True, exist_ok=True)
    file = BooksFile(options.books / f"{name}.json")
    progress = file.load(books)
    if progress is None:
        fill(books, generated, years=YEARS)
    bookkeeper = Bookkeeper(books, seed=seed, progress=progress)
    file.save(bookkeeper)
    return partial(file.step, bookkeeper)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connectors.simulators.fortnox")
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 is any free port")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vouchers", type=int, default=200, help="of each year")
    parser.add_argument("--change-seconds", type=float, default=5.0, help="0: nothing changes")
    parser.add_argument("--books", type=Path, metavar="DIR", help="where books outlive a restart")
    parser.add_argument("--tenant", action="append", default=[], metavar="NAME=TOKEN")
    parser.add_argument("--revoked", action="append", default=[], metavar="TOKEN")
    return parser


def _name_and_token(text: str) -> tuple[str, str]:
    name, _, token = text.partition("=")
    if not (name and token):
        sys.exit(f"--tenant takes NAME=TOKEN, not {text!r}")
    return name, token


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    main(sys.argv[1:])
