"""Checks what a simulator is asked and answers against the vendor's own specification.

The specification is made strict first: an answer has no field, and a request no parameter, that is
not declared. Where it is known to be wrong it is mended, each place by name and with the reason.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from starlette.responses import Response

from connectors.simulators.fortnox.server import ServedRequest

SPECIFICATION = Path(__file__).parents[5] / "shared" / "vendor-specs" / "fortnox.json"
HOST = "https://api.fortnox.se"
Specification = dict[str, Any]

LISTS = (
    "AccountListItem_Wrap",
    "CostCenter_List",
    "FinancialYear_WrapList",
    "ProjectListItem_List",
    "VoucherListItem_List",
    "VoucherSeriesListItem_List",
)
INTEGER = {"type": "integer"}
TEXT = {"type": "string"}
MINUTE = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d$"}
DAY = {"type": "string", "format": "date"}
PAGED = ("accounts", "costcenters", "financialyears", "projects", "voucherseries")
VOUCHER_LISTS = ("vouchers", "vouchers/sublist/{VoucherSeries}")


def declare_paging(specification: Specification) -> None:
    """The page "Parameters" has `page` and `limit` for every list; the specification has none."""
    for path in (*PAGED, *VOUCHER_LISTS):
        _declare(specification, path, page=INTEGER, limit=INTEGER)
    meta = {"type": "object", "properties": dict.fromkeys(META_NAMES, INTEGER)}
    for name in LISTS:
        _schema(specification, name)["properties"]["MetaInformation"] = meta


def declare_filters(specification: Specification) -> None:
    """The same page has these filters for every resource; `lastmodified` stands at accounts only.

    Airbyte's connector uses `lastmodified` on vouchers and calls it undocumented.
    """
    for path in ("accounts", "voucherseries", "vouchers/{VoucherSeries}/{VoucherNumber}"):
        _declare(specification, path, financialyear=INTEGER, financialyeardate=DAY)
    for path in VOUCHER_LISTS:
        _declare(
            specification,
            path,
            financialyeardate=DAY,
            fromdate=DAY,
            todate=DAY,
            lastmodified=MINUTE,
        )


def declare_lower_case(specification: Specification) -> None:
    """Names "must be lower case" (the same page): `Date` and `financialYear` are declared."""
    _declare(specification, "financialyears", date=DAY)
    _declare(specification, "sie/{Type}", financialyear=INTEGER, financialyeardate=DAY)


def declare_sie_body(specification: Specification) -> None:
    """SIE is declared as 204 without a body, and is a file (accounted, sie-fetcher.ts)."""
    file = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    responses = specification["paths"]["/3/sie/{Type}"]["get"]["responses"]
    responses["200"] = {"description": "the file", "content": file}


def declare_error_spellings(specification: Specification) -> None:
    """Clients quote lower-case names, and `{"message"}` alone (softwerkab, ErrorHandler.cs)."""
    _schema(specification, "ErrorInformationWrap")["properties"]["message"] = TEXT
    information = _schema(specification, "ErrorInformationWrap_ErrorInformation")["properties"]
    information |= {"error": INTEGER, "message": TEXT, "code": INTEGER}


META_NAMES = ("@TotalResources", "@TotalPages", "@CurrentPage")
MENDED: tuple[Callable[[Specification], None], ...] = (
    declare_paging,
    declare_filters,
    declare_lower_case,
    declare_sie_body,
    declare_error_spellings,
)
# A 503 comes from a gateway before the vendor, as HTML; a route that is not there is in no
# specification, and neither is a method that is not simulated.
UNSPECIFIED_STATUSES = (503,)


class Contract:
    """Sees each exchange of a simulator, and keeps what is against the specification."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.checked = 0
        specification = json.loads(SPECIFICATION.read_bytes())
        for mend in MENDED:
            mend(specification)
        for schema in specification["components"]["schemas"].values():
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)
        # The file is the vendor's: whether it is itself a good OpenAPI document is not asked.
        self._openapi = OpenAPI.from_dict(specification, config=Config(spec_validator_cls=None))
        self._operations = specification["paths"]

    def check(self, served: ServedRequest, response: Response) -> None:
        if served.status in UNSPECIFIED_STATUSES or self._declared(served) is None:
            return
        self.checked += 1
        asked = MockRequest(HOST, served.method.lower(), served.path, args=_arguments(served))
        answered = MockResponse(
            data=bytes(response.body),
            status_code=served.status,
            content_type=str(response.media_type),
        )
        for complaint in self._complaints(served, asked, answered):
            self.complaints.append(f"{served.path}?{served.query}: {complaint}")

    def _complaints(
        self, served: ServedRequest, asked: MockRequest, answered: MockResponse
    ) -> Iterator[str]:
        if served.status == 200:  # A request that is refused may be a wrong one.
            yield from (
                f"{name} is not declared"
                for name in _arguments(served).keys() - self._names(served)
            )
            try:
                self._openapi.validate_request(asked)
            except OpenAPIError as error:
                yield f"request: {error!r} {error.__cause__!r}"
        try:
            self._openapi.validate_response(asked, answered)
        except OpenAPIError as error:
            yield f"answer: {error!r} {error.__cause__!r}"

    def _names(self, served: ServedRequest) -> set[str]:
        parameters = self._declared(served)
        assert parameters is not None, "only what is declared is checked"
        return {parameter["name"] for parameter in parameters if parameter["in"] == "query"}

    def _declared(self, served: ServedRequest) -> list[dict[str, Any]] | None:
        """The parameters of the operation, or None where there is no such operation."""
        for path, operations in self._operations.items():
            if served.method.lower() in operations and _matches(path, served.path):
                parameters: list[dict[str, Any]] = operations[served.method.lower()].get(
                    "parameters", []
                )
                return parameters
        return None


def _matches(template: str, path: str) -> bool:
    parts, found = template.split("/"), path.split("/")
    return len(parts) == len(found) and all(
        part == there or part.startswith("{") for part, there in zip(parts, found, strict=True)
    )


def _arguments(served: ServedRequest) -> dict[str, list[str]]:
    return parse_qs(served.query, keep_blank_values=True)


def _declare(specification: Specification, path: str, **parameters: dict[str, Any]) -> None:
    declared = specification["paths"][f"/3/{path}"]["get"].setdefault("parameters", [])
    there = {parameter["name"] for parameter in declared}
    declared.extend(
        {"in": "query", "name": name, "schema": schema}
        for name, schema in parameters.items()
        if name not in there
    )


def _schema(specification: Specification, name: str) -> Specification:
    schema: Specification = specification["components"]["schemas"][f"fortnox_{name}"]
    return schema
