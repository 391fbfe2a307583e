"""Asking a person, and what becomes of it where there is none."""

import os
import pty
import sys
from pathlib import Path

import pytest

from streams.command_line.confirmation import confirm
from streams.command_line.options import Options
from streams.command_line.refusal import CommandRefused

ASKED = "Type the company's id (bageriet) to empty it: "
END_OF_INPUT = b"\x04"


def refusal() -> str:
    with pytest.raises(CommandRefused) as refused:
        confirm(Options(Path(), "table", "en"), "bageriet", "purge.confirm")
    return refused.value.code


@pytest.mark.parametrize(
    ("typed", "ending"), [(b"bageri\n", ""), (END_OF_INPUT, "\n")], ids=["another", "nothing"]
)
def test_what_follows_the_question_has_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: bytes, ending: str
) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        os.write(ours, typed)

        assert refusal() == "not_confirmed"

    os.close(ours)
    assert capsys.readouterr().err == ASKED + ending  # The terminal shows a newline that is typed.


def test_nobody_is_asked_where_there_is_no_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    assert refusal() == "nobody_to_ask"
    assert capsys.readouterr().err == ""
