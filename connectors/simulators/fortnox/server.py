"""The simulated Fortnox: tenants behind bearer tokens, served over HTTP as the vendor does.

It keeps the contract of vendor-specs/fortnox.json and the traps of facts/vendors.md, sections 3
and 12, and remembers what it served. Only reading is simulated.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from connectors.simulators.clock import VendorClock
from connectors.simulators.fortnox.answers import encoded
from connectors.simulators.fortnox.endpoints import ENDPOINTS, Asked, Endpoint
from connectors.simulators.fortnox.query import Query
from connectors.simulators.fortnox.rate_window import RateLimit
from connectors.simulators.fortnox.records import Company
from connectors.simulators.fortnox.refusals import (
    Refused,
    api_licence_missing,
    licence_missing,
    method_refused,
    no_such_route,
    scope_missing,
    system_error,
    token_missing,
    token_refused,
    too_many_requests,
    unavailable,
)
from connectors.simulators.fortnox.tenant import Tenant
from connectors.simulators.fortnox.traps import Fault, FaultKind, Traps
from connectors.simulators.serving import serving

REQUESTS_KEPT_MAX = 100_000
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_REFUSALS: dict[FaultKind, Callable[[], Refused]] = {
    "system_error": system_error,
    "unavailable": unavailable,
    "token_refused": token_refused,
    "scope_missing": scope_missing,
    "licence_missing": licence_missing,
    "api_licence_missing": api_licence_missing,
}


@dataclass(frozen=True)
class ServedRequest:
    """A request as it was answered; `at_seconds` is when it came, by time.monotonic()."""

    method: str
    path: str
    query: str
    tenant: str  # Empty where the token is nobody's.
    at_seconds: float
    status: int


Observer = Callable[[ServedRequest, Response], None]


class Simulator:
    """Holds the tenants; `observer`, if any, sees each request with its answer."""

    def __init__(
        self,
        *,
        clock: VendorClock | None = None,
        limit: RateLimit | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.clock = clock or VendorClock()
        self.tenants: dict[str, Tenant] = {}
        self.requests: deque[ServedRequest] = deque(maxlen=REQUESTS_KEPT_MAX)
        self._limit = limit or RateLimit()
        self._observer = observer
        self._tokens: dict[str, Tenant] = {}
        self._revoked: set[str] = set()

    def add_tenant(
        self,
        name: str,
        *,
        token: str,
        company: Company | None = None,
        limit: RateLimit | None = None,
    ) -> Tenant:
        tenant = Tenant(name, company or Company(), self.clock, limit or self._limit)
        self.tenants[name] = tenant
        self.accept(token, tenant)
        return tenant

    def accept(self, token: str, tenant: Tenant) -> None:
        """Lets a token in from here on, one that was revoked too."""
        self._tokens[token] = tenant
        self._revoked.discard(token)

    def revoke(self, token: str) -> None:
        self._revoked.add(token)

    def requests_of(self, tenant: Tenant) -> list[ServedRequest]:
        return [request for request in tuple(self.requests) if request.tenant == tenant.name]

    def app(self) -> Starlette:
        routes = [
            Route(path, self._endpoint(endpoint), methods=METHODS)
            for path, endpoint in ENDPOINTS.items()
        ]
        routes.append(Route("/{path:path}", self._endpoint(None), methods=METHODS))
        return Starlette(routes=routes)

    def open_gates(self) -> None:
        """Lets go of every answer that is held."""
        for tenant in self.tenants.values():
            tenant.gate.open()

    def _endpoint(self, endpoint: Endpoint | None) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            at_seconds = time.monotonic()
            tenant = self._tenant_of(request)
            traps = tenant.traps if tenant else Traps()
            try:
                response = await self._answer(tenant, endpoint, request, at_seconds)
            except Refused as refused:
                response = _refusal(refused, traps)
            response.headers["date"] = _http_date(tenant.now() if tenant else self.clock.now())
            self._remember(request, tenant, at_seconds, response)
            return response

        return serve

    async def _answer(
        self, tenant: Tenant | None, endpoint: Endpoint | None, request: Request, at_seconds: float
    ) -> Response:
        token = _token(request)
        if tenant is None or token in self._revoked:
            raise token_refused() if token else token_missing()
        wait_seconds = tenant.window.wait_seconds(at_seconds)
        if wait_seconds:
            raise too_many_requests(math.ceil(wait_seconds))
        await asyncio.sleep(tenant.traps.answer_seconds)
        fault = tenant.next_fault(request.url.path)
        if fault:
            await _meet(fault, tenant)
        if endpoint is None:
            raise no_such_route()
        if request.method not in ("GET", "HEAD"):
            raise method_refused()
        whole = _served(tenant, endpoint, request)
        return _CutResponse(whole) if fault and fault.kind == "cut" else whole

    def _tenant_of(self, request: Request) -> Tenant | None:
        return self._tokens.get(_token(request))

    def _remember(
        self, request: Request, tenant: Tenant | None, at_seconds: float, response: Response
    ) -> None:
        served = ServedRequest(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            tenant=tenant.name if tenant else "",
            at_seconds=at_seconds,
            status=response.status_code,
        )
        self.requests.append(served)
        if self._observer:
            self._observer(served, response)


@contextmanager
def running(simulator: Simulator, *, port: int = 0) -> Iterator[str]:
    """The address of the vendor's API (without /3) while the block runs."""
    with serving(simulator.app(), port=port) as url:
        try:
            yield url
        finally:
            simulator.open_gates()


class _CutResponse(Response):
    """Promises the whole answer and breaks off in the middle of it."""

    def __init__(self, whole: Response) -> None:
        super().__init__(whole.body, whole.status_code, media_type=whole.media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})


async def _meet(fault: Fault, tenant: Tenant) -> None:
    if fault.kind == "held":
        await tenant.gate.passed()
    elif fault.kind == "rate_limited":
        raise too_many_requests(fault.retry_after_seconds)
    elif fault.kind != "cut":
        raise _REFUSALS[fault.kind]()


def _served(tenant: Tenant, endpoint: Endpoint, request: Request) -> Response:
    query = Query(request.query_params.multi_items(), endpoint.parameters)
    root = f"{request.base_url}3"
    asked = Asked(request.path_params, query, root, tenant.traps)
    with tenant.books.lock:
        answer = endpoint.answer(tenant.books, asked)
    if isinstance(answer, bytes):
        return Response(answer, media_type="application/octet-stream")
    body = encoded(answer, numbers_as_strings=tenant.traps.numbers_as_strings)
    return Response(body, media_type="application/json")


def _refusal(refused: Refused, traps: Traps) -> Response:
    if refused.status == 503:
        response = Response(f"<html>{refused.message}</html>", 503, media_type="text/html")
    else:
        body = encoded(refused.document(traps.error_spelling), numbers_as_strings=False)
        response = Response(body, refused.status, media_type="application/json")
    if refused.retry_after_seconds is not None:
        response.headers["retry-after"] = str(refused.retry_after_seconds)
    return response


def _token(request: Request) -> str:
    """The bearer token, or nothing."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
