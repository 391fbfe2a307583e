"""How numbers and texts of Fortnox are written, whether they came as JSON or in an SIE file."""

import re
from decimal import Decimal

from connectors.sie.amounts import OutsideLimits, Unreadable
from schemas.errors import SourceRefused
from schemas.limits import replace_forbidden
from schemas.sources import FORTNOX

# An exponent beyond these would write more zeros than any amount has digits.
_EXPONENT_MAX = 40
_BLANKS = re.compile("[\x00-\x20\x7f]+")


def as_text(value: object) -> str:
    """A text, or the digits of a number; nothing is an empty text. Raises SourceRefused."""
    match value:
        case None:
            return ""
        case str() | int() | Decimal():
            return str(value)
    kind = type(value).__name__
    raise SourceRefused(FORTNOX.name, f"it has a {kind} where a text or a number belongs")


def as_code(value: object) -> str:
    """A number or code, as PostgreSQL can hold it. Raises SourceRefused."""
    return replace_forbidden(as_text(value))


def as_amount_text(value: object) -> str:
    """A JSON number or string as digits; nothing is zero. Raises Unreadable or OutsideLimits."""
    match value:
        case None | "":
            return "0"
        case str():
            return replace_forbidden(value).strip()
        case bool():
            raise Unreadable(str(value))
        case int():
            return str(value)
        case Decimal():
            digits, exponent = value.adjusted(), value.as_tuple().exponent
            if digits > _EXPONENT_MAX or int(exponent) < -_EXPONENT_MAX:
                raise OutsideLimits(str(value))
            return f"{value:f}"
    raise Unreadable(type(value).__name__)  # It may be nested too deeply to be written out.


def one_line(text: str) -> str:
    """A text as an SIE file can hold it too: no control characters, and no blanks but single ones
    between words."""
    return replace_forbidden(_BLANKS.sub(" ", text)).strip(" ")
