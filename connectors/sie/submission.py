"""The vouchers of a 4I file, with the identity that they get in the company's books.

Such a file adds vouchers and knows no others. A voucher belongs to the stored fiscal year that
holds its date, else to the file's own, else to its calendar year; where these would overlap a
stored year, to the one that adjoins the stored ones. One without a number gets `~`, 12 hexadecimal
digits of a hash of its content, and `.k` for the k-th equal one in the file: the same file again
brings the same numbers. Whether the ledger has a voucher already, the ledger says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any

import orjson

from connectors.sie.file import SieFile
from connectors.sie.keys import SeenKeys
from connectors.sie.refusals import Sentence, refused
from connectors.sie.vouchers import NO_NUMBER
from schemas.bookkeeping import FiscalYear, SetAsideVoucher
from schemas.known_books import KnownBooks, adjoining, overlapping

HASH_CHARACTERS = 12
# More are a sign of damaged dates; each year costs a pass over the file.
FISCAL_YEARS_MAX = 12
_NOT_CONTENT = frozenset(("fiscal_year", "number", "occurrence"))


@dataclass(frozen=True)
class Submitted:
    """A voucher as it is handed in, or set aside, and the number that it gets by force."""

    fiscal_year: FiscalYear
    document: str | SetAsideVoucher
    spare_number: str = ""


@dataclass
class _Seen:
    """What a pass has seen: equal vouchers without a number, all equal ones, and the numbers."""

    equal: SeenKeys = field(default_factory=SeenKeys)
    all_equal: SeenKeys = field(default_factory=SeenKeys)
    numbered: SeenKeys = field(default_factory=SeenKeys)


class Submission:
    """Every pass over the file gives the same identities. `upload_id` makes spare numbers."""

    def __init__(self, file: SieFile, known: KnownBooks, *, upload_id: str | None = None) -> None:
        self._file = file
        self._known = known
        self._upload_id = upload_id
        self._own_year = file.header().fiscal_year

    def vouchers(self) -> Iterator[Submitted]:
        """All vouchers in the order of the file. Raises UploadRefused."""
        seen = _Seen()
        for document in self._file.documents():
            if isinstance(document, str):
                yield self._submitted(orjson.loads(document), seen)
            else:
                yield self._set_aside(document, seen)

    def fiscal_years(self) -> tuple[FiscalYear, ...]:
        """The years that the vouchers belong to, the oldest first. Raises UploadRefused."""
        found: dict[date, FiscalYear] = {}
        for one in self.vouchers():
            found[one.fiscal_year.first_day] = one.fiscal_year
            if len(found) > FISCAL_YEARS_MAX:
                most = Sentence(str(FISCAL_YEARS_MAX), str(FISCAL_YEARS_MAX))
                raise refused("too_many_years", name=self._file.name, detail=most)
        return tuple(found[first_day] for first_day in sorted(found))

    def _submitted(self, voucher: dict[str, Any], seen: _Seen) -> Submitted:
        year = self._year_of(date.fromisoformat(voucher["voucher_date"]))
        has_number = voucher["number"] not in NO_NUMBER
        occurrence, spare = 1, ""
        if self._upload_id or not has_number:
            content = {name: value for name, value in voucher.items() if name not in _NOT_CONTENT}
            digest = _digest(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))
        if self._upload_id:
            spare = f"{_number(digest, seen.all_equal)}.{self._upload_id}"
        if has_number:
            occurrence = _occurrence(year, voucher["series"], voucher["number"], seen.numbered)
        else:
            voucher["number"] = _number(digest, seen.equal)
        voucher["fiscal_year"] = year.first_day.isoformat()
        if occurrence > 1:
            voucher["occurrence"] = occurrence
        return Submitted(year, orjson.dumps(voucher).decode(), spare)

    def _set_aside(self, voucher: SetAsideVoucher, seen: _Seen) -> Submitted:
        year = self._year_of(voucher.voucher_date or voucher.fiscal_year)
        number, occurrence = voucher.number, 1
        if number in NO_NUMBER:
            number = _number(_digest(voucher.source_text.encode()), seen.equal)
        else:
            occurrence = _occurrence(year, voucher.series, number, seen.numbered)
        identity = {
            "fiscal_year": year.first_day,
            "number": number,
            "occurrence": occurrence,
        }
        return Submitted(year, voucher.model_copy(update=identity))

    def _year_of(self, day: date) -> FiscalYear:
        """Never a year that overlaps a stored one: no whole year would ever replace that."""
        stored = self._known.year_of(day)
        if stored is not None:
            return stored
        calendar_year = FiscalYear(first_day=date(day.year, 1, 1), last_day=date(day.year, 12, 31))
        year = self._own_year or calendar_year
        overlaps = overlapping(self._known.fiscal_years, year) is not None
        return adjoining(self._known.fiscal_years, day) if overlaps else year


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()[:HASH_CHARACTERS]


def _number(digest: str, equal: SeenKeys) -> str:
    return f"~{digest}.{equal.occurrence('', digest)}"


def _occurrence(year: FiscalYear, series: str, number: str, numbered: SeenKeys) -> int:
    return numbered.occurrence(f"{year.first_day} {series}", number)
