"""What the logs do not tell."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from streams import log


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    before = {name: logging.getLogger(name).level for name in (*log._QUIET, "httpx")}
    yield
    structlog.reset_defaults()
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def test_requests_are_not_told_one_by_one() -> None:
    log.configure("console", "debug")

    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_shows_no_values(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json" if form == "json" else "console", "info")

    def fail(token: str) -> None:
        raise ZeroDivisionError(len(token))

    try:
        fail("a-" + "token")
    except ZeroDivisionError as error:
        structlog.get_logger().error("failed", exc_info=error)

    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert "a-token" not in told
