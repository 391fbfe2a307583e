"""One question to a Kafka broker over a plain socket: which brokers are ready to serve?"""

import socket
import struct

ANSWER_SECONDS_MAX = 5.0
ANSWER_BYTES_MAX = 16 * 2**20
METADATA_KEY = 3
# Version 1 is the oldest in which a client can ask for no topics at all.
METADATA_VERSION = 1
CORRELATION = 1


def count_ready_brokers(host: str, port: int) -> int:
    """Brokers that take part. Raises OSError while nothing answers.

    A starting broker answers before it takes part, and refuses to create topics until it does.
    """
    with socket.create_connection((host, port), timeout=ANSWER_SECONDS_MAX) as connection:
        connection.sendall(_request())
        (size,) = struct.unpack(">i", _receive(connection, 4))
        if not 12 <= size <= ANSWER_BYTES_MAX:
            raise ConnectionError(f"port {port} answers, but not as Kafka does")
        correlation, brokers = struct.unpack(">ii", _receive(connection, size)[:8])
    if correlation != CORRELATION:
        raise ConnectionError(f"port {port} answers, but not as Kafka does")
    return int(brokers)


def _request() -> bytes:
    no_client_name, no_topics = -1, 0
    body = struct.pack(">hhih", METADATA_KEY, METADATA_VERSION, CORRELATION, no_client_name)
    body += struct.pack(">i", no_topics)
    return struct.pack(">i", len(body)) + body


def _receive(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        chunk = connection.recv(size - len(received))
        if not chunk:
            raise ConnectionError("the broker hung up")
        received += chunk
    return bytes(received)
