"""What there is to say about an SIE file, line by line, in the reader's language."""

from typing import TYPE_CHECKING

from pydantic import Field

from schemas.model import Model
from streams.command_line.texts import label

if TYPE_CHECKING:  # Commands that only query start without the connectors.
    from connectors.sie.file import Judgement


class Remark(Model):
    line: int  # 0: the file as a whole.
    code: str
    message: str
    severity: str = Field(exclude=True)  # information, warning, error


def remarks_of(judgement: "Judgement", language: str) -> tuple[Remark, ...]:
    """The remarks of a judgement; it keeps the first ones only."""
    return tuple(
        Remark(
            line=warning.line,
            code=warning.code,
            message=warning.message("sv" if language == "sv" else "en"),
            severity=warning.severity,
        )
        for warning in judgement.remarks
    )


def whole_file_remark(code: str, language: str, **facts: object) -> Remark:
    """What the import itself has to say about a file."""
    message = label(f"remark.{code}", language, **facts)
    return Remark(line=0, code=code, message=message, severity="warning")
