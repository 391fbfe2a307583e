"""What stands in for the network: answers that were written down, in order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from connectors.fortnox.client import FortnoxClient, http_client

Answering = Callable[[httpx.Request], httpx.Response]


class Wire:
    """Answers in order, the last one for ever; remembers what was asked and waited for."""

    def __init__(self, *answers: httpx.Response | Answering | Exception) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []
        self.events: list[str] = []
        self.slept_seconds: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.requests.append(request)
        self.events.append("request")
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(
                answer.status_code, headers=answer.headers, content=answer.content
            )
        return answer(request)

    def sleep(self, seconds: float) -> None:
        self.slept_seconds.append(seconds)

    @contextmanager
    def client(self) -> Iterator[FortnoxClient]:
        with http_client("https://fortnox.example/3", "secret") as http:
            http._transport = httpx.MockTransport(self)
            yield FortnoxClient(
                http, wait_turn=lambda: self.events.append("turn"), sleep=self.sleep
            )


def said(status: int = 200, document: Any = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={} if document is None else document, headers=headers)


def capital(code: int, message: str = "") -> Any:
    return {"ErrorInformation": {"Error": 1, "Message": message, "Code": code}}


def lower(code: int, message: str = "") -> Any:
    return {"ErrorInformation": {"error": 1, "message": message, "code": str(code)}}
