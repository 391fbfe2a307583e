"""Which reserved dimensions the rows of a file's vouchers use, without reading the vouchers."""

import re

from connectors.sie.accounts import RESERVED_DIMENSIONS
from connectors.sie.lines import LineWindow

# Nothing here goes back over what it has passed: lines of a megabyte are met.
_LISTS = re.compile(
    r"^[ \t]*+#[BR]?TRANS[ \t]++[^ \t\n{]++[ \t]*+\{[ \t]*+([^}\n \t][^}\n]*+)\}",
    re.IGNORECASE | re.MULTILINE,
)
_TEXTS = re.compile(r'"[^"]*"|[^ \t]+')


def reserved_dimensions_used(window: LineWindow) -> set[str]:
    """The reserved ones among the dimensions of all object lists of rows."""
    used: set[str] = set()
    while window.fill():
        for objects in _LISTS.findall(window.take_lines()):
            used.update(text.strip('"') for text in _TEXTS.findall(objects)[::2])
        used &= RESERVED_DIMENSIONS.keys()
    return used
