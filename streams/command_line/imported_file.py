"""What became of a file of an import: what it holds, and what its run did with that."""

from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from projections.queries.run_state import RunVouchers
from schemas.lifecycle_events import SieType
from schemas.model import Model
from streams.command_line.remarks import Remark, remarks_of, whole_file_remark
from streams.command_line.show import count

if TYPE_CHECKING:  # Commands that only query start without the connectors.
    from connectors.sie.file import Judgement

Status = Literal["completed", "queued", "refused", "failed"]
COUNTED = (
    "vouchers",
    "postings",
    "set_aside",
    "accounts",
    "opening_balances",
    "control_totals",
    "period_balances",
)


class ImportedFile(Model):
    """What was taken is counted by the file, and by the ledger once that has it.

    Nothing is counted of a file that was refused. What a run did is None until it has ended.
    """

    file: str
    status: Status
    reason: str | None = None
    message: str | None = None  # The reason as a sentence.
    run_id: str | None = None
    run_number: int | None = None
    encoding: str | None = None
    sie_type: SieType | None = None
    company_name: str | None = None
    fiscal_year: date | None = None
    vouchers: int = 0
    postings: int = 0
    set_aside: int = 0
    already_present: int = 0  # Of a 4I file: what the ledger had before.
    created: int | None = None
    changed: int | None = None
    removed: int | None = None
    unchanged: int | None = None
    accounts: int = 0
    opening_balances: int = 0
    control_totals: int = 0
    period_balances: int = 0  # Monthly balances and budgets.
    # Of a whole year: whether its own totals agree with what is booked.
    verification: Literal["verified", "differs", "unverified"] | None = None
    differing_accounts: int | None = None
    warnings: tuple[Remark, ...] = ()
    remark_count: int = Field(default=0, exclude=True)  # Warnings and errors, kept or not.

    @property
    def remarks(self) -> list[Remark]:
        """The warnings that deserve a look."""
        return [warning for warning in self.warnings if warning.severity != "information"]

    @property
    def has_vouchers(self) -> bool:
        """Whether files of its type bring any; of a file that is unreadable nobody knows."""
        return self.sie_type not in ("1", "2", "3")

    def judged(self, judgement: "Judgement", language: str) -> "ImportedFile":
        """With what the file says of itself."""
        severities = judgement.severities
        return self.model_copy(
            update={
                "encoding": judgement.encoding,
                "sie_type": judgement.sie_type,
                "company_name": judgement.company_name,
                "fiscal_year": judgement.fiscal_year and judgement.fiscal_year.first_day,
                "warnings": self.warnings + remarks_of(judgement, language),
                "remark_count": len(self.warnings)
                + sum(severities.values())
                - severities.get("information", 0),
            }
        )

    def remarked(self, code: str, language: str, **facts: object) -> "ImportedFile":
        """With one more warning, of the file as a whole."""
        remark = whole_file_remark(code, language, **facts)
        update = {"warnings": (*self.warnings, remark), "remark_count": self.remark_count + 1}
        return self.model_copy(update=update)

    def queued(self, run_id: str, judgement: "Judgement") -> "ImportedFile":
        """Taken by the company: what the file holds is what its run will publish."""
        counted = {name: getattr(judgement, name) for name in COUNTED}
        return self.model_copy(update={"status": "queued", "run_id": run_id, **counted})

    def completed(self, read: RunVouchers, language: str) -> "ImportedFile":
        """With what the ledger has counted; a file that only adds tells what it did not add."""
        done: dict[str, object] = {
            "status": "completed",
            "set_aside": read.set_aside,
            "created": read.created,
            "changed": read.changed,
            "removed": read.removed,
            "unchanged": read.unchanged,
        }
        if self.sie_type == "4I":
            return self._added(read, done, language)
        done["vouchers"] = read.created + read.changed + read.unchanged
        if self.sie_type == "4E":
            done["verification"] = read.proof or "unverified"
            done["differing_accounts"] = read.differing_accounts if read.proof else None
        return self.model_copy(update=done)

    def _added(self, read: RunVouchers, done: dict[str, object], language: str) -> "ImportedFile":
        done |= {
            "vouchers": read.created,
            "postings": read.postings_added,
            "already_present": read.unchanged,
        }
        told = {
            "already_present": read.unchanged,
            "number_taken": read.set_aside - self.set_aside,
        }
        result = self.model_copy(update=done)
        for code, number in told.items():
            if number:
                result = result.remarked(code, language, count=count(number, language))
        return result

    def ended(self, status: Status, reason: str, message: str) -> "ImportedFile":
        """With why there is no more of it; what did not get through counts nowhere."""
        update: dict[str, object] = {"status": status, "reason": reason, "message": message}
        if status != "queued":
            update |= dict.fromkeys(COUNTED, 0)
        return self.model_copy(update=update)
