"""`bokflow connect`: what it asks before a company's source changes."""

import pytest

from tests.books import Books
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine
FETCHED, UPLOADED = "fortnox", "visma-administration"


@pytest.fixture
def away(command_line: CommandLine) -> CommandLine:
    """A broker that does not answer: whatever is sent is refused, and seen by that."""

    async def registered(books: Books) -> None:
        await books.register("alfa", source="sie")
        await books.register("delta", source=FETCHED)

    command_line.environment["BOKFLOW_KAFKA_URL"] = "127.0.0.1:1"
    command_line.fill(registered)
    return command_line


@pytest.mark.parametrize(
    ("company", "source", "meaning"),
    [
        ("alfa", FETCHED, "files are refused"),
        ("alfa", UPLOADED, "the bookkeeping is uploaded"),
        ("delta", UPLOADED, "nothing is fetched any more"),
    ],
)
def test_another_source_is_explained_and_has_to_be_confirmed(
    away: CommandLine, company: str, source: str, meaning: str
) -> None:
    arguments = ("connect", company, "--source", source)
    refused = away.run(*arguments, typed="yes\n", exit_code=1)
    confirmed = away.run(*arguments, typed=f"{company}\n", exit_code=1)

    assert meaning in " ".join(refused.stderr.split())
    assert "not_confirmed: Nothing was done" in refused.stderr
    assert refused.stdout == ""
    assert "kafka_unreachable" in confirmed.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("connect", "alfa", "--source", FETCHED, "--yes"),
        ("connect", "delta", "--source", FETCHED),
        ("connect", "kiosken", "--source", FETCHED),
    ],
)
def test_a_yes_the_same_source_and_a_new_company_are_not_asked_about(
    away: CommandLine, arguments: tuple[str, ...]
) -> None:
    assert away.refusal(*arguments) == "kafka_unreachable"
