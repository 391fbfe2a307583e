"""The user that PostgreSQL runs as: it refuses root, so root lends it one without rights."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streams.embedded.errors import AccountUnavailable, DirectoryUnusable

ACCOUNT_NAME = "bokflow-postgres"
USERADD_SECONDS_MAX = 30.0


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def take(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)


def account_for(directory: Path) -> Account | None:
    """None: PostgreSQL runs as we do. Data that exist keep their owner."""
    if os.geteuid() != 0:
        return None
    if directory.exists() and (owner := directory.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        entry = pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        _make_account()
        entry = pwd.getpwnam(ACCOUNT_NAME)
    return Account(entry.pw_uid, entry.pw_gid)


def _make_account() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise AccountUnavailable(ACCOUNT_NAME, "there is no such user and no useradd to make it")
    made = subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/bin/false", ACCOUNT_NAME],
        capture_output=True,
        text=True,
        timeout=USERADD_SECONDS_MAX,
    )
    # 9: somebody else has made it meanwhile.
    if made.returncode not in (0, 9):
        raise AccountUnavailable(ACCOUNT_NAME, made.stderr.strip())


def open_ways(paths: tuple[Path, ...], account: Account, progress: Callable[[str], None]) -> None:
    """Let the account walk down to these paths, without letting it list what lies beside them."""
    for directory in dict.fromkeys(parent for path in paths for parent in path.resolve().parents):
        status = directory.stat()
        if status.st_uid == account.uid or status.st_mode & stat.S_IXOTH:
            continue
        progress(f"PostgreSQL does not run as root: letting its user pass through {directory}")
        try:
            directory.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)
        except OSError as error:
            raise DirectoryUnusable(directory, error.strerror or str(error)) from error


def open_programs(directory: Path) -> None:
    """An installation under a strict umask is closed to the account: let it read and run."""
    for path in (directory, *directory.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)
