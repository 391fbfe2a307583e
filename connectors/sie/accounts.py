"""The chart of accounts, and the dimensions with their objects."""

from connectors.sie.diagnostics import Diagnostics
from connectors.sie.fields import Record
from schemas.bookkeeping import Account, AccountType, Dimension, Object
from schemas.limits import (
    ACCOUNT_CHARACTERS_MAX,
    OBJECT_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
)

_TYPES: dict[str, AccountType] = {"T": "asset", "S": "liability", "K": "cost", "I": "income"}
# SIE 4B, section 8.17: dimensions that need no #DIM, with the one above the cost bearer.
RESERVED_DIMENSIONS = {
    "1": "Kostnadsställe",
    "2": "Kostnadsbärare",
    "6": "Projekt",
    "7": "Anställd",
    "8": "Kund",
    "9": "Leverantör",
    "10": "Faktura",
}
_PARENTS = {"2": "1"}


class Chart:
    """Collects #KONTO and what later records add to an account; the last of each counts."""

    LABELS = frozenset(("#KONTO", "#KTYP", "#ENHET", "#SRU"))

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._names: dict[str, str] = {}
        self._types: dict[str, tuple[AccountType, int]] = {}
        self._units: dict[str, tuple[str, int]] = {}
        self._sru: dict[str, tuple[dict[str, None], int]] = {}  # A set that keeps the order.

    def take(self, record: Record, line: int) -> None:
        account = record.text(0)
        if not 1 <= len(account) <= ACCOUNT_CHARACTERS_MAX:
            self._ignore(record, line)
            return
        match record.label:
            case "#KONTO":
                self._take_account(account, record, line)
            case "#KTYP":
                kind = _TYPES.get(record.text(1).upper())
                if kind is None:
                    self._ignore(record, line)
                else:
                    self._types[account] = (kind, line)
            case "#ENHET":
                self._units[account] = (self._text(record, record.text(1), line), line)
            case "#SRU":
                self._take_sru(account, record, line)

    def accounts(self) -> tuple[Account, ...]:
        """The accounts in the order of the file; what names no declared account is left out."""
        for label, added in (("#KTYP", self._types), ("#ENHET", self._units), ("#SRU", self._sru)):
            for account, (_, line) in added.items():
                if account not in self._names:
                    self._diagnostics.add(
                        "account_undeclared", line=line, label=label, account=account
                    )
        return tuple(map(self._account, self._names))

    def _account(self, account: str) -> Account:
        kind = self._types.get(account)
        unit = self._units.get(account)
        sru = self._sru.get(account)
        return Account(
            account=account,
            name=self._names[account],
            type=kind[0] if kind else None,
            unit=unit[0] if unit else "",
            sru=tuple(sru[0]) if sru else (),
        )

    def _take_account(self, account: str, record: Record, line: int) -> None:
        if account in self._names:
            self._diagnostics.add("account_twice", line=line, account=account)
        self._names[account] = _name_at_the_end(record, 1, line, self._diagnostics)

    def _text(self, record: Record, text: str, line: int) -> str:
        return self._diagnostics.cut(text, TEXT_CHARACTERS_MAX, line=line, label=record.label)

    def _take_sru(self, account: str, record: Record, line: int) -> None:
        code = record.text(1).strip()
        if not code or len(code) > TEXT_CHARACTERS_MAX:
            self._ignore(record, line)
            return
        codes, _ = self._sru.setdefault(account, ({}, line))
        codes[code] = None

    def _ignore(self, record: Record, line: int) -> None:
        self._diagnostics.add(
            "record_ignored", line=line, label=record.label, text=record.joined(0)
        )


class Dimensions:
    """Collects #DIM, #UNDERDIM and #OBJEKT, and which dimensions are used without them."""

    LABELS = frozenset(("#DIM", "#UNDERDIM", "#OBJEKT"))

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._dimensions: dict[str, Dimension] = {}
        self._objects: dict[tuple[str, str], Object] = {}

    def take(self, record: Record, line: int) -> None:
        dimension = record.text(0)
        if not 1 <= len(dimension) <= OBJECT_CHARACTERS_MAX or len(record.fields) < 2:
            self._ignore(record, line)
        elif record.label == "#OBJEKT":
            self._take_object(dimension, record, line)
        elif record.label == "#UNDERDIM" and record.text(2):
            self._take_sub_dimension(dimension, record.text(2), record, line)
        else:
            name = _name_at_the_end(record, 1, line, self._diagnostics)
            self._dimensions[dimension] = Dimension(dimension=dimension, name=name)

    def dimensions(self, used: set[str]) -> tuple[Dimension, ...]:
        """The declared dimensions, and the reserved ones that objects or balances use."""
        declared = tuple(self._dimensions.values())
        return with_reserved(declared, used | {dimension for dimension, _ in self._objects})

    def objects(self) -> tuple[Object, ...]:
        return tuple(self._objects.values())

    def _take_sub_dimension(self, dimension: str, parent: str, record: Record, line: int) -> None:
        if len(parent) > OBJECT_CHARACTERS_MAX:
            self._ignore(record, line)
            return
        name = self._diagnostics.cut(
            record.text(1), TEXT_CHARACTERS_MAX, line=line, label=record.label
        )
        self._dimensions[dimension] = Dimension(dimension=dimension, name=name, parent=parent)

    def _take_object(self, dimension: str, record: Record, line: int) -> None:
        number = record.text(1)
        if len(number) > OBJECT_CHARACTERS_MAX:
            self._ignore(record, line)
            return
        name = _name_at_the_end(record, 2, line, self._diagnostics)
        self._objects[dimension, number] = Object(dimension=dimension, object=number, name=name)

    def _ignore(self, record: Record, line: int) -> None:
        self._diagnostics.add(
            "record_ignored", line=line, label=record.label, text=record.joined(0)
        )


def _name_at_the_end(record: Record, place: int, line: int, diagnostics: Diagnostics) -> str:
    """The name that ends a record, of which programs forget the quotes."""
    if len(record.fields) > place + 1:
        diagnostics.add("name_unquoted", line=line, label=record.label)
    return diagnostics.cut(record.joined(place), TEXT_CHARACTERS_MAX, line=line, label=record.label)


def with_reserved(dimensions: tuple[Dimension, ...], used: set[str]) -> tuple[Dimension, ...]:
    """The dimensions, and by their standard names the reserved ones that are used without #DIM."""
    wanted = used | {_PARENTS[number] for number in used if number in _PARENTS}
    missing = wanted & RESERVED_DIMENSIONS.keys() - {known.dimension for known in dimensions}
    return dimensions + tuple(map(reserved_dimension, sorted(missing, key=int)))


def reserved_dimension(number: str) -> Dimension:
    """A reserved dimension as SIE names it."""
    return Dimension(
        dimension=number, name=RESERVED_DIMENSIONS[number], parent=_PARENTS.get(number)
    )
