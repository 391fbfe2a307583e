"""The rules of the house, held over every module: who imports whom, and the shape of the code."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]

# What a folder may import of ours beside itself. Changing a row is a design decision.
ARROWS = {
    "schemas": set[str](),
    "connectors": {"schemas"},
    "projections": {"schemas"},
    "streams": {"schemas", "connectors", "projections"},
}
OURS = {*ARROWS, "tests"}

MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50
NAMES_THAT_SAY_NOTHING = {"util", "utils", "common", "helper", "helpers", "base"}
CLOCK_AND_ENVIRONMENT = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "os.environ",
    "os.environb",
    "os.getenv",
    "os.getenvb",
    "time.gmtime",
    "time.localtime",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.time",
    "time.time_ns",
}
SIMULATORS = Path("connectors/simulators")
LOGS_AND_METRICS = {"logging", "structlog", "prometheus_client"}
SQL_VERB = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE)\b")


class Module(NamedTuple):
    path: Path  # Below the root.
    text: str

    @property
    def folder(self) -> str:
        return self.path.parts[0]

    @property
    def tree(self) -> ast.Module:
        return parsed(self.text)


Rule = Callable[[Module], Iterator[str]]


@cache
def parsed(text: str) -> ast.Module:
    """Several rules look at each module."""
    return ast.parse(text)


@cache
def modules() -> tuple[Module, ...]:
    return tuple(
        Module(path.relative_to(ROOT), path.read_text(encoding="utf-8"))
        for folder in sorted(OURS)
        for path in sorted((ROOT / folder).rglob("*.py"))
    )


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Every module that is named in an import, wherever in the file it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def names_in_full(tree: ast.AST) -> Iterator[str]:
    """Every name that is used, spelt out with the module that it was imported from."""
    origins = dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            origins |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                origins[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    yield from origins.values()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            first, *rest = ast.unparse(node).split(".")
            yield ".".join([origins.get(first, first), *rest])


def imports_against_the_arrows(module: Module) -> Iterator[str]:
    allowed = OURS if module.folder == "tests" else ARROWS[module.folder] | {module.folder}
    for name in imported_names(module.tree):
        if name.split(".")[0] in OURS - allowed:
            yield f"imports {name}"


def relative_imports(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"line {node.lineno} imports relatively"


def code_in_a_package_file(module: Module) -> Iterator[str]:
    if module.path.name == "__init__.py" and module.text:
        yield "is not empty"


def names_that_say_nothing(module: Module) -> Iterator[str]:
    for name in NAMES_THAT_SAY_NOTHING.intersection(module.path.with_suffix("").parts):
        yield f"is named {name}"


def long_modules(module: Module) -> Iterator[str]:
    lines = len(module.text.splitlines())
    if lines > MODULE_LINES_MAX:
        yield f"has {lines} lines"


def long_functions(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{node.name} has {lines} lines"


def work_that_belongs_to_streams(module: Module) -> Iterator[str]:
    """The clock, the environment, logs and metrics; a simulator plays a whole outside system."""
    if module.folder in {"streams", "tests"} or SIMULATORS in module.path.parents:
        return
    for name in imported_names(module.tree):
        if name.split(".")[0] in LOGS_AND_METRICS:
            yield f"imports {name}"
    for name in sorted(CLOCK_AND_ENVIRONMENT.intersection(names_in_full(module.tree))):
        yield f"uses {name}"


def sql_that_is_put_together(module: Module) -> Iterator[str]:
    if module.folder != "projections":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(part.value) for part in node.values if isinstance(part, ast.Constant)
            )
            if SQL_VERB.search(text):
                yield f"line {node.lineno} puts SQL together"


# Each rule with a module that breaks it.
LONG_BODY = "    pass\n" * FUNCTION_LINES_MAX
RULES: list[tuple[Rule, str, str]] = [
    (imports_against_the_arrows, "schemas/voucher.py", "import streams.app"),
    (imports_against_the_arrows, "connectors/sie/reader.py", "from projections import ledger"),
    (imports_against_the_arrows, "projections/ledger.py", "def f():\n    import connectors.sie"),
    (imports_against_the_arrows, "streams/app.py", "from tests.builders import a_page"),
    (relative_imports, "streams/app.py", "from . import settings"),
    (relative_imports, "streams/app.py", "from ..schemas.errors import SyncError"),
    (code_in_a_package_file, "schemas/__init__.py", "from schemas.errors import SyncError\n"),
    (names_that_say_nothing, "schemas/utils.py", ""),
    (names_that_say_nothing, "connectors/common/dates.py", ""),
    (long_modules, "schemas/voucher.py", "\n" * (MODULE_LINES_MAX + 1)),
    (long_functions, "schemas/voucher.py", "def f():\n" + LONG_BODY),
    (long_functions, "tests/schemas/test_run.py", "class A:\n  async def f():\n" + LONG_BODY),
    (work_that_belongs_to_streams, "schemas/run.py", "import datetime\ndatetime.datetime.now()"),
    (work_that_belongs_to_streams, "schemas/run.py", "import datetime as d\nd.date.today()"),
    (work_that_belongs_to_streams, "connectors/sie/reader.py", "from time import time"),
    (work_that_belongs_to_streams, "projections/ledger.py", "from os import getenv as g"),
    (work_that_belongs_to_streams, "projections/ledger.py", "import os\nos.environ['HOME']"),
    (work_that_belongs_to_streams, "projections/ledger.py", "import structlog"),
    (sql_that_is_put_together, "projections/ledger.py", "f'''SELECT 1\nFROM {table}'''"),
]


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, _, _ in RULES))
def test_every_module_keeps(rule: Rule) -> None:
    broken = [f"{module.path} {what}" for module in modules() for what in rule(module)]

    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(("rule", "path", "text"), RULES)
def test_a_module_that_breaks_a_rule_is_found(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Module(Path(path), text)))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("streams/app.py", "import os, logging\nfrom schemas import voucher\nos.environ['HOME']"),
        ("connectors/simulators/source.py", "import time, logging\ntime.time()"),
        ("connectors/sie/reader.py", "from datetime import date\ndate.fromisoformat(text)"),
        ("projections/ledger.py", "from schemas import voucher\nSQL = 'SELECT 1'\nf'{a} selected'"),
        ("projections/rebuild.py", "f'CREATE SCHEMA ledger_{version:d}'"),
        ("schemas/base_currency.py", "def f():\n    return 1"),
        ("tests/streams/test_app.py", "import streams.app, connectors.sie, tests.builders"),
        ("schemas/__init__.py", ""),
    ],
)
def test_a_module_that_keeps_the_rules_is_left_alone(path: str, text: str) -> None:
    module = Module(Path(path), text)

    assert not [what for rule, _, _ in RULES for what in rule(module)]


def test_all_modules_are_looked_at() -> None:
    assert {module.folder for module in modules()} == OURS
