"""The voucher keys that a file has shown so far, in at most some 16 bytes a voucher.

Numbers of a series come in rising order, so that runs of them say all; what comes otherwise is
kept as a 64-bit hash, of which two are equal by chance about once in 30 million files of a
million vouchers.
"""

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from hashlib import blake2b

_TABLES = 64
_SLOTS_MIN = 8
# Series beyond these are kept as hashes from the start: a series costs more than a voucher.
_SERIES_MAX = 1_024


@dataclass
class _Runs:
    """The integers of a series that came in rising order: first and last of each run."""

    firsts: "array[int]" = field(default_factory=lambda: array("q"))
    lasts: "array[int]" = field(default_factory=lambda: array("q"))
    highest: int = -1

    def append(self, number: int) -> None:
        if number == self.highest + 1 and self.lasts:
            self.lasts[-1] = number
        else:
            self.firsts.append(number)
            self.lasts.append(number)
        self.highest = number

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.firsts, number) - 1
        return place >= 0 and number <= self.lasts[place]


class _HashSet:
    """64-bit hashes in small open tables, each between six and eight tenths full.

    They grow one by one: while one large table grew, it would be there twice.
    """

    def __init__(self) -> None:
        self._tables = [_Table() for _ in range(_TABLES)]

    def add(self, key: int) -> None:
        self._tables[key % _TABLES].add(key)

    def __contains__(self, key: int) -> bool:
        return key in self._tables[key % _TABLES]


class _Table:
    """One of the tables. No key is zero."""

    def __init__(self) -> None:
        self._slots = array("Q", [0]) * _SLOTS_MIN
        self._used = 0

    def add(self, key: int) -> None:
        if self._used * 5 >= len(self._slots) * 4:
            self._grow()
        place = self._place(key)
        if not self._slots[place]:
            self._slots[place] = key
            self._used += 1

    def __contains__(self, key: int) -> bool:
        return self._slots[self._place(key)] == key

    def _place(self, key: int) -> int:
        slots = self._slots
        count = len(slots)
        place = key // _TABLES % count
        while slots[place] and slots[place] != key:
            place = place + 1 if place + 1 < count else 0
        return place

    def _grow(self) -> None:
        before = self._slots
        self._slots = array("Q", [0]) * (len(before) * 4 // 3)
        for key in before:
            if key:
                self._slots[self._place(key)] = key


class SeenKeys:
    """Tells the first voucher with a key from the second and third."""

    def __init__(self) -> None:
        self._runs: dict[str, _Runs] = {}
        self._others = _HashSet()
        self._last = ("", "", 0)  # Series, number, occurrence.

    def occurrence(self, series: str, number: str) -> int:
        """1 for a key that is new, and it is remembered; 2, 3, … for one that came before."""
        if self._last[:2] == (series, number):  # All occurrences up to the last are known.
            occurrence = self._last[2] + 1
            self._others.add(_hash(series, number, occurrence))
        else:
            occurrence = self._occurrence(series, number)
        self._last = (series, number, occurrence)
        return occurrence

    def _occurrence(self, series: str, number: str) -> int:
        runs = self._runs.get(series)
        if runs is None:
            if len(self._runs) >= _SERIES_MAX:
                return self._remember(series, number, 1)
            runs = self._runs[series] = _Runs()
        if number.isascii() and number.isdigit() and number[0] != "0" and len(number) < 19:
            value = int(number)
            if value > runs.highest:
                runs.append(value)
                return 1
            if value in runs:
                return self._remember(series, number, 2)
        return self._remember(series, number, 1)

    def _remember(self, series: str, number: str, lowest: int) -> int:
        """The first occurrence from `lowest` on that is not there yet, found by doubling."""
        known, step = lowest - 1, 1
        while _hash(series, number, known + step) in self._others:
            known += step
            step *= 2
        unknown = known + step
        while unknown - known > 1:
            middle = (known + unknown) // 2
            if _hash(series, number, middle) in self._others:
                known = middle
            else:
                unknown = middle
        self._others.add(_hash(series, number, unknown))
        return unknown


def _hash(series: str, number: str, occurrence: int) -> int:
    text = f"{len(series)}:{series}:{number}:{occurrence}"
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1
