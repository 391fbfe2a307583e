"""A simulated Fortnox with one company, and the connector that reads it without waiting."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from connectors.fortnox.client import PAGE_ROWS_MAX, FortnoxClient, http_client
from connectors.fortnox.connector import FortnoxConnector
from connectors.protocol import KnownRead, PlannedRead
from connectors.simulators.clock import VendorClock
from connectors.simulators.fortnox.rate_window import RateLimit
from connectors.simulators.fortnox.server import Simulator, running
from connectors.simulators.fortnox.tenant import Tenant
from schemas.bookkeeping import SetAsideVoucher, Voucher
from schemas.ledger_events import VouchersObserved, VouchersSetAside
from schemas.parts import Read, Scope

NOON = datetime(2026, 3, 10, 11, 30, tzinfo=UTC)  # 12:30 in Stockholm.
YEAR = date(2025, 5, 1)
YEAR_ID = 5
TOKEN = "a-token"
UNLIMITED = RateLimit(requests=10**9)


@dataclass
class Vendor:
    """Where the company answers, and what the connector has done about it."""

    simulator: Simulator
    tenant: Tenant
    url: str
    turns: int = 0
    page_rows: int = PAGE_ROWS_MAX
    slept_seconds: list[float] = field(default_factory=list)

    @contextmanager
    def connector(self, known: Mapping[str, KnownRead] | None = None) -> Iterator[FortnoxConnector]:
        with http_client(f"{self.url}/3", TOKEN) as http:
            client = FortnoxClient(
                http,
                wait_turn=self._turn,
                sleep=self.slept_seconds.append,
                page_rows=self.page_rows,
            )
            yield FortnoxConnector(client, known or {})

    def vouchers(self, year: date = YEAR, *, since: str | None = None) -> "ReadVouchers":
        """One read of a year's vouchers: the whole of it, or what has changed."""
        read = Read(part="vouchers", fiscal_year=year)
        known = {} if since is None else {read.name: KnownRead(since, is_fresh=True)}
        with self.connector(known) as connector:
            scope = Scope(parts=("vouchers",), fiscal_years=(year,))
            (plan,) = connector.reads(scope)
            pages = list(connector.pages(plan))
            watermark = connector.watermark(plan)
        return ReadVouchers(
            plan,
            watermark or "",
            [
                Voucher.model_validate_json(voucher)
                for page in pages
                if page.kind is VouchersObserved
                for voucher in page.vouchers
            ],
            [
                SetAsideVoucher.model_validate_json(voucher)
                for page in pages
                if page.kind is VouchersSetAside
                for voucher in page.vouchers
            ],
            [page.kind.__name__ for page in pages],
        )

    def asked(self) -> list[str]:
        """The paths and queries of all requests so far."""
        return [f"{one.path}?{one.query}" for one in self.simulator.requests_of(self.tenant)]

    def _turn(self) -> None:
        self.turns += 1


@dataclass(frozen=True)
class ReadVouchers:
    """What a read of vouchers brought."""

    plan: PlannedRead
    watermark: str
    vouchers: list[Voucher]
    set_aside: list[SetAsideVoucher]
    kinds: list[str]

    @property
    def names(self) -> list[str]:
        return [f"{voucher.series}{voucher.number}" for voucher in self.vouchers]

    @property
    def digests(self) -> dict[str, bytes]:
        return dict(zip(self.names, (voucher.digest for voucher in self.vouchers), strict=True))


@contextmanager
def a_vendor(now: datetime = NOON, *, limit: RateLimit = UNLIMITED) -> Iterator[Vendor]:
    """A vendor whose clock stands still, with an empty company."""
    simulator = Simulator(clock=VendorClock(now), limit=limit)
    tenant = simulator.add_tenant("nordlunds", token=TOKEN)
    with running(simulator) as url:
        yield Vendor(simulator, tenant, url)
