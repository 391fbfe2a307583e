"""The header of a file of any type, with what its reader remarks, before any judgement."""

from io import BytesIO

from connectors.sie.diagnostics import Diagnostics
from connectors.sie.encoding import scan
from connectors.sie.header import Header
from connectors.sie.header_reader import HeaderReader
from connectors.sie.lines import LineWindow


def read_header(content: bytes, *, name: str = "bageriet.se") -> tuple[Header, Diagnostics]:
    """The header in these bytes."""
    file, diagnostics = BytesIO(content), Diagnostics()
    encoding = scan(file).encoding
    header = HeaderReader(LineWindow(file, encoding), diagnostics=diagnostics).read(
        encoding, name=name
    )
    assert header is not None, "#SIETYP names a type that there is"
    return header, diagnostics


def header_of(*lines: str, sie_type: str = "4") -> tuple[Header, Diagnostics]:
    """The header of a file of these lines."""
    head = (f"#SIETYP {sie_type}", "#FNAMN Bageriet", "#RAR 0 20240101 20241231")
    return read_header("".join(f"{line}\n" for line in (*head, *lines)).encode("cp437"))
