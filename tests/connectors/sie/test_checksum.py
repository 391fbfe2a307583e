"""#KSUMMA is verified over what counts and nothing else."""

import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sie.checksum import summed_bytes, verify
from schemas.errors import UploadRefused
from tests.connectors.sie.builders import HEAD, VOUCHER, a_file, codes

LINE = '#KONTO 1915 "Kassa \\"special\\""'


def _summed(*lines: str, crc: int | str, encoding: str = "cp437") -> bytes:
    return "\r\n".join(("#FLAGGA 0", "#KSUMMA", *lines, f"#KSUMMA {crc}", "")).encode(encoding)


def test_the_known_vector_verifies() -> None:
    assert summed_bytes(LINE.encode()) == b'#KONTO1915Kassa "special"'
    assert verify(BytesIO(_summed(LINE, crc=1921122205)), "ascii") == "matches"


def test_a_signed_value_is_the_same_value() -> None:
    crc = zlib.crc32(b"#X1")
    signed = crc - 2**32 if crc >= 2**31 else crc

    assert verify(BytesIO(_summed("#X 1", crc=signed)), "ascii") == "matches"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252"])
def test_the_sum_is_that_of_code_page_437_whatever_the_file_is_in(encoding: str) -> None:
    crc = zlib.crc32("#KONTO1930Företagskonto".encode("cp437"))
    content = _summed("#KONTO 1930 Företagskonto", crc=crc, encoding=encoding)

    told = "windows-1252" if encoding == "windows-1252" else "utf-8"
    assert verify(BytesIO(content), told) == "matches"  # type: ignore[arg-type]


def test_a_character_that_the_code_page_lacks_cannot_be_summed() -> None:
    content = _summed("#KONTO 1930 €", crc=1, encoding="utf-8")

    assert verify(BytesIO(content), "utf-8") == "uncheckable"


@given(
    lines=st.lists(st.text(st.sampled_from('ab1 \t{}"\\#'), max_size=12), max_size=6),
    chunk_bytes=st.integers(1, 40),
)
def test_the_quick_and_the_careful_way_give_the_same_sum(
    lines: list[str], chunk_bytes: int
) -> None:
    one_by_one = b"".join(summed_bytes(line.encode()) for line in lines)
    crc = zlib.crc32(one_by_one)
    content = _summed(*lines, crc=crc)

    assert verify(BytesIO(content), "ascii", chunk_bytes=chunk_bytes) == "matches"
    assert verify(BytesIO(content), "ascii") == "matches"


def test_a_wrong_sum_is_refused_unless_forced() -> None:
    file = a_file(*VOUCHER, "#KSUMMA 123456789", head=("#KSUMMA", *HEAD))

    with pytest.raises(UploadRefused) as refusal:
        file.judge()
    assert refusal.value.code == "checksum_mismatch"
    assert file.judge(force=True).remark_counts == {"checksum_differs": 1}


def test_a_value_without_a_beginning_says_nothing() -> None:
    assert not codes(a_file(*VOUCHER, "#KSUMMA 123456789"))
