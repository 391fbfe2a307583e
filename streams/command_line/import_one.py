"""One file of an import: opened, judged, stored, and waited for."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import asyncpg

from schemas.errors import UploadRefused
from schemas.limits import replace_forbidden
from streams.command_line.answer import ask
from streams.command_line.import_progress import import_progress
from streams.command_line.imported_file import ImportedFile, Status
from streams.command_line.opened_file import opened
from streams.command_line.options import Options
from streams.command_line.refusal import CommandRefused, sentence
from streams.command_line.run_progress import RunProgress
from streams.command_line.run_watch import RunWatch
from streams.command_line.show import organisation_number
from streams.command_line.texts import label
from streams.command_line.told_reason import of_file
from streams.command_line.words import word

if TYPE_CHECKING:  # Commands that only query start without the connectors.
    from connectors.sie.file import Judgement
    from streams.uploads import ReceivedUpload

# A judgement has a remark of its own where it was made in spite of this.
REMARKED_BY_THE_FILE = ("checksum_mismatch",)


class Importer:
    """Imports files into one company, one by one.

    `forced`: takes a file in spite of what is wrong with it. `again`: a file that adds vouchers
    adds those too that are there already.
    """

    def __init__(
        self,
        options: Options,
        company: str,
        *,
        name: str = "",
        waits: bool = False,
        forced: bool = False,
        again: bool = False,
    ) -> None:
        self._options = options
        self._company = company
        self._name = replace_forbidden(name)
        self._waits = waits
        self._forced = forced
        self._again = again
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
            with import_progress(result.file, language) as progress, opened(path) as file:
                return self._import(file, replace_forbidden(path.name), result, progress)
        except OSError as error:
            why = word(error.strerror or str(error), language)
            told = sentence("not_readable", language, {"file": result.file, "error": why})
            return result.ended("refused", "not_readable", told)
        except KeyboardInterrupt:
            self.interrupted = True
            told = sentence("interrupted", language, {"file": result.file})
            return result.ended("failed", "interrupted", told)

    def _import(
        self, file: BinaryIO, file_name: str, result: ImportedFile, progress: RunProgress
    ) -> ImportedFile:
        language = self._options.language
        try:
            judgement, overridden = self._judge(file, file_name)
            result = result.judged(judgement, language)
            received = self._store(file, file_name, judgement)
        except UploadRefused as refused:
            self._remember(file_name, refused)
            return result.ended("refused", refused.code, refused.sentence(language))
        except CommandRefused as refused:
            return result.ended("failed", refused.code, refused.sentence(language))
        if overridden is not None and overridden.code not in REMARKED_BY_THE_FILE:
            told = overridden.sentence(language)
            result = result.remarked("taken_by_force", language, sentence=told)
        if received.replaced_number is not None:
            facts = {"number": judgement.organisation_number, "known": received.replaced_number}
            told_facts = {name: organisation_number(number) for name, number in facts.items()}
            told_facts["company_id"] = self._company
            result = result.remarked("number_replaced", language, **told_facts)
        result = result.queued(received.run_id, judgement)
        return self._wait(result, received.run_id, progress) if self._waits else result

    def _judge(self, file: BinaryIO, file_name: str) -> "tuple[Judgement, UploadRefused | None]":
        """The file, and the refusal that its user overrides. Raises UploadRefused."""
        from connectors.sie.file import SieFile

        sie_file = SieFile(file, name=file_name)
        try:
            return sie_file.judge(), None
        except UploadRefused as refused:
            if not self._forced:
                raise
            return sie_file.judge(force=True), refused

    def _store(self, file: BinaryIO, file_name: str, judgement: "Judgement") -> "ReceivedUpload":
        from streams import uploads

        async def question(connection: asyncpg.Connection) -> "ReceivedUpload":
            return await uploads.receive(
                connection,
                company_id=self._company,
                name=self._name,
                file=file,
                file_name=file_name,
                judgement=judgement,
                forced=self._forced,
                again=self._again,
            )

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

    def _wait(self, result: ImportedFile, run_id: str, progress: RunProgress) -> ImportedFile:
        """The file's result once its run has ended; still `queued` where nobody could tell."""
        watch = RunWatch(self._options.data_dir, run_id, progress.show)
        try:
            ended, read = asyncio.run(watch.until_ended())
        except CommandRefused as refused:
            status: Status = "failed" if refused.code == "company_removed" else "queued"
            return result.ended(status, refused.code, refused.sentence(self._options.language))
        except KeyboardInterrupt:
            self.interrupted = True
            facts: dict[str, object] = {"file": result.file, "company_id": self._company}
            told = label("import_goes_on", self._options.language, **facts)
            return result.ended("queued", "interrupted", told)
        result = result.model_copy(update={"run_number": ended.run_number})
        if ended.state != "completed":
            reason = ended.reason or ended.state
            told = ended.detail or word(of_file(reason), self._options.language)
            return result.ended("failed", reason, told)
        return result.completed(read, self._options.language)
