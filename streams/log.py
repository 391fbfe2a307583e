"""Structured logging: coloured lines for people, JSON lines by BOKFLOW_LOG=json; to stderr."""

import logging
import sys
from typing import Literal

import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
# Libraries that log at each retry; what matters of it, the engine says once itself.
_QUIET = ("aiokafka", "faust", "mode", "asyncio", "kafka")


def configure(form: Literal["console", "json"], level: str) -> None:
    """Sets up structlog and the standard library's logging for this process."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if form == "json":
        shared.append(structlog.processors.format_exc_info)
        shared.append(structlog.processors.JSONRenderer())
    else:
        # Plain: a richer traceback shows the values of variables, and access tokens among them.
        plain = structlog.dev.plain_traceback
        shared.append(
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
        )
    structlog.configure(
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # It tells of each request.
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def to_stderr() -> None:
    """Keeps what a command logs off stdout, which belongs to its results."""
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
