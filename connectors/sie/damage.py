"""Letters that were lost, or encoded twice, before the file came to us: kept, and counted."""

import re

from connectors.sie.lines import LineWindow

# U+FFFD; UTF-8 that was read as Latin-1 or Windows-1252; CP437 that was read as Windows-1252,
# which leaves two bytes open, and has signs for others that are right in their place („so”).
_DAMAGED = re.compile(
    "\ufffd|Ã[\u0080-\u00bf…„–‰•˜]|[\u0081\u008f]"
    "|[†™](?=[A-Za-zåäö])|(?<=[A-Za-zåäöÅÄÖ])[†„”™Ž](?=[A-Za-zåäöÅÄÖ†„”™Ž])"
)
_SIGNS = "\ufffdÃ\u0081\u008f†„”™Ž"


def damaged_letters(window: LineWindow) -> int:
    """How many letters of the file are no longer what they were."""
    damaged = 0
    while window.fill():
        lines = window.take_lines()
        if any(sign in lines for sign in _SIGNS):
            damaged += len(_DAMAGED.findall(lines))
    return damaged - window.replaced_characters  # Those are told by themselves.
