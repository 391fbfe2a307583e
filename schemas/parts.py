"""The parts of a company's bookkeeping, and the reads by which a run fetches them."""

from datetime import date
from typing import Literal, Self, get_args

from schemas.model import Model

Part = Literal["company", "fiscal_years", "accounts", "dimensions", "opening_balances", "vouchers"]
PARTS: tuple[Part, ...] = get_args(Part)


class Scope(Model):
    """What a sync is limited to: all parts and all fiscal years by default."""

    parts: tuple[Part, ...] = PARTS
    fiscal_years: tuple[date, ...] | None = None  # First days; None is all of them.


class Read(Model):
    """The piece of a run that fetches one part, of one fiscal year where the part is yearly."""

    part: Part
    fiscal_year: date | None = None  # Its first day.

    @property
    def name(self) -> str:
        """Unique within a run: `accounts/2021-01-01`, `dimensions`."""
        return f"{self.part}/{self.fiscal_year}" if self.fiscal_year else self.part

    @classmethod
    def named(cls, name: str) -> Self:
        """The read of that name."""
        part, _, fiscal_year = name.partition("/")
        return cls.model_validate({"part": part, "fiscal_year": fiscal_year or None})
