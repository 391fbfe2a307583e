"""The connector of a source, by the source's name."""

import pytest

from connectors.fortnox.connector import FortnoxConnector
from connectors.registry import Access, open_connector
from schemas.sources import SOURCES, SourceUnknown

ACCESS = Access("https://fortnox.example/3", "a-token")


@pytest.mark.parametrize("source", [name for name in SOURCES if SOURCES[name].is_direct])
def test_every_direct_source_has_a_connector(source: str) -> None:
    with open_connector(source, access=ACCESS, known={}, wait_turn=lambda: None) as connector:
        assert isinstance(connector, FortnoxConnector)
        assert connector.name == source


@pytest.mark.parametrize("source", ["sie", "visma-administration", "nobody"])
def test_other_sources_have_none(source: str) -> None:
    with pytest.raises(SourceUnknown):
        open_connector(source, access=ACCESS, known={}, wait_turn=lambda: None)


def test_a_token_is_not_shown() -> None:
    assert "a-token" not in repr(ACCESS)
