"""What a reader of an SIE file has to say about it, in Swedish and English."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from connectors.sie.diagnostic_texts import TEXTS

Language = Literal["sv", "en"]
Severity = Literal["information", "warning", "error"]
# So that hundreds of one kind do not hide the one error behind them.
SHOWN_OF_CODE_MAX = 200
LABELS_MAX = 1_000
FACT_CHARACTERS_MAX = 200


@dataclass(frozen=True)
class Diagnostic:
    """One remark; its sentence is made from the table of texts when it is shown."""

    line: int  # 0: the file as a whole.
    severity: Severity
    code: str
    facts: tuple[tuple[str, str], ...] = ()

    def message(self, language: Language = "sv") -> str:
        """The remark as a sentence."""
        text = TEXTS[self.code]
        sentence = text.sv if language == "sv" else text.en
        return sentence.format_map(dict(self.facts))


@dataclass
class Diagnostics:
    """Collects remarks: all are counted, the first SHOWN_OF_CODE_MAX of each code are kept."""

    shown: list[Diagnostic] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _labels: set[tuple[str, str]] = field(default_factory=set)

    def add(self, code: str, *, line: int = 0, **facts: object) -> None:
        """Counts a remark; `facts` fill the places of its sentence."""
        self.counts[code] += 1
        if self.counts[code] <= SHOWN_OF_CODE_MAX:
            told = tuple((name, _shortened(str(fact))) for name, fact in facts.items())
            self.shown.append(Diagnostic(line, TEXTS[code].severity, code, told))

    def add_first(self, code: str, *, line: int, label: str) -> None:
        """Counts a remark that files give in hundreds; only the first of a label is kept."""
        if len(self._labels) < LABELS_MAX and (code, label) not in self._labels:
            self._labels.add((code, label))
            self.add(code, line=line, label=label)
        else:
            self.counts[code] += 1

    def cut(self, text: str, characters_max: int, *, line: int, label: str) -> str:
        """The beginning of a text that may be too long, with a remark if it was."""
        if len(text) > characters_max:
            self.add("text_cut", line=line, label=label)
        return text[:characters_max]

    def merge(self, other: "Diagnostics") -> None:
        """Takes over what another collector has."""
        self.counts.update(other.counts)
        self.shown.extend(other.shown)

    def severities(self) -> Counter[Severity]:
        """How many remarks there are of each severity, kept or not."""
        found = Counter[Severity]()
        for code, count in self.counts.items():
            found[TEXTS[code].severity] += count
        return found


def _shortened(text: str) -> str:
    if len(text) <= FACT_CHARACTERS_MAX:
        return text
    return text[:FACT_CHARACTERS_MAX] + "…"
