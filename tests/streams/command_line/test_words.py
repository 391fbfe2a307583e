"""No code that a user can meet is without words: they are collected from where they are defined."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import get_args

import pytest

import connectors
import projections
import schemas
import streams
from connectors.sie.diagnostics import Severity
from connectors.sie.refusals import RefusalCode
from projections.queries.connections import ConnectionState
from projections.queries.verification import State
from projections.status.actions import Actions, Obstacle
from projections.status.indicator import Colour
from schemas.bookkeeping import SetAsideReason
from schemas.commands import (
    AnyCommand,
    ReconnectRequested,
)
from schemas.errors import LossCode, NotFound, RejectedError, SyncError, UploadRefused
from schemas.lifecycle_events import RejectionReason, Trigger
from schemas.parts import Part
from streams import checkup, upload_refusals, watchdog
from streams.command_line.imported_file import Status
from streams.command_line.refusal_texts import REFUSALS
from streams.command_line.words import WORDS, word
from streams.confirmer import INCOMPLETE
from streams.decisions import CancelReason

PACKAGES = (schemas, connectors, projections, streams)
# Its errors are the vendor's answers, and its programs are no part of the engine.
SIMULATORS = "connectors.simulators"
# They name a way out, and what it is they leave to others: the file's refusal has a code.
WITHOUT_A_REASON = (RejectedError, NotFound, UploadRefused)
RUN_STATES = ("queued", "running", "confirming", "stalled", "completed", "failed", "cancelled")
PART_STATES = ("ok", "failed", "never_synced")
CODES = {
    "why a voucher is set aside": get_args(SetAsideReason),
    "why a connection is lost": (*get_args(LossCode), "disconnected"),
    "how a connection is": get_args(ConnectionState),
    "why a run was cancelled": get_args(CancelReason),
    "why a run failed": (INCOMPLETE,),
    "why a run has no end": get_args(watchdog.Reason),
    "why a file is refused": get_args(RefusalCode),
    "why a company does not take a file": upload_refusals.SENTENCES,
    "what can be done": Actions.model_fields,
    "why it cannot be done": get_args(Obstacle),
    "who has asked for a run": get_args(Trigger),
    "how a run is": RUN_STATES,
    "what a file has come to": get_args(Status),
    "the parts of the bookkeeping": get_args(Part),
    "how a part is": PART_STATES,
    "whether totals agree": (*get_args(State), "agree", "differ", "none"),
    "how a company is": get_args(Colour),
    "how serious a remark is": get_args(Severity),
    "what the doctor finds": get_args(checkup.State),
}
# The engine rejects them for now, and the command line cannot send them.
NOT_THERE_YET = (ReconnectRequested,)


def load_everything() -> None:
    """So that every error class is known."""
    for package in PACKAGES:
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(SIMULATORS) and not module.name.endswith("__main__"):
                import_module(module.name)


def errors(root: type[SyncError] = SyncError) -> Iterator[type[SyncError]]:
    for error in root.__subclasses__():
        if error.__module__.split(".")[0] != "tests" and SIMULATORS not in error.__module__:
            yield error
            yield from errors(error)


def codes_of_errors() -> Iterator[tuple[str, type[SyncError]]]:
    load_everything()
    for error in errors():
        reason = vars(error).get("reason")
        if isinstance(reason, str) and error not in WITHOUT_A_REASON:
            yield reason, error


def refusals_of_the_command_line() -> Iterator[str]:
    """The codes that CommandRefused is raised with, as its calls stand in the source."""
    for path in (Path(__file__).parents[3] / "streams").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Name("CommandRefused"), [ast.Constant(str(code)), *_]):
                    yield code


@pytest.mark.parametrize("kind", CODES)
def test_a_code_that_a_user_can_meet_has_words(kind: str) -> None:
    assert [code for code in CODES[kind] if code not in WORDS] == []


def test_the_reason_of_every_error_has_words_or_as_a_refusal_a_sentence() -> None:
    found = list(codes_of_errors())

    assert {"connector_failed", "unknown_year", "wrong_key", "source_unavailable"} <= {
        code for code, _ in found
    }
    assert [
        code
        for code, error in found
        if code not in (REFUSALS if issubclass(error, NotFound) else WORDS)
    ] == []


def test_every_refusal_of_the_command_line_and_the_engine_has_a_sentence() -> None:
    found = {*refusals_of_the_command_line(), *get_args(RejectionReason)}

    assert "invalid_company_id" in found
    assert found - set(REFUSALS) == set()


def test_every_command_that_can_be_given_has_a_name() -> None:
    commands = (command for command in get_args(AnyCommand) if command not in NOT_THERE_YET)

    assert [
        kind for command in commands if (kind := command.model_fields["type"].default) not in WORDS
    ] == []


def test_no_words_are_the_code_itself() -> None:
    for code in (*get_args(SetAsideReason), *get_args(RefusalCode), *get_args(LossCode)):
        assert word(code, "sv") != code


def test_a_code_that_nobody_has_put_in_words_is_shown_as_it_is() -> None:
    assert word("something_new", "sv") == "something_new"
