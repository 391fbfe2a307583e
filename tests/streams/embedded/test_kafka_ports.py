"""The ports of a broker: kept where they are free, new where they are not."""

import socket
from pathlib import Path

import pytest

from streams.embedded.errors import PortUnavailable
from streams.embedded.kafka_ports import choose, kept


def test_ports_are_kept_from_one_start_to_the_next(tmp_path: Path) -> None:
    chosen = choose(tmp_path / "ports.json", pinned=None, may_move=True)

    assert chosen.broker != chosen.controller
    assert choose(tmp_path / "ports.json", pinned=None, may_move=True) == chosen
    assert kept(tmp_path / "ports.json") == chosen


def test_only_the_port_that_others_hold_is_replaced(tmp_path: Path) -> None:
    former = choose(tmp_path / "ports.json", pinned=None, may_move=True)

    with socket.create_server(("127.0.0.1", former.broker)):
        chosen = choose(tmp_path / "ports.json", pinned=None, may_move=True)

    assert chosen.broker != former.broker
    assert chosen.controller == former.controller


def test_a_port_that_others_know_already_is_not_replaced(tmp_path: Path) -> None:
    former = choose(tmp_path / "ports.json", pinned=None, may_move=True)

    with (
        socket.create_server(("127.0.0.1", former.broker)),
        pytest.raises(PortUnavailable, match=str(former.broker)),
    ):
        choose(tmp_path / "ports.json", pinned=None, may_move=False)


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("[1")

    assert kept(tmp_path / "ports.json") is None
