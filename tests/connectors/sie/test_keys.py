"""Keys seen before are found, whatever order they come in, in little memory."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from connectors.sie.keys import SeenKeys

NUMBERS = st.one_of(
    st.integers(0, 12).map(str), st.sampled_from(("", "01", "1a", "²", "9" * 19, "-1", " 1"))
)


@given(keys=st.lists(st.tuples(st.sampled_from("AB"), NUMBERS), max_size=60))
def test_every_occurrence_is_counted(keys: list[tuple[str, str]]) -> None:
    seen, expected = SeenKeys(), Counter[tuple[str, str]]()

    for series, number in keys:
        expected[series, number] += 1
        assert seen.occurrence(series, number) == expected[series, number]


def test_a_key_that_comes_very_often_is_still_counted() -> None:
    seen = SeenKeys()

    assert [seen.occurrence("A", "1") for _ in range(3_000)] == list(range(1, 3_001))


def test_many_series_and_numbers_without_order_are_told_apart() -> None:
    seen = SeenKeys()

    assert {seen.occurrence(f"S{n}", "1") for n in range(3_000)} == {1}
    assert {seen.occurrence("A", f"x{n}") for n in range(3_000)} == {1}
    assert {seen.occurrence("B", str(n)) for n in range(3_000, 0, -1)} == {1}
    assert {seen.occurrence(f"S{n}", "1") for n in range(3_000)} == {2}
    assert {seen.occurrence("B", str(n)) for n in range(1, 3_001)} == {2}
