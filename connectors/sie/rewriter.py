"""A file that was read, written again: the same facts, in SIE's own spelling."""

from typing import BinaryIO

from connectors.sie.file import SieFile
from connectors.sie.header import Header, YearBalances
from connectors.sie.writer import CompanyFacts, SieWriter
from schemas.bookkeeping import Voucher
from schemas.limits import SET_ASIDE_SOURCE_BYTES_MAX

# Nothing is cut from a source text below this: a cut ends at a whole character.
_WHOLE_SOURCE_BYTES_MAX = SET_ASIDE_SOURCE_BYTES_MAX - 4


def write_again(
    file: SieFile,
    out: BinaryIO,
    *,
    encoding: str | None = None,
    checksum: bool = False,
    line_end: str = "\r\n",
) -> int:
    """Writes the file's facts as a file of its type, and what was set aside as it stood.

    Without an encoding it is code page 437, SIE's own, where the file has no letter beyond that
    (it is in it, or has ASCII only), else UTF-8: no letter of a key may be lost.
    Returns how many vouchers are missing: those that were set aside and whose own text is too
    long to have been kept. Raises UploadRefused for a file that cannot be read.
    """
    header = file.header()
    if encoding is None:
        encoding = "cp437" if header.encoding in ("cp437", "ascii") else "utf-8"
    writer = SieWriter(out, encoding=encoding, checksum=checksum, line_end=line_end)
    write_header(header, writer)
    missing = 0
    for voucher in file.vouchers():
        if isinstance(voucher, Voucher):
            writer.voucher(voucher)
        elif len(voucher.source_text.encode()) <= _WHOLE_SOURCE_BYTES_MAX:
            writer.set_aside_voucher(voucher)
        else:
            missing += 1
    writer.close()
    return missing


def write_header(header: Header, writer: SieWriter) -> None:
    """All but the vouchers."""
    writer.company(_company(header), header.fiscal_years)
    if header.balances_up_to:
        writer.balances_up_to(header.balances_up_to)
    for account in header.accounts:
        writer.account(account)
    for dimension in header.dimensions:
        writer.dimension(dimension)
    for counted in header.objects:
        writer.object(counted)
    for year, balances in header.balances.items():
        _write_balances(balances, year, writer)


def _write_balances(balances: YearBalances, year: int, writer: SieWriter) -> None:
    for opening in balances.opening:
        writer.opening_balance(opening, year=year)
    for total in balances.totals:
        writer.control_total(total, year=year)
    for object_total in balances.object_totals:
        writer.object_total(object_total, year=year)
    for period in balances.periods:
        writer.period_balance(period, year=year)


def _company(header: Header) -> CompanyFacts:
    program, _, version = header.program.rpartition(" ")
    return CompanyFacts(
        name=header.company_name,
        organisation_number=header.organisation_number,
        program=program or version,
        program_version=version if program else "",
        generated_on=header.generated_on,
        currency=header.currency if header.currency_is_stated else "",
        sie_type=header.sie_type,
    )
