"""What a read did to the rows of the ledger."""

from dataclasses import dataclass


@dataclass
class Counts:
    created: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    set_aside: int = 0

    def add(self, other: "Counts") -> None:
        self.created += other.created
        self.changed += other.changed
        self.removed += other.removed
        self.unchanged += other.unchanged
        self.set_aside += other.set_aside


RoundCounts = dict[str, Counts]  # Per company: a round has at most one segment of each.
