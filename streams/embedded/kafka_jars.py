"""Apache Kafka's jars, from Maven Central into the local Maven repository, once per machine.

jgo finds out which jars belong to a Kafka and keeps them where Maven would. Two things it would do
are avoided: its own downloads write straight into their final place, so that an interrupted one
passes for whole ever after; and `jgo.build` fetches a JDK where the machine has no `jar` tool.
"""

import hashlib
import os
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from jgo.config import GlobalSettings
from jgo.maven import MavenContext, PythonResolver
from jgo.util import http

from streams.embedded.errors import DownloadFailed, JarDamaged

if TYPE_CHECKING:
    from jgo.maven import Artifact

KAFKA_VERSION = "4.4.0"
COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    # Kafka's own jars leave the choice of a logger open, and without one it says nothing at all.
    # The mark ends its influence on versions: otherwise its parent replaces kafka-clients by 3.9.
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5!",
)
DOWNLOADS_AT_ONCE = 6
DOWNLOAD_ATTEMPTS_MAX = 3
RETRY_SECONDS = 1.0
PROGRESS_SECONDS = 1.0
CHUNK_BYTES = 65_536


def class_path(progress: Callable[[str], None]) -> str:
    """Every jar of the broker, downloaded where missing, as Java's class path."""
    try:
        jars = _fetch(progress)
    except (OSError, RuntimeError) as error:  # So jgo and requests say that something is missing.
        raise DownloadFailed(f"Apache Kafka {KAFKA_VERSION}", str(error)) from error
    for jar in jars:
        if not zipfile.is_zipfile(jar):
            raise JarDamaged(jar)
    return os.pathsep.join(str(jar) for jar in jars)


def _fetch(progress: Callable[[str], None]) -> list[Path]:
    resolver = WholeFilesResolver(progress)
    context = MavenContext(repo_cache=GlobalSettings.load().repo_cache, resolver=resolver)
    wanted = [context.create_dependency(coordinate) for coordinate in COORDINATES]
    inputs, transitive = resolver.resolve(wanted)
    artifacts = [dependency.artifact for dependency in inputs] + [
        dependency.artifact
        for dependency in transitive
        if dependency.scope in ("compile", "runtime")
    ]
    missing = [artifact for artifact in artifacts if not _place(artifact).exists()]
    if missing:
        resolver.announce()  # Here, so that progress is only ever told by the caller's thread.
        _download(missing, progress)
    return [_place(artifact) for artifact in artifacts]


def _place(artifact: "Artifact") -> Path:
    place = artifact.cached_path
    assert place is not None, "the context has a repository to keep files in"
    return place


def _download(missing: list["Artifact"], progress: Callable[[str], None]) -> None:
    reported_at, size_bytes = 0.0, 0
    with ThreadPoolExecutor(max_workers=DOWNLOADS_AT_ONCE) as executor:
        downloads = [executor.submit(artifact.resolve) for artifact in missing]
        try:
            for count, download in enumerate(as_completed(downloads), start=1):
                size_bytes += download.result().stat().st_size
                if time.monotonic() - reported_at > PROGRESS_SECONDS or count == len(missing):
                    progress(
                        f"Downloading Apache Kafka {KAFKA_VERSION}: {count} of {len(missing)} "
                        f"files, {size_bytes / 1e6:.0f} MB"
                    )
                    reported_at = time.monotonic()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


class WholeFilesResolver(PythonResolver):
    """Resolves as jgo does; a download appears in its place when it is whole and checked."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        super().__init__()
        self._progress = progress
        self._announced = False

    def announce(self) -> None:
        if not self._announced:
            self._announced = True
            self._progress(
                f"Downloading Apache Kafka {KAFKA_VERSION} from Maven Central "
                "(45 MB, once per machine)"
            )

    def download(self, artifact: "Artifact") -> Path:
        self.announce()
        for attempt in range(1, DOWNLOAD_ATTEMPTS_MAX + 1):
            try:
                return self._download_once(artifact)
            except OSError:
                if attempt == DOWNLOAD_ATTEMPTS_MAX:
                    raise
                time.sleep(RETRY_SECONDS * attempt)
        raise AssertionError("the last attempt returns or raises")

    def _download_once(self, artifact: "Artifact") -> Path:
        target = _place(artifact)
        for repository in artifact.context.remote_repos.values():
            url = f"{repository}/{artifact.component.path_prefix.as_posix()}/{artifact.filename}"
            timeout_seconds = artifact.context.timeout
            with closing(http.get(url, stream=True, timeout=timeout_seconds)) as response:
                if response.status_code == 404:
                    continue
                response.raise_for_status()
                checksum = http.get(f"{url}.sha1", timeout=timeout_seconds)
                checksum.raise_for_status()
                target.parent.mkdir(parents=True, exist_ok=True)
                partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
                digest = hashlib.sha1(usedforsecurity=False)
                with partial.open("wb") as file:
                    for chunk in response.iter_content(CHUNK_BYTES):
                        digest.update(chunk)
                        file.write(chunk)
                if digest.hexdigest() != checksum.text.split()[0]:
                    partial.unlink()
                    raise OSError(f"{url} does not match its checksum")
                os.replace(partial, target)
                return target
        raise RuntimeError(f"{artifact.filename} is not in {artifact.context.remote_repos}")
