"""An #RTRANS and the #TRANS after it: one row, that was added to its voucher later."""

from typing import Any

_SAME_IN_TWINS = ("amount", "account", "objects")
_OF_THE_ADDED_ROW = ("posting_date", "signature")


def are_twins(added: dict[str, Any], posting: dict[str, Any]) -> bool:
    """Whether two rows, as fields of postings, are one (facts, section 5).

    Not always byte for byte: programs put the correction's date and sign on the first alone.
    """
    return all(added.get(name) == posting.get(name) for name in _SAME_IN_TWINS)


def become_added(posting: dict[str, Any], added: dict[str, Any]) -> None:
    """The #TRANS takes state, date and sign from its #RTRANS."""
    posting["state"] = "added"
    for name in _OF_THE_ADDED_ROW:
        if added.get(name):
            posting[name] = added[name]
