"""The Rust crate `sie-parser`, built by cargo in the same run: what our reader is held against."""

import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("sie_parser")
PROGRAM = "read-with-sie-parser"
BUILD_SECONDS_MAX = 600


class NotBuilt(Exception):
    """There is no program to measure, and why."""


def build(directory: Path) -> Path:
    """The program, built in the directory, so that nothing is left beside its sources."""
    cargo = shutil.which("cargo")
    if cargo is None:
        raise NotBuilt("cargo is missing")
    copied = shutil.copytree(SOURCE, directory / SOURCE.name)
    target = directory / "cargo-target"
    ended = subprocess.run(
        [cargo, "build", "--release", "--quiet"],
        cwd=copied,
        env={**os.environ, "CARGO_TARGET_DIR": str(target)},
        capture_output=True,
        timeout=BUILD_SECONDS_MAX,
        check=False,
    )
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotBuilt(f"cargo could not build it: {said[0] if said else 'it did not say why'}")
    return target / "release" / PROGRAM
