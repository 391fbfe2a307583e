"""A message as an agent receives it."""

from dataclasses import dataclass
from datetime import datetime

from schemas.codec import Headers


@dataclass(frozen=True)
class Received:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    received_at: datetime
    timestamp_seconds: float  # The log's own time of it, since 1970.

    @property
    def size_bytes(self) -> int:
        headers_bytes = sum(len(name) + len(content) for name, content in self.headers)
        return len(self.key or b"") + len(self.value or b"") + headers_bytes
