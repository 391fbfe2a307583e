"""An organisation number as people write it."""

import re


def hyphenated(number: str) -> str:
    """With its hyphen, 556677-8899, where it has the usual ten digits."""
    return f"{number[:6]}-{number[6:]}" if re.fullmatch("[0-9]{10}", number) else number
