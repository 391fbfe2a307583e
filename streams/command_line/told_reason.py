"""Why a run ended otherwise than well, or a connection is lost: in words, and each thing once."""

import re

from streams.command_line.words import WORDS, word

# Details as the engine writes them, for those reasons of which the words say most of it already:
# the groups are what is left to tell.
_ADDED = {
    "attempts_exhausted": re.compile(r"([0-9]+) attempts ended .*"),
    "connector_failed": re.compile(r"the connector failed: (.+); see the worker's log"),
    "incomplete": re.compile(r"the ledger did not get all of (.+); nothing was removed"),
    "organisation_number_differs": re.compile(
        r"the source holds the bookkeeping of (\S+), the company is \S+"
    ),
    "reconnect_required": re.compile(r"\S+ does not let us in \(([a-z_]+)\): (.+)", re.DOTALL),
    "source_refused": re.compile(r"\S+ refuses: (.+)", re.DOTALL),
    "source_unavailable": re.compile(r"\S+: (.+)", re.DOTALL),
    "timed_out": re.compile(r"the source was not read within ([0-9]+ s)"),
    "unknown_year": re.compile(r"the source has no fiscal year from (.+)"),
}


def told_reason(reason: str | None, detail: str, language: str) -> str:
    """Nothing is said twice; a detail that is not known is told whole.

    A run that has ended well has no reason, and perhaps a remark: the years that its source lacks.
    """
    if reason is None and _ADDED["unknown_year"].fullmatch(detail):
        reason = "unknown_year"
    if reason is None:
        return detail
    added = _ADDED[reason].fullmatch(detail) if reason in _ADDED else None
    facts = [word(fact, language) for fact in added.groups()] if added else [detail]
    return ": ".join(filter(None, (word(reason, language), *facts)))


def of_file(reason: str) -> str:
    """The words of a reason: what was fetched comes again by itself, and a file does not."""
    of_files = f"{reason}.file"
    return of_files if of_files in WORDS else reason


def told_tie(state: str, reason: str | None, language: str) -> str:
    """The state of a connection with its reason, where that is not the same once more."""
    told = word(state, language)
    because = word(reason, language) if reason else told
    return told if because == told else f"{told}: {because}"
