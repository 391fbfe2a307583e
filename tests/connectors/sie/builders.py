"""Small SIE files to test with; a test states only the lines that matter to it."""

from io import BytesIO

from connectors.sie.encoding import CHUNK_BYTES
from connectors.sie.file import SieFile
from schemas.bookkeeping import SetAsideVoucher, Voucher

HEAD = (
    "#FLAGGA 0",
    "#PROGRAM Testprogram 1.0",
    "#FORMAT PC8",
    "#GEN 20250201",
    "#SIETYP 4",
    '#FNAMN "Bageriet AB"',
    "#RAR 0 20240101 20241231",
    "#KONTO 1930 Bank",
    "#KONTO 3001 Sales",
    "#IB 0 1930 100.00",
)
VOUCHER = (
    "#VER A 1 20240305 Text",
    "{",
    "   #TRANS 1930 {} 125.00",
    "   #TRANS 3001 {} -125.00",
    "}",
)


def a_file(
    *lines: str,
    head: tuple[str, ...] = HEAD,
    encoding: str = "cp437",
    line_end: str = "\r\n",
    name: str = "bageriet.se",
    chunk_bytes: int = CHUNK_BYTES,
) -> SieFile:
    """A 4E file of an ordinary head and the lines of the test."""
    text = "".join(line + line_end for line in (*head, *lines))
    return of_bytes(text.encode(encoding), name=name, chunk_bytes=chunk_bytes)


def of_bytes(
    content: bytes, *, name: str = "bageriet.se", chunk_bytes: int = CHUNK_BYTES
) -> SieFile:
    return SieFile(BytesIO(content), name=name, chunk_bytes=chunk_bytes)


def a_voucher_of(*rows: str, ver: str = "#VER A 1 20240305 Text") -> tuple[str, ...]:
    """The lines of a voucher with these rows."""
    return (ver, "{", *rows, "}")


def only_voucher(file: SieFile) -> Voucher:
    """The one voucher of a file, which can be booked."""
    (voucher,) = file.vouchers()
    assert isinstance(voucher, Voucher), voucher
    return voucher


def only_set_aside(file: SieFile) -> SetAsideVoucher:
    """The one voucher of a file, which is set aside."""
    (voucher,) = file.vouchers()
    assert isinstance(voucher, SetAsideVoucher), voucher
    return voucher


def codes(file: SieFile) -> set[str]:
    """The codes of all that is to say about a file."""
    return set(file.judge().remark_counts)
