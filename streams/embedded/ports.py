"""Free TCP ports on this machine's loopback address."""

import random
import socket

from streams.embedded.errors import NoPortFree

LOOPBACK = "127.0.0.1"
# Below the range from which systems give outgoing connections their ports: one that is free today
# is then likely to be free at the next start.
FIRST_PORT = 20_000
LAST_PORT = 31_999
ATTEMPTS_MAX = 100


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
        # As Kafka does: a connection of an earlier start that lingers does not hold the port.
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def choose_free(*, other_than: int | None = None) -> int:
    for _ in range(ATTEMPTS_MAX):
        port = random.randint(FIRST_PORT, LAST_PORT)
        if port != other_than and is_free(port):
            return port
    raise NoPortFree(FIRST_PORT, LAST_PORT)
