"""One file of an import: opened, judged, stored, and waited for."""

import asyncio
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import asyncpg
from pydantic import Field

from schemas.errors import UploadRefused
from schemas.lifecycle_events import SieType
from schemas.limits import replace_forbidden
from schemas.model import Model
from streams.command_line.answer import ask
from streams.command_line.import_progress import ImportProgress, import_progress
from streams.command_line.options import Options
from streams.command_line.refusal import CommandRefused, sentence
from streams.command_line.run_watch import RunWatch
from streams.command_line.texts import label

if TYPE_CHECKING:  # Commands that only query start without the connectors.
    from connectors.sie.file import Judgement

Status = Literal["completed", "queued", "refused", "failed"]


class Remark(Model):
    line: int  # 0: the file as a whole.
    code: str
    message: str
    severity: str = Field(exclude=True)  # information, warning, error


class ImportedFile(Model):
    """What became of a file. What it holds is counted by the ledger where that has it."""

    file: str
    status: Status
    reason: str | None = None
    sentence: str = Field(default="", exclude=True)  # For people, on stderr.
    run_id: str | None = None
    run_number: int | None = None
    encoding: str | None = None
    sie_type: SieType | None = None
    company_name: str | None = None
    fiscal_year: date | None = None
    vouchers: int = 0
    postings: int = 0
    set_aside: int = 0
    already_present: int = 0  # Only a 4I file can bring what is there.
    warnings: tuple[Remark, ...] = ()

    @property
    def remarks(self) -> list[Remark]:
        """The warnings that deserve a look."""
        return [warning for warning in self.warnings if warning.severity != "information"]


class Importer:
    """Imports files into one company, one by one."""

    def __init__(
        self, options: Options, company: str, *, name: str, waits: bool, forced: bool
    ) -> None:
        self._options = options
        self._company = company
        self._name = replace_forbidden(name)
        self._waits = waits
        self._forced = forced
        self.interrupted = False

    def check_engine(self) -> None:
        """Raises CommandRefused where the engine cannot take any file."""

        async def question(connection: asyncpg.Connection) -> None:
            """Connecting is all that is asked."""

        ask(self._options, question)

    def import_one(self, path: Path) -> ImportedFile:
        """What becomes of a file; never raises for what is wrong with it."""
        result = ImportedFile(file=replace_forbidden(str(path)), status="failed")
        language = self._options.language
        try:
            with import_progress(result.file, language) as progress, _opened(path) as file:
                return self._import(file, replace_forbidden(path.name), result, progress)
        except OSError as error:
            facts: dict[str, object] = {"file": result.file, "error": error.strerror or error}
            told = sentence("not_readable", language, facts)
            return self._ended(result, "refused", "not_readable", told)
        except KeyboardInterrupt:
            self.interrupted = True
            told = sentence("interrupted", language, {"file": result.file})
            return self._ended(result, "failed", "interrupted", told)

    def _import(
        self, file: BinaryIO, file_name: str, result: ImportedFile, progress: ImportProgress
    ) -> ImportedFile:
        try:
            judgement = self._judge(file, file_name)
        except UploadRefused as refused:
            self._remember(file_name, refused)
            return self._ended(result, "refused", refused.code, str(refused))
        result = result.model_copy(update=self._contents(judgement))
        try:
            run_id = self._store(file, file_name, judgement)
        except UploadRefused as refused:
            self._remember(file_name, refused)
            return self._ended(result, "refused", refused.code, str(refused))
        except CommandRefused as refused:
            told = refused.sentence(self._options.language)
            return self._ended(result, "failed", refused.code, told)
        result = result.model_copy(update={"run_id": run_id, "status": "queued"})
        return self._wait(result, run_id, progress) if self._waits else result

    def _judge(self, file: BinaryIO, file_name: str) -> "Judgement":
        from connectors.sie.file import SieFile

        return SieFile(file, name=file_name).judge(force=self._forced)

    def _store(self, file: BinaryIO, file_name: str, judgement: "Judgement") -> str:
        from streams import uploads

        async def question(connection: asyncpg.Connection) -> str:
            received = await uploads.receive(
                connection,
                company_id=self._company,
                name=self._name,
                file=file,
                file_name=file_name,
                judgement=judgement,
                forced=self._forced,
            )
            return received.run_id

        return ask(self._options, question)

    def _remember(self, file_name: str, refused: UploadRefused) -> None:
        from streams import uploads

        async def question(connection: asyncpg.Connection) -> None:
            await uploads.refuse(
                connection,
                company_id=self._company,
                file_name=file_name,
                code=refused.code,
                sentence=str(refused),
            )

        try:
            ask(self._options, question)
        except CommandRefused:
            return  # The user is told of the refusal anyway; the log of uploads is without it.

    def _wait(self, result: ImportedFile, run_id: str, progress: ImportProgress) -> ImportedFile:
        """The file's result once its run has ended; still `queued` where nobody could tell."""
        watch = RunWatch(self._options.data_dir, run_id, progress.show)
        try:
            ended, read = asyncio.run(watch.until_ended())
        except CommandRefused as refused:
            status: Status = "failed" if refused.code == "company_removed" else "queued"
            told = refused.sentence(self._options.language)
            return self._ended(result, status, refused.code, told)
        except KeyboardInterrupt:
            self.interrupted = True
            facts: dict[str, object] = {"file": result.file, "company_id": self._company}
            told = label("import_goes_on", self._options.language, **facts)
            return self._ended(result, "queued", "interrupted", told)
        result = result.model_copy(update={"run_number": ended.run_number})
        if ended.state != "completed":
            reason = ended.reason or ended.state
            return self._ended(result, "failed", reason, ended.detail or reason)
        counts = {"vouchers": read.vouchers, "set_aside": read.set_aside}
        return result.model_copy(update={"status": "completed", **counts})

    def _contents(self, judgement: "Judgement") -> dict[str, object]:
        year = judgement.fiscal_year
        return {
            "encoding": judgement.encoding,
            "sie_type": judgement.sie_type,
            "company_name": judgement.company_name,
            "fiscal_year": year.first_day if year else None,
            "vouchers": judgement.vouchers,
            "postings": judgement.postings,
            "set_aside": judgement.set_aside,
            "warnings": tuple(
                Remark(
                    line=warning.line,
                    code=warning.code,
                    message=warning.message(self._options.language),
                    severity=warning.severity,
                )
                for warning in judgement.warnings
            ),
        }

    def _ended(self, result: ImportedFile, status: Status, reason: str, told: str) -> ImportedFile:
        return result.model_copy(update={"status": status, "reason": reason, "sentence": told})


def _opened(path: Path) -> BinaryIO:
    """The file, open. Raises OSError, also for a device or a pipe, which may never end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError("it is no ordinary file")
    return open(path, "rb")
