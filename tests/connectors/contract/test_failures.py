"""Whatever happens to a source, its connector raises errors of our own two kinds, or reads well."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import get_args

import pytest

from connectors.sie.connector import SieConnector
from connectors.sie.file import SieFile
from connectors.simulators.fortnox.made_up import fill
from connectors.simulators.fortnox.traps import ALWAYS, Fault, FaultKind, Traps
from schemas.errors import RejectedError, TransientError
from tests.connectors.contract.sources import AFTER_ALL_YEARS, COMPANY
from tests.connectors.contract.whole_read import run
from tests.connectors.fortnox.vendor import Vendor, a_vendor

FAULTS = [kind for kind in get_args(FaultKind) if kind != "held"]
PATHS = [
    "/3/companyinformation",
    "/3/financialyears",
    "/3/accounts",
    "/3/costcenters",
    "/3/projects",
    "/3/sie",
]


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    with a_vendor(AFTER_ALL_YEARS) as vendor:
        fill(vendor.tenant.books, COMPANY, years=1)
        yield vendor


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", FAULTS)
def test_fortnox_fails_as_it_should(vendor: Vendor, kind: FaultKind, path: str) -> None:
    vendor.tenant.traps = Traps(faults=(Fault(kind, path=path, times=ALWAYS),))
    try:
        with vendor.connector() as connector:
            run(connector)
    except (TransientError, RejectedError):
        return
    assert path == "/3/sie"  # Without it the vouchers are read one by one.


def _whole_file() -> bytes:
    file = BytesIO()
    COMPANY.write(0, file)
    return file.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"<html></html>",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole.replace(b"#RAR 0", b"#RAR 7"),
        lambda whole: whole.replace(b"#SIETYP 4", b"#SIETYP 9"),
        lambda whole: bytes(255 - byte for byte in whole),
    ],
)
def test_a_damaged_file_fails_as_it_should(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises((TransientError, RejectedError)):
        _read_as_an_upload(damage(_whole_file()))


def _read_as_an_upload(content: bytes) -> None:
    file = SieFile(BytesIO(content), name="bolaget.se")
    file.judge()
    run(SieConnector(file))
