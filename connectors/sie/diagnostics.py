"""What a reader of an SIE file has to say about it, in Swedish and English."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from connectors.sie.diagnostic_texts import TEXTS

Language = Literal["sv", "en"]
Severity = Literal["information", "warning", "error"]
SHOWN_MAX = 1_000
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
    """Collects remarks: all are counted, the first SHOWN_MAX are kept."""

    shown: list[Diagnostic] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, code: str, *, line: int = 0, **facts: object) -> None:
        """Counts a remark; `facts` fill the places of its sentence."""
        self.counts[code] += 1
        if len(self.shown) < SHOWN_MAX:
            told = tuple((name, _shortened(str(fact))) for name, fact in facts.items())
            self.shown.append(Diagnostic(line, TEXTS[code].severity, code, told))

    def merge(self, other: "Diagnostics") -> None:
        """Takes over what another collector has."""
        self.counts.update(other.counts)
        self.shown.extend(other.shown[: SHOWN_MAX - len(self.shown)])


def _shortened(text: str) -> str:
    if len(text) <= FACT_CHARACTERS_MAX:
        return text
    return text[:FACT_CHARACTERS_MAX] + "…"
