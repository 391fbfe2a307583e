"""Runs a simulator on a loopback port, in a thread of the program that uses it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

START_SECONDS_MAX = 10.0
STOP_SECONDS_MAX = 2


@contextmanager
def serving(app: ASGIApp, *, port: int = 0) -> Iterator[str]:
    """The address at which the app answers while the block runs; 0 is any free port."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        # Each connection inherits it. Without it an answer in two parts waits 40 ms for an ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = _Server(app)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            assert server.is_up.wait(START_SECONDS_MAX), "the simulator did not start"
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """Says when it is up, and leaves logs and the date of answers to the simulator."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS_MAX,
        )
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()
