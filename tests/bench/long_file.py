"""A file with many times the vouchers of another, made in seconds: its vouchers, renamed."""

import re
import zlib
from pathlib import Path

from connectors.sie.checksum import summed_bytes

# What the copies' series and numbers become. The numbers of each series rise: runs of them say
# all that a reader has to remember. Numbers that are texts have to be remembered one by one.
RISING = rb"#VER \g<1>%d \2"
TEXTS = rb"#VER \1 \2-%d"
_VOUCHER = re.compile(rb"^#VER (\S+) (\S+)", re.MULTILINE)
_CHECKSUM = b"#KSUMMA"


def write_long_file(path: Path, to: Path, *, copies: int, names: bytes) -> int:
    """The vouchers of a file with a checksum, as they are and then copied; the size in bytes."""
    whole = path.read_bytes()
    first = whole.index(b"#VER ")
    head, vouchers = whole[:first], whole[first : whole.rindex(_CHECKSUM)]
    crc = zlib.crc32(summed_bytes(head.partition(_CHECKSUM)[2]))
    with to.open("wb") as file:
        file.write(head)
        for copy in range(copies):
            block = _VOUCHER.sub(names % copy, vouchers) if copy else vouchers
            crc = zlib.crc32(summed_bytes(block), crc)
            file.write(block)
        file.write(b"%b %d\r\n" % (_CHECKSUM, crc))
    return to.stat().st_size
