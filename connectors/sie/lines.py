"""A window that moves over a file's text: lines end in LF only, whatever the file has."""

import io
import re
from typing import BinaryIO

from connectors.sie.encoding import CHUNK_BYTES, Encoding, decoder

# A voucher up to this length is seen whole, and can be taken in one piece.
LOOKAHEAD_CHARACTERS = 64 * 1024
# What is longer is cut: no field of a record may be as long.
LINE_CHARACTERS_MAX = 1024 * 1024
END_OF_FILE_MARK = "\x1a"
_BLANK_LINES = re.compile(r"(?:[ \t]*+\n)*+")


class LineWindow:
    """Some text of the file, the position in it, and the number of the line there.

    CR LF, LF and a lone CR end a line; U+0000 becomes U+FFFD, which PostgreSQL can hold.
    """

    def __init__(
        self, file: BinaryIO, encoding: Encoding, *, chunk_bytes: int = CHUNK_BYTES
    ) -> None:
        self.text = ""
        self.position = 0
        self.replaced_characters = 0
        self._file = file
        self._file_position = 0
        self._chunk_bytes = chunk_bytes
        self._decoder = io.IncrementalNewlineDecoder(decoder(encoding), translate=True)
        self._at_end = False
        self._lookahead = min(LOOKAHEAD_CHARACTERS, chunk_bytes)
        self._lines_before = 1
        self._counted_up_to = 0

    def fill(self) -> bool:
        """Goes past blank lines and sees to it that enough text lies ahead; False at the end.

        Whoever reads on by a pattern would go through a megabyte of blank lines once for each.
        """
        self._skip_blank_lines()
        while not self._at_end and len(self.text) - self.position < self._lookahead:
            self._read()
            self._skip_blank_lines()
        return self.position < len(self.text)

    def peek(self) -> str | None:
        """The next line without its end, or None at the end of the file."""
        end = self._line_end()
        if end < 0:
            return None
        return self.text[self.position : min(end, self.position + LINE_CHARACTERS_MAX)]

    def advance(self) -> None:
        """Goes past the line that `peek` showed."""
        self.position = self._line_end() + 1

    def take_lines(self) -> str:
        """Goes past all whole lines that are at hand, at least one, and gives them."""
        end = self.text.rfind("\n", self.position) + 1
        if end == 0:
            line = self.peek() or ""
            self.advance()
            return line
        taken = self.text[self.position : end]
        self.position = end
        return taken

    @property
    def line(self) -> int:
        """The number of the line at the position, from 1."""
        self._lines_before += self.text.count("\n", self._counted_up_to, self.position)
        self._counted_up_to = self.position
        return self._lines_before

    def _skip_blank_lines(self) -> None:
        match = _BLANK_LINES.match(self.text, self.position)
        assert match is not None, "no blank line at all is a match too"
        self.position = match.end()

    def _line_end(self) -> int:
        end = self.text.find("\n", self.position)
        while end < 0 and not self._at_end:
            known = self._read()
            end = self.text.find("\n", known)
            if end < 0:
                # An endless line must not fill the memory: its middle goes, its end is found.
                self.text = self.text[: LINE_CHARACTERS_MAX + 1]
        return end

    def _read(self) -> int:
        """Adds a piece of the file; returns up to where the text was known before."""
        self._file.seek(self._file_position)
        chunk = self._file.read(self._chunk_bytes)
        self._file_position += len(chunk)
        self._at_end = not chunk
        added = self._decoder.decode(chunk, final=self._at_end)
        if "\x00" in added:
            self.replaced_characters += added.count("\x00")
            added = added.replace("\x00", "\ufffd")
        line = self.line
        known = len(self.text) - self.position
        self.text = self.text[self.position :] + added
        self.position = self._counted_up_to = 0
        self._lines_before = line
        if not self._at_end:
            return known
        self.text = self.text.rstrip(END_OF_FILE_MARK)
        if self.text and not self.text.endswith("\n"):
            self.text += "\n"
        return 0
