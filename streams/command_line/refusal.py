"""Why a command is not done: a stable code, and a sentence in both languages."""

from streams.command_line.refusal_texts import REFUSALS

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class CommandRefused(Exception):
    """Ends a command. `facts` fill the sentence of the code."""

    def __init__(self, code: str, *, exit_code: int = EXIT_REFUSED, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.exit_code = exit_code
        self.facts = facts

    def sentence(self, language: str) -> str:
        return sentence(self.code, language, self.facts)


def sentence(code: str, language: str, facts: dict[str, object]) -> str:
    """What a code means, and what to do; the code itself where nobody has written that down."""
    text = REFUSALS.get(code)
    if text is None:
        return code
    return (text.sv if language == "sv" else text.en).format_map(facts)
