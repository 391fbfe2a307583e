"""The rows that a batch of lifecycle events finds, and as it is to leave them."""

from dataclasses import dataclass, field, replace
from typing import Any

from projections.status.rows import CompanyStatus, PartStatus, Purge, SieUpload, SyncRun


@dataclass
class State:
    """The rows that the batch's companies have, and after the fold are to have."""

    companies: dict[str, CompanyStatus] = field(default_factory=dict)
    parts: dict[tuple[str, str], PartStatus] = field(default_factory=dict)
    runs: dict[str, SyncRun] = field(default_factory=dict)
    uploads: dict[str, SieUpload] = field(default_factory=dict)
    purges: dict[tuple[str, int], Purge] = field(default_factory=dict)
    # The last event of companies that were removed: what came before it is not taken again.
    removed: dict[str, int] = field(default_factory=dict)
    # Companies of which every stored row goes, before those above are written.
    forgotten: set[str] = field(default_factory=set)

    def sequence_of(self, company_id: str) -> int:
        """The last event of the company that has been applied; 0 before the first."""
        known = self.companies.get(company_id)
        return known.sequence if known else self.removed.get(company_id, 0)

    def change(self, company_id: str, /, **fields: Any) -> None:
        self.companies[company_id] = replace(self.companies[company_id], **fields)

    def change_run(self, run_id: str, /, **fields: Any) -> None:
        """A run that is not known is left alone: its company has been removed meanwhile."""
        if run_id in self.runs:
            self.runs[run_id] = replace(self.runs[run_id], **fields)

    def note_open(self, company_id: str) -> None:
        """The run that has waited longest for its end, since when, and whether one is stalled."""
        waiting = [
            run
            for run in self.runs.values()
            if run.company_id == company_id and run.finished_at is None
        ]
        oldest = min(waiting, key=lambda run: (run.queued_at, run.run_id), default=None)
        self.change(
            company_id,
            open_run_id=oldest.run_id if oldest else None,
            open_since=oldest.queued_at if oldest else None,
            is_stalled=any(run.state == "stalled" for run in waiting),
        )
