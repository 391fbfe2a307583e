"""What becomes of vouchers that a subsystem hands in to be added, given what is stored. Pure.

Compared are all vouchers that have the same number in their fiscal year and series, since one
number may stand for several (occurrences). One of equal content: it is there already, and stays;
where the user insists, the new one is added under its spare number. Only others: the number is
taken, and the voucher is set aside. None, or only what this run has brought: it is added.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from projections.ledger.voucher_diff import (
    Key,
    Seen,
    SeenAside,
    SeenSubmitted,
    SeenVouchers,
    key_of,
)
from schemas.bookkeeping import SetAsideReason, SetAsideVoucher, Voucher
from schemas.limits import SET_ASIDE_SOURCE_BYTES_MAX

# Of the numbers of those keys, whatever the occurrence; `brought`: created by the run itself.
STORED = """
    SELECT DISTINCT voucher.company_id, voucher.fiscal_year, voucher.series, voucher.number,
        voucher.occurrence, digest, seen_run, seen_attempt, EXISTS (
            SELECT FROM voucher_change AS change
            WHERE change.company_id = voucher.company_id AND change.run_number = key.run_number
                AND change.fiscal_year = voucher.fiscal_year AND change.series = voucher.series
                AND change.number = voucher.number AND change.occurrence = voucher.occurrence
                AND old_digest IS NULL) AS brought
    FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::integer[])
        AS key (company_id, fiscal_year, series, number, run_number)
    JOIN voucher USING (company_id, fiscal_year, series, number)
"""
NUMBER_TAKEN: SetAsideReason = "number_taken"
NumberKey = tuple[str, date, str, str]  # Company, fiscal year, series, number.


@dataclass(frozen=True)
class Holder:
    """A voucher that has a number, stored or added before in the round."""

    digest: bytes
    seen_by: tuple[int, int] | None  # The last run and attempt that saw it.
    brought: bool  # By this run.


Holders = dict[NumberKey, dict[int, Holder]]  # By number, then by occurrence.


def number_keys(seen: SeenVouchers) -> list[tuple[Any, ...]]:
    """The numbers of the submitted vouchers, each with the run that brings it."""
    return sorted({(*key[:4], one.seen.segment.run_number) for key, one in seen.submitted.items()})


def settle(seen: SeenVouchers, stored: Mapping[NumberKey, Mapping[int, Holder]]) -> None:
    """Puts each submitted voucher among the good ones, or sets it aside, in their order."""
    holders: Holders = defaultdict(dict)
    for number, held in stored.items():
        holders[number] = dict(held)
    for key, one in seen.submitted.items():
        _settle_one(seen, key, one, holders[key[:4]])


def _settle_one(seen: SeenVouchers, key: Key, one: SeenSubmitted, held: dict[int, Holder]) -> None:
    stamp = (one.seen.segment.run_number, one.seen.segment.attempt)
    equal = _equal(one, held, stamp)
    if equal is None:
        if any(not holder.brought for holder in held.values()):
            seen.set_aside(key, _taken(one))
            return
        seen.take(key, one.seen, order=one.order)
        held[key[4]] = Holder(one.seen.digest, stamp, brought=True)
        return
    there, holder = equal
    if one.spare_number and not holder.brought:
        spare = _as(one.seen, number=one.spare_number, occurrence=1)
        seen.take(key_of(key[0], spare.voucher), spare, order=one.order)
        return
    present = _as(one.seen, number=key[3], occurrence=there)
    present_key = key_of(key[0], present.voucher)
    if holder.brought:
        seen.take(present_key, present, order=one.order)
    else:  # Another that was set aside under its key is as wrong as before.
        seen.good[present_key] = present
        seen.present.add(present_key)
    held[there] = Holder(holder.digest, stamp, holder.brought)


def _equal(
    one: SeenSubmitted, held: dict[int, Holder], stamp: tuple[int, int]
) -> tuple[int, Holder] | None:
    """A holder of equal content that no other voucher of this read has met, and its occurrence.

    A voucher that gets a spare number leaves what it met as it was: the next one may meet it too.
    """
    for occurrence, holder in sorted(held.items()):
        is_met = holder.seen_by == stamp and not one.spare_number
        if is_met and occurrence != one.seen.voucher.occurrence:
            continue
        if holder.digest == _as(one.seen, number=None, occurrence=occurrence).digest:
            return occurrence, holder
    return None


def _as(seen: Seen, *, number: str | None, occurrence: int) -> Seen:
    """The voucher under another number or occurrence; None leaves the number as it is."""
    voucher = seen.voucher
    number = voucher.number if number is None else number
    if (number, occurrence) == (voucher.number, voucher.occurrence):
        return seen
    fields = {name: getattr(voucher, name) for name in Voucher.model_fields}
    voucher = Voucher.model_validate(fields | {"number": number, "occurrence": occurrence})
    return Seen(voucher, voucher.digest, seen.segment, seen.occurred_at)


def _taken(one: SeenSubmitted) -> SeenAside:
    voucher = one.seen.voucher
    content = voucher.model_dump_json(exclude_defaults=True).encode()[:SET_ASIDE_SOURCE_BYTES_MAX]
    aside = SetAsideVoucher(
        fiscal_year=voucher.fiscal_year,
        series=voucher.series,
        number=voucher.number,
        occurrence=voucher.occurrence,
        reason=NUMBER_TAKEN,
        voucher_date=voucher.voucher_date,
        source_text=content.decode("utf-8", "ignore"),
    )
    return SeenAside(aside, one.seen.segment, order=one.order, is_another=True)
