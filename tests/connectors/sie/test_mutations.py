"""Whatever is done to a file, reading it ends soon, in bounded memory, with something to say.

Files are read in a child process, which the kernel ends where a limit is passed.
"""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from connectors.sie.diagnostic_texts import TEXTS
from connectors.sie.refusals import SENTENCES
from tests.connectors.sie.mutants import KINDS, MEGABYTE, SHAPES, Step, made_up
from tests.connectors.sie.reading_child import FILE_NAME, LENGTH_BYTES

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT.parent / "shared" / "sie-samples"
SAMPLE_NAMES = sorted(path.name for path in SAMPLES.glob("*.[sS]*"))
CPU_SECONDS_MAX = 5.0
MEMORY_BYTES_MAX = 1024 * MEGABYTE
EXAMPLES = 70
LINE_END = re.compile(rb"\r\n?|\n")
STEPS = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(sorted(KINDS)),
        start=st.integers(0, 1_000),
        end=st.integers(0, 1_000),
        number=st.integers(0, 9_999),
    ),
    min_size=1,
    max_size=4,
)
# A mutant that hangs takes five seconds: there is no time to look for a smaller one.
without_shrinking = settings(
    phases=(Phase.explicit, Phase.generate), max_examples=EXAMPLES, deadline=None
)
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="the limits of the child are those of Linux"
)


class ReaderEnded(AssertionError):
    """A file was more than the child could bear."""


class Reader:
    """The child process; another one takes its place when a file has ended it."""

    def __init__(
        self, *, cpu_seconds: float = CPU_SECONDS_MAX, memory_bytes: int = MEMORY_BYTES_MAX
    ) -> None:
        self._limits = (str(cpu_seconds), str(memory_bytes))
        self._process: subprocess.Popen[bytes] | None = None

    def outcome(self, content: bytes) -> dict[str, Any]:
        """What the child says of a file."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # It may end before it has read the whole file.
            process.stdin.write(len(content).to_bytes(LENGTH_BYTES, "big") + content)
            process.stdin.flush()
        length = process.stdout.read(LENGTH_BYTES)
        if not length:
            raise ReaderEnded(f"{len(content)} bytes have ended the reader: {self.stop()}")
        outcome: dict[str, Any] = json.loads(process.stdout.read(int.from_bytes(length, "big")))
        return outcome

    def stop(self) -> str:
        """Ends the child; its exit code, or the signal that ended it, and the last it said."""
        if self._process is None:
            return ""
        _, errors = self._process.communicate()
        code, self._process = self._process.returncode, None
        return f"{code}, {errors.decode(errors='replace')[-2_000:]}"

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.connectors.sie.reading_child", *self._limits],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        return self._process


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.stop()


@cache
def _content(source: str) -> bytes:
    if source in SAMPLE_NAMES:
        return (SAMPLES / source).read_bytes()
    return made_up(checksum=source == "made up, with a checksum")


def _ends_well(reader: Reader, content: bytes) -> None:
    outcome = reader.outcome(content)
    if "refused" in outcome:
        assert outcome["refused"] in SENTENCES
        assert FILE_NAME in outcome["sentence"]
        return
    assert outcome["judged"] == outcome["read"]
    assert sum(outcome["counts"].values()) >= len(outcome["remarks"])
    lines = len(LINE_END.findall(content)) + 1
    for line, code, *sentences in outcome["remarks"]:
        assert 0 <= line <= lines
        assert code in outcome["counts"]
        assert code in TEXTS
        assert all(sentences)


def _mutated(source: str, steps: list[Step]) -> bytes:
    content = _content(source)
    for step in steps:
        content = step.apply(content)
    return content


@without_shrinking
@given(source=st.sampled_from(("made up", "made up, with a checksum")), steps=STEPS)
def test_a_mutant_of_a_made_up_file_ends_in_diagnostics(
    reader: Reader, source: str, steps: list[Step]
) -> None:
    _ends_well(reader, _mutated(source, steps))


@pytest.mark.skipif(not SAMPLE_NAMES, reason="the samples stand beside the project, in ../shared")
@without_shrinking
@given(source=st.sampled_from(SAMPLE_NAMES or ("",)), steps=STEPS)
def test_a_mutant_of_a_sample_ends_in_diagnostics(
    reader: Reader, source: str, steps: list[Step]
) -> None:
    _ends_well(reader, _mutated(source, steps))


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_a_hostile_file_ends_in_diagnostics(reader: Reader, shape: str) -> None:
    _ends_well(reader, SHAPES[shape]())


@pytest.mark.parametrize(
    ("reader", "told"),
    [
        (Reader(cpu_seconds=0.02), str(-signal.SIGPROF)),
        (Reader(memory_bytes=8 * MEGABYTE), "MemoryError"),
    ],
    ids=["time", "memory"],
)
def test_a_file_beyond_a_limit_ends_the_reader(reader: Reader, told: str) -> None:
    with pytest.raises(ReaderEnded, match=told):
        reader.outcome(made_up(checksum=False) * 1_000)
