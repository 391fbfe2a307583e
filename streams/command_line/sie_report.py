"""What `bokflow sie` tells of a file: its facts, what is not well, and whether its totals agree."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from schemas.bookkeeping import FiscalYear
from schemas.lifecycle_events import SieType
from schemas.model import Model
from streams.command_line.remarks import Remark, remarks_of

if TYPE_CHECKING:  # Commands that only query start without the connectors.
    from connectors.sie.file import Judgement, SieFile


class Refusal(Model):
    code: str
    message: str


class DifferingTotal(Model):
    """An account whose closing balance or result is not what balances and vouchers give."""

    account: str
    kind: Literal["closing", "result"]
    expected: Decimal  # What the file states.
    actual: Decimal


class Counts(Model):
    accounts: int
    dimensions: int
    objects: int
    opening_balances: int
    period_balances: int
    control_totals: int
    vouchers: int
    postings: int
    set_aside: int


class SieFacts(Model):
    """What the file says of itself."""

    sie_type: SieType
    encoding: str
    program: str
    generated_on: date | None
    company_name: str
    organisation_number: str
    currency: str
    fiscal_year: FiscalYear | None
    balances_up_to: date | None


class SeverityRemark(Remark):
    """A remark that also says how serious it is."""

    severity: Literal["information", "warning", "error"]


class SieReport(Model):
    """A file that was refused has no facts; `remarks` are the first ones, the counts are of all."""

    file: str
    refusal: Refusal | None = None
    facts: SieFacts | None = None
    counts: Counts | None = None
    totals: Literal["agree", "differ", "none"] = "none"
    differences: tuple[DifferingTotal, ...] = ()
    remarks: tuple[SeverityRemark, ...] = ()
    remark_counts: dict[str, int] = Field(default_factory=dict)  # By code.
    severity_counts: dict[str, int] = Field(default_factory=dict)  # Of all remarks, too.

    @property
    def remark_count(self) -> int:
        """The remarks that deserve a look: all but information."""
        return sum(self.severity_counts.values()) - self.severity_counts.get("information", 0)

    def has_failed(self, *, strict: bool) -> bool:
        """Whether the file is not well: refused, or with an error; if strict, with a warning."""
        if self.refusal is not None:
            return True
        if strict and (self.remark_count or self.totals == "differ"):
            return True
        return self.severity_counts.get("error", 0) > 0


def report_of(file: str, sie_file: "SieFile", language: str) -> SieReport:
    """Reads the whole file. Raises UploadRefused."""
    judgement = sie_file.judge()
    agree = judgement.totals_agree
    return SieReport(
        file=file,
        facts=_facts(judgement),
        counts=Counts(**{name: getattr(judgement, name) for name in Counts.model_fields}),
        totals="none" if agree is None else "agree" if agree else "differ",
        differences=tuple(
            DifferingTotal(
                account=one.account, kind=one.kind, expected=one.expected, actual=one.actual
            )
            for one in judgement.differences
        ),
        remarks=tuple(
            SeverityRemark.model_validate(dict(remark))
            for remark in remarks_of(judgement, language)
        ),
        remark_counts=judgement.remark_counts,
        severity_counts={str(name): count for name, count in judgement.severities.items()},
    )


def refused_report(file: str, code: str, message: str) -> SieReport:
    return SieReport(file=file, refusal=Refusal(code=code, message=message))


def _facts(judgement: "Judgement") -> SieFacts:
    names = SieFacts.model_fields
    return SieFacts.model_validate({name: getattr(judgement, name) for name in names})
