"""The simulator as a process, for the demo: companies whose books change every few seconds."""

import argparse
import logging
import signal
import sys
import threading
from contextlib import ExitStack

from connectors.sie.generator import FIRST_YEAR, generate
from connectors.simulators.fortnox.bookkeeper import Bookkeeper
from connectors.simulators.fortnox.made_up import company_of, fill
from connectors.simulators.fortnox.server import Simulator, running

FIRST_DATABASE_NUMBER = 471_100
YEARS = 2
log = logging.getLogger("fortnox_simulator")


def main(arguments: list[str]) -> None:
    options = _parser().parse_args(arguments)
    simulator = Simulator()
    bookkeepers = [
        add_made_up_tenant(
            simulator,
            *_name_and_token(tenant),
            seed=options.seed + place,
            vouchers_per_year=options.vouchers,
        )
        for place, tenant in enumerate(options.tenant)
    ]
    for token in options.revoked:
        simulator.revoke(token)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with ExitStack() as stack:
        url = stack.enter_context(running(simulator, port=options.port))
        log.info("simulator_started url=%s tenants=%d", url, len(bookkeepers))
        while not stopped.wait(options.change_seconds or None):
            for bookkeeper in bookkeepers:
                bookkeeper.step()


def add_made_up_tenant(
    simulator: Simulator, name: str, token: str, *, seed: int, vouchers_per_year: int
) -> Bookkeeper:
    """A tenant with two years up to today, and somebody who goes on with its books."""
    years = simulator.clock.now().year - FIRST_YEAR + 1
    generated = generate(seed=seed, years=years, vouchers_per_year=vouchers_per_year)
    company = company_of(generated, database_number=FIRST_DATABASE_NUMBER + seed)
    tenant = simulator.add_tenant(name, token=token, company=company)
    fill(tenant.books, generated, years=YEARS)
    return Bookkeeper(tenant.books, seed=seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connectors.simulators.fortnox")
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 is any free port")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vouchers", type=int, default=200, help="of each year")
    parser.add_argument("--change-seconds", type=float, default=5.0, help="0: nothing changes")
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
