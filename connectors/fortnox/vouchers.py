"""The vouchers of a fiscal year at Fortnox: all of them by one SIE file, or one by one."""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple
from urllib.parse import quote

import orjson

from connectors.fortnox.client import FortnoxClient
from connectors.fortnox.refusals import FortnoxFailing, FortnoxRefused
from connectors.fortnox.spelling import as_code
from connectors.fortnox.voucher_form import from_json, from_sie
from connectors.protocol import Page
from connectors.sie.file import SieFile
from connectors.sie.paging import pages_of_rows, voucher_pages
from connectors.sie.totals_check import sums_up_to
from schemas.bookkeeping import FiscalYear, SetAsideReason, SetAsideVoucher
from schemas.errors import ReconnectRequired, SourceRefused, UploadRefused
from schemas.ledger_events import ControlTotalsObserved
from schemas.limits import NUMBER_CHARACTERS_MAX, SERIES_CHARACTERS_MAX, TEXT_CHARACTERS_MAX

_EXPORT = "sie/4"
_NO_LETTER = "?"  # What an older encoding writes for a letter that it lacks.
_UNREADABLE: SetAsideReason = "unreadable"
Document = str | SetAsideVoucher


class _Key(NamedTuple):
    series: str
    number: str


class YearOfVouchers:
    """The vouchers of one year."""

    def __init__(self, client: FortnoxClient, year: FiscalYear) -> None:
        assert year.source_id is not None, "a year of Fortnox has its Id"
        self._client = client
        self._first_day = year.first_day
        self._id = year.source_id

    def whole(self) -> Iterator[Page]:
        """All of them, and the totals that prove them where the year's export can be had."""
        with TemporaryFile() as file:
            export = self._exported(file)
            if export is None:
                yield from voucher_pages(self._one_by_one({}))
                return
            yield from voucher_pages(self._of_export(export))
            header = export.header()
            for totals in pages_of_rows(header.control_totals):
                proof = {"up_to": sums_up_to(header), "totals": totals}
                yield Page(ControlTotalsObserved, {"fiscal_year": self._first_day, **proof})

    def changed(self, since: str) -> Iterator[Page]:
        """Those that were added or changed since a time of the source's wall clock."""
        yield from voucher_pages(self._one_by_one({"lastmodified": since}))

    def _exported(self, file: BinaryIO) -> SieFile | None:
        """The year's export, judged whole; None where it fails, is refused, or is no use."""
        export = SieFile(file, name=_EXPORT)
        try:
            self._client.download(_EXPORT, file, financialyear=self._id)
            export.judge()
        except (FortnoxFailing, FortnoxRefused, UploadRefused):
            return None
        except ReconnectRequired as error:
            if error.code == "invalid_login":
                raise
            return None  # The licence may be for vouchers, and not for their export.
        year = export.header().fiscal_year
        return export if year and year.first_day == self._first_day else None

    def _of_export(self, export: SieFile) -> Iterator[Document]:
        """Where the export's encoding may have cost a letter, the voucher is read by itself: else
        it would seem to have changed whenever it comes the other way."""
        has_all_letters = export.header().encoding == "utf-8"
        for document in export.documents():
            if isinstance(document, SetAsideVoucher):
                yield document
            elif has_all_letters or _NO_LETTER not in document:
                yield from_sie(document)
            else:
                told = orjson.loads(document)
                yield self._by_itself_or(document, _Key(told["series"], told["number"]))

    def _by_itself_or(self, document: str, key: _Key) -> Document:
        try:
            return self._by_itself(key) or from_sie(document)
        except SourceRefused:
            return from_sie(document)

    def _one_by_one(self, filters: dict[str, str]) -> Iterator[Document]:
        """Those that a list names; one that is not there must be gone from the list, too.

        Where one is gone, another may have moved into its place and been passed over. One that is
        listed and cannot be had is set aside: it is no deletion, and does not hold up the others.
        """
        listed, missing = self._listed(filters), set[_Key]()
        for key in listed:
            voucher = self._by_itself_or_set_aside(key)
            if voucher is None:
                missing.add(key)
            else:
                yield voucher
        if not missing:
            return
        listed_again = self._listed(filters)
        for key in sorted(missing.intersection(listed_again)):
            yield self._unreadable(key, "it is listed and not shown")
        for key in sorted(set(listed_again).difference(listed)):
            voucher = self._by_itself_or_set_aside(key)
            if voucher is not None:  # Else it has come and gone.
                yield voucher

    def _listed(self, filters: dict[str, str]) -> list[_Key]:
        """The vouchers that a list names, as far as they belong to this year themselves."""
        names = ("Vouchers", "VoucherSeries", "VoucherNumber", "Year")
        rows = self._client.listed("vouchers", *names, financialyear=self._id, **filters)
        return [
            _Key(as_code(row["VoucherSeries"]), as_code(row["VoucherNumber"]))
            for row in rows
            if as_code(row["Year"]) == self._id
        ]

    def _by_itself_or_set_aside(self, key: _Key) -> Document | None:
        try:
            return self._by_itself(key)
        except SourceRefused as error:
            return self._unreadable(key, error.detail)

    def _unreadable(self, key: _Key, detail: str) -> SetAsideVoucher:
        return SetAsideVoucher(
            fiscal_year=self._first_day,
            series=key.series[:SERIES_CHARACTERS_MAX],
            number=key.number[:NUMBER_CHARACTERS_MAX],
            reason=_UNREADABLE,
            detail=detail[:TEXT_CHARACTERS_MAX],
        )

    def _by_itself(self, key: _Key) -> Document | None:
        """A voucher with its rows; None where it is not there. Raises SourceRefused."""
        path = f"vouchers/{quote(key.series, safe='')}/{quote(key.number, safe='')}"
        try:
            answer = self._client.get(path, financialyear=self._id)
        except FortnoxRefused as error:
            if error.is_not_there:
                return None
            raise
        return from_json(answer.object("Voucher"), answer.body, self._first_day)
