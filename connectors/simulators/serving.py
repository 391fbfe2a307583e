"""Runs a simulator on a loopback port, in a thread of the program that uses it."""

import asyncio
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
            server.leave()
            thread.join()


class _Server(uvicorn.Server):
    """Says when it is up, and leaves logs and the date of answers to the simulator.

    It leaves at once where nobody waits for an answer: uvicorn itself looks ten times a second
    whether to leave, and then waits a tenth of a second more, which hundreds of tests would feel.
    """

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
        self._leaving = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def leave(self) -> None:
        """Ends it, from another thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._leaving.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.is_up.set()

    async def main_loop(self) -> None:
        await self._leaving.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)  # Connections on which nobody waits are lost in the next turn.
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
