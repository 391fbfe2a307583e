"""The vendor's error answers: codes from the facts, section 3, statuses mostly inferred.

Codes and their meaning are quoted by clients (softwerkab/fortnox-csharp-api-sdk, issues 46 and 51;
erp-mafia/accounted). Where no source names the HTTP status, the one that fits best stands here, so
a connector should go by the code. The vendor has no published code for a voucher that is not
there and for a year that is not there: they have the one for a bad parameter.
"""

from typing import Literal

from schemas.errors import RejectedError

# capital: as the specification has it. lower: as live answers were quoted. bare: {"message": …}.
ErrorSpelling = Literal["capital", "lower", "bare"]


class Refused(RejectedError):
    """The vendor refuses a request; without a code it was its gateway that refused."""

    reason = "refused_by_simulator"

    def __init__(
        self, status: int, code: int | None, message: str, *, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_seconds = retry_after_seconds

    def document(self, spelling: ErrorSpelling) -> dict[str, object]:
        if spelling == "bare" or self.code is None:
            return {"message": self.message}
        names = ("Error", "Message", "Code")
        if spelling == "lower":
            names = ("error", "message", "code")
        return {"ErrorInformation": dict(zip(names, (1, self.message, self.code), strict=True))}


def token_missing() -> Refused:
    message = "Kan inte logga in, access-token eller client-secret saknas."
    return Refused(401, 2000311, message)


def token_refused() -> Refused:
    return Refused(401, 2000310, "Ogiltig inloggning.")


def scope_missing() -> Refused:
    return Refused(403, 2000663, "Har inte behörighet för scope.")


def licence_missing() -> Refused:
    return Refused(403, 2001101, "Det saknas licens för behörigheten.")


def api_licence_missing() -> Refused:
    return Refused(403, 2001103, "Api-licens saknas.")


def no_such_route() -> Refused:
    return Refused(404, 2000762, "No such route")


def method_refused() -> Refused:
    return Refused(405, None, "Method Not Allowed")


def bad_parameter(name: str) -> Refused:
    return Refused(400, 2000588, f"Felaktig parameter: {name}")


def voucher_missing() -> Refused:
    return Refused(404, 2000588, "Verifikatet kan inte hittas.")


def year_missing() -> Refused:
    return Refused(404, 2000588, "Räkenskapsåret kan inte hittas.")


def system_error() -> Refused:
    return Refused(500, 1000003, "Systemfel.")


def unavailable() -> Refused:
    return Refused(503, None, "Service Unavailable")


def too_many_requests(retry_after_seconds: int) -> Refused:
    return Refused(429, None, "Too Many Requests", retry_after_seconds=retry_after_seconds)
