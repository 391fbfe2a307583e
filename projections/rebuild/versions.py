"""Two versions of one projection that are compared: the one in use, and one that was rebuilt."""

from dataclasses import dataclass

from pydantic import TypeAdapter

# A row's columns as text: an amount keeps its decimals, and no reader makes a float of it.
Fields = dict[str, str | None]
FIELDS: TypeAdapter[Fields] = TypeAdapter(Fields)


@dataclass(frozen=True)
class Versions:
    """Their schemas."""

    in_use: str
    rebuilt: str
