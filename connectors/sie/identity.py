"""The records that say whose bookkeeping it is, of which years, and who wrote the file."""

import re
from datetime import date

from connectors.sie.amounts import Unreadable, read_date
from connectors.sie.diagnostics import Diagnostics
from connectors.sie.fields import Record
from connectors.sie.header import CURRENCY_DEFAULT, normalised_organisation_number
from schemas.bookkeeping import FiscalYear
from schemas.limits import TEXT_CHARACTERS_MAX

_CHARACTERS_MAX = {"#ORGNR": 32}
FISCAL_YEAR_MONTHS_MAX = 18
_ONCE = ("#SIETYP",)
_DECISIVE = ("#ORGNR", "#RAR", "#VALUTA")  # Of which company and year a file is.
_CURRENCY = re.compile("[A-Z]{3}")
_TAX_YEAR = re.compile("[0-9]{4}")


def months_of(year: FiscalYear) -> int:
    """The calendar months that a fiscal year touches."""
    first, last = year.first_day, year.last_day
    return (last.year - first.year) * 12 + last.month - first.month + 1


class Identity:
    """Collects #FNAMN, #ORGNR, #RAR and what stands beside them; the first of each label counts."""

    LABELS = frozenset(
        "#FLAGGA #SIETYP #PROGRAM #GEN #FNAMN #ORGNR #PROSA #RAR #TAXAR #OMFATTN #VALUTA".split()
    )

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._texts: dict[str, str] = {}
        self._dates: dict[str, date | None] = {}
        self.fiscal_years: dict[int, FiscalYear] = {}
        # What tells whose file it is, and stands there twice with other content.
        self.contradictions: set[str] = set()

    @property
    def sie_type(self) -> str:
        return self._texts.get("#SIETYP", "")

    @property
    def company_name(self) -> str:
        return self._texts.get("#FNAMN", "")

    @property
    def organisation_number(self) -> str:
        return self._texts.get("#ORGNR", "")

    @property
    def program(self) -> str:
        return self._texts.get("#PROGRAM", "")

    @property
    def currency(self) -> str:
        return self._texts.get("#VALUTA", CURRENCY_DEFAULT)

    @property
    def currency_is_stated(self) -> bool:
        return "#VALUTA" in self._texts

    @property
    def generated_on(self) -> date | None:
        return self._dates.get("#GEN")

    @property
    def balances_up_to(self) -> date | None:
        return self._dates.get("#OMFATTN")

    def take(self, record: Record, line: int) -> None:
        match record.label:
            case "#RAR":
                self._take_fiscal_year(record, line)
            case "#GEN" | "#OMFATTN":
                self._dates.setdefault(record.label, self._read_date(record, line))
            case "#VALUTA":
                self._take_currency(record, line)
            case "#TAXAR":
                if not _TAX_YEAR.fullmatch(record.text(0)):
                    text = record.joined(0)
                    self._diagnostics.add(
                        "record_ignored", line=line, label=record.label, text=text
                    )
            case "#FNAMN" | "#PROSA":
                if len(record.fields) > 1:
                    self._diagnostics.add("name_unquoted", line=line, label=record.label)
                self._take_text(record, record.joined(0), line)
            case "#PROGRAM":
                self._take_text(record, record.joined(0), line)
            case "#FLAGGA":
                if record.text(0) == "1":
                    self._diagnostics.add("already_read", line=line)
            case _:
                self._take_text(record, record.text(0), line)

    def _take_text(self, record: Record, text: str, line: int) -> None:
        most = _CHARACTERS_MAX.get(record.label, TEXT_CHARACTERS_MAX)
        kept = self._diagnostics.cut(text.strip(), most, line=line, label=record.label)
        first = self._texts.setdefault(record.label, kept)
        if record.label == "#ORGNR":
            self._compare(record, line, _number_in(first), _number_in(kept))
        elif record.label in _ONCE:
            self._compare(record, line, first, kept)

    def _compare(self, record: Record, line: int, first: object, other: object) -> None:
        """Tells of a record that stands there again, and says something else."""
        if first != other:
            text = record.joined(0)
            self._diagnostics.add("stands_twice", line=line, label=record.label, text=text)
            if record.label in _DECISIVE:
                self.contradictions.add(record.label)

    def _take_fiscal_year(self, record: Record, line: int) -> None:
        try:
            index = int(record.text(0))
            first, last = read_date(record.text(1)), read_date(record.text(2))
            year = FiscalYear(first_day=first, last_day=last)
        except (ValueError, Unreadable):
            self._diagnostics.add("fiscal_year_unreadable", line=line, text=record.joined(0))
            return
        months = months_of(year)
        if months > FISCAL_YEAR_MONTHS_MAX:
            self._diagnostics.add("fiscal_year_long", line=line, months=months)
        known = self.fiscal_years.setdefault(index, year)
        if index == 0:
            self._compare(record, line, known, year)

    def _take_currency(self, record: Record, line: int) -> None:
        currency = record.text(0).strip().upper()
        if _CURRENCY.fullmatch(currency):
            self._compare(record, line, self._texts.setdefault(record.label, currency), currency)
        else:
            self._diagnostics.add("currency_unreadable", line=line, text=currency)

    def _read_date(self, record: Record, line: int) -> date | None:
        text = record.text(0).strip()
        try:
            return read_date(text)
        except Unreadable:
            if text:
                self._diagnostics.add(
                    "header_date_unreadable", line=line, label=record.label, text=text
                )
            return None


def _number_in(text: str) -> str:
    return normalised_organisation_number(text) or text
