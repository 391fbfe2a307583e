"""The commands that there are, and what a command that only queries does not load."""

import re
import subprocess
import sys

from tests.streams.command_line.command_line import CommandLine

COMMANDS = (
    "connect",
    "sync",
    "cancel",
    "import",
    "companies",
    "status",
    "runs",
    "vouchers",
    "trial-balance",
    "verify-totals",
    "as-of",
    "schemas",
)
SUBCOMMANDS = (
    "connections list",
    "connections show",
    "connections disconnect",
    "dead-letters list",
    "dead-letters show",
    "dead-letters redrive",
)
HEAVY = ("faust", "aiokafka", "connectors", "mode", "streams.uploads")
LOADED = f"""
import sys
from streams.command_line.main import app
try:
    app(["companies", "--help"])
except SystemExit:
    pass
print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""
# As if Ctrl-C came while the command line is loaded.
INTERRUPTED = """
import sys

class Interruption:
    def find_spec(self, name, *rest):
        if name == "streams.command_line.main":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interruption())
from streams.command_line.entry import main
main()
"""


def test_every_command_is_there() -> None:
    told = CommandLine({}).run("--help").stdout

    assert all(command in told for command in (*COMMANDS, "connections", "dead-letters"))


def test_every_command_takes_the_shared_options_after_its_name() -> None:
    for command in (*COMMANDS, *SUBCOMMANDS):
        told = CommandLine({}).run(*command.split(), "--help").stdout

        assert all(option in told for option in ("--data-dir", "-o", "--lang")), command


def test_a_command_that_only_queries_loads_neither_faust_nor_kafka() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )

    assert "Usage" in done.stdout
    assert done.stderr.strip() == "[]"


def test_an_unknown_command_or_option_is_a_matter_of_usage() -> None:
    command_line = CommandLine({})
    for arguments in (["nonsense"], ["status", "--nonsense"], ["runs"], ["runs", "a", "-o", "xml"]):
        assert command_line.run(*arguments, exit_code=2).stdout == ""


def test_the_version_is_told() -> None:
    told = CommandLine({}).run("--version").stdout

    assert re.fullmatch(r"bokflow [0-9]+[.][0-9]+[.][0-9]+\n", told)


def test_an_interruption_while_it_loads_leaves_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
