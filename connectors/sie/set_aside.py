"""A voucher that cannot be booked: neither repaired nor dropped in silence."""

from connectors.sie.amounts import ORE_MAX, amount_of
from connectors.sie.draft import Draft, Fields
from schemas.bookkeeping import SetAsideReason, SetAsideVoucher
from schemas.limits import SET_ASIDE_SOURCE_BYTES_MAX, VOUCHER_BYTES_MAX

# Source below this cannot become a document above VOUCHER_BYTES_MAX.
_SMALL_SOURCE_CHARACTERS = 256 * 1024
# Where rows could not be read, their sum says nothing.
_REASONS_WITH_DIFFERENCE: tuple[SetAsideReason, ...] = ("unbalanced", "too_large", "voucher_date")


def check_size(draft: Draft, document: str) -> None:
    """Sets a voucher aside that no message could carry."""
    if draft.source_characters <= _SMALL_SOURCE_CHARACTERS:
        return
    size_bytes = len(document.encode())
    if size_bytes > VOUCHER_BYTES_MAX:
        draft.fail("too_large", f"{size_bytes} > {VOUCHER_BYTES_MAX}")


def set_aside_voucher(draft: Draft, fields: Fields) -> SetAsideVoucher:
    """The voucher with its reason and its source's own text; the remark that tells of it."""
    problem = draft.problem
    assert problem is not None, "only a voucher with a problem is set aside"
    series, number = fields["series"], fields["number"]
    known = problem.reason in _REASONS_WITH_DIFFERENCE and abs(draft.total_ore) <= ORE_MAX
    difference = amount_of(draft.total_ore) if known and draft.total_ore else None
    draft.remark(
        f"set_aside_{problem.reason}",
        draft.line,
        series=series,
        number=number,
        difference=difference or "?",
        detail=problem.detail,
    )
    return SetAsideVoucher.model_validate(
        {
            "fiscal_year": fields["fiscal_year"],
            "series": series,
            "number": number,
            "occurrence": fields.get("occurrence", 1),
            "reason": problem.reason,
            "detail": problem.detail,
            "voucher_date": fields["voucher_date"],
            "difference": difference,
            "source_text": cut_source_text("\n".join(draft.source)),
        }
    )


def cut_source_text(text: str) -> str:
    """At most SET_ASIDE_SOURCE_BYTES_MAX bytes of UTF-8, and only whole characters."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= SET_ASIDE_SOURCE_BYTES_MAX:
        return text
    return encoded[:SET_ASIDE_SOURCE_BYTES_MAX].decode("utf-8", "ignore")
