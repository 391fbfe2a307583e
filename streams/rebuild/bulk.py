"""The bulk of a rebuild: a topic's partitions, shared among processes."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

import orjson

from projections.migrate import Projection
from schemas.errors import SyncError
from streams.rebuild.child import Progress, Task
from streams.rebuild.room import DiskTooFull
from streams.settings import Settings

PROCESSES_MAX = 2
LINE_BYTES_MAX = 16 * 1024 * 1024
Report = Callable[[Progress], None]


class BuildFailed(SyncError):
    """A process of the rebuild has ended badly; the live tables are untouched."""


async def run(
    settings: Settings,
    projection: Projection,
    version: int,
    stretch: Mapping[int, tuple[int, int]],
    report: Report,
) -> None:
    """Applies every partition from its first offset up to its second; reports each word of it.

    Raises BuildFailed, DiskTooFull. Where it is cancelled the processes go with it.
    """
    wanted = [
        Task(projection=projection.name, version=version, stretch=share)
        for share in _shares(stretch, processes=min(PROCESSES_MAX, os.cpu_count() or 1))
    ]
    tasks = [asyncio.create_task(_run(settings, one, report)) for one in wanted]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _shares(
    stretch: Mapping[int, tuple[int, int]], *, processes: int
) -> list[dict[int, tuple[int, int]]]:
    """The partitions dealt out, the longest first, so that all end at about the same time."""
    shares: list[dict[int, tuple[int, int]]] = [{} for _ in range(processes)]
    lengths = [0] * processes
    for number in sorted(stretch, key=lambda one: stretch[one][0] - stretch[one][1]):
        start, end = stretch[number]
        least = lengths.index(min(lengths))
        if start < end:
            shares[least][number] = (start, end)
            lengths[least] += end - start
    return [share for share in shares if share]


async def _run(settings: Settings, task: Task, report: Report) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "streams.rebuild.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=_environment(settings),
        limit=LINE_BYTES_MAX,
        start_new_session=True,  # Ctrl-C in a terminal is for this process alone.
    )
    assert process.stdin is not None
    assert process.stdout is not None
    fault: SyncError | None = None
    try:
        process.stdin.write(task.model_dump_json().encode() + b"\n")
        await process.stdin.drain()
        async for line in process.stdout:
            progress = Progress.model_validate(orjson.loads(line))
            fault = _fault(progress) or fault
            report(progress)
        if await process.wait() != 0:
            raise fault or BuildFailed(f"a process ended with {process.returncode}")
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _fault(progress: Progress) -> SyncError | None:
    if progress.error is None:
        return None
    return DiskTooFull(progress.error) if progress.is_disk_full else BuildFailed(progress.error)


def _environment(settings: Settings) -> dict[str, str]:
    """That of this process, but for settings: they may come from elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOKFLOW_")}
    return kept | {
        "BOKFLOW_KAFKA_URL": settings.kafka_url,
        "BOKFLOW_POSTGRES_DSN": settings.postgres_dsn.get_secret_value(),
    }
