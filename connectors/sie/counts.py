"""What a pass over the vouchers of a file has counted."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Counts:
    """Of the good vouchers, and of those that are set aside; postings are booked or added ones."""

    vouchers: int = 0
    postings: int = 0
    set_aside: int = 0
    undated: int = 0  # Set aside, and no year holds them.
    moved: Counter[str] = field(default_factory=Counter)  # In öre, by account, up to a day.
