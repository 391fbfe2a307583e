"""Where PostgreSQL's socket lies, and how its settings are written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.embedded.errors import DirectoryUnusable
from streams.embedded.postgres_files import socket_directory_for, write_configuration


@pytest.fixture
def long_path(tmp_path: Path) -> Iterator[Path]:
    """Too long for the name of a socket; what stands in for it is removed again."""
    path = tmp_path / ("long" * 30)
    yield path
    substitute = socket_directory_for(path, None)
    substitute.rmdir()


def test_the_socket_lies_with_the_data_where_clients_can_name_it() -> None:
    assert socket_directory_for(Path("/srv/bok"), None) == Path("/srv/bok")


def test_a_path_too_long_for_a_socket_gets_the_same_private_substitute_every_time(
    long_path: Path,
) -> None:
    substitute = socket_directory_for(long_path, None)

    assert substitute == socket_directory_for(long_path, None)
    assert substitute.stat().st_mode & 0o777 == 0o700


def test_a_path_with_a_comma_gets_a_substitute_too(tmp_path: Path) -> None:
    substitute = socket_directory_for(tmp_path / "a,b", None)

    assert "," not in str(substitute)
    substitute.rmdir()


def test_a_substitute_that_others_may_enter_is_refused(long_path: Path) -> None:
    substitute = socket_directory_for(long_path, None)
    substitute.chmod(0o755)

    with pytest.raises(DirectoryUnusable, match="belongs to somebody else"):
        socket_directory_for(long_path, None)
    substitute.chmod(0o700)


def test_settings_are_quoted_and_the_callers_win(tmp_path: Path) -> None:
    write_configuration(
        tmp_path,
        socket_directory=Path('/o"brien'),
        overrides={"fsync": "off", "log_line_prefix": "it's "},
        account=None,
    )

    lines = (tmp_path / "bokflow.conf").read_text().splitlines()
    assert "fsync = 'off'" in lines
    assert "log_line_prefix = 'it''s '" in lines
    assert """unix_socket_directories = '"/o""brien"'""" in lines
