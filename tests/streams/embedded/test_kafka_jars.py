"""Downloads from a Maven repository: whole and checked, or not there at all."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jgo.maven import Artifact, MavenContext

from streams.embedded import kafka_jars
from streams.embedded.kafka_jars import WholeFilesResolver

JAR_PATH = "/org/example/books/1.0/books-1.0.jar"
JAR = b"the jar's bytes"


class Repository:
    """A Maven repository on this machine, whose answers the test sets."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.requests: list[str] = []
        repository = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                repository.requests.append(self.path)
                body = repository.answers.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    monkeypatch.setattr(kafka_jars, "RETRY_SECONDS", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    repository = Repository()
    thread = threading.Thread(target=repository.server.serve_forever, args=(0.02,))
    thread.start()
    yield repository
    repository.server.shutdown()
    thread.join()
    repository.server.server_close()


def books(repository: Repository, kept_in: Path, told: list[str]) -> Artifact:
    context = MavenContext(
        repo_cache=kept_in,
        remote_repos={"here": repository.url},
        resolver=WholeFilesResolver(told.append),
    )
    return context.create_dependency("org.example:books:1.0").artifact


def test_a_download_is_announced_once_checked_and_kept(
    repository: Repository, tmp_path: Path
) -> None:
    repository.answers[JAR_PATH] = JAR
    repository.answers[f"{JAR_PATH}.sha1"] = hashlib.sha1(JAR).hexdigest().encode()
    told: list[str] = []
    artifact = books(repository, tmp_path, told)

    assert artifact.resolve().read_bytes() == JAR
    assert artifact.resolve().read_bytes() == JAR

    assert repository.requests == [JAR_PATH, f"{JAR_PATH}.sha1"]
    assert len(told) == 1


def test_a_download_with_another_checksum_is_tried_again_and_never_kept(
    repository: Repository, tmp_path: Path
) -> None:
    repository.answers[JAR_PATH] = JAR[:-1]
    repository.answers[f"{JAR_PATH}.sha1"] = hashlib.sha1(JAR).hexdigest().encode()

    with pytest.raises(OSError, match="does not match its checksum"):
        books(repository, tmp_path, []).resolve()

    assert repository.requests.count(JAR_PATH) == kafka_jars.DOWNLOAD_ATTEMPTS_MAX
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_jar_that_no_repository_has_is_named(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"books-1\.0\.jar is not in"):
        books(repository, tmp_path, []).resolve()
