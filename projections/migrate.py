"""The database's schema: numbered migrations, forward only, and the projections' versions."""

from dataclasses import dataclass
from importlib.resources import files
from string import Template

import asyncpg

from projections.ledger import projection as ledger
from projections.status import projection as status
from schemas import topics
from schemas.errors import SyncError

# Any number of ours; the same for every migrator, so that one waits for the other.
ADVISORY_LOCK = 7_205_501_121
FIRST_POSTGRESQL_VERSION = 180_000  # Needs RETURNING old and new, and transaction_timeout.

CREATE_LOG = """
    CREATE SCHEMA IF NOT EXISTS engine;
    CREATE TABLE IF NOT EXISTS engine.migration (
        number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)
"""
APPLIED = "SELECT coalesce(max(number), 0) FROM engine.migration"
RECORD = "INSERT INTO engine.migration VALUES ($1, $2, clock_timestamp())"
LOG_EXISTS = "SELECT to_regclass('engine.migration') IS NOT NULL"
IN_USE = """
    SELECT version, shape FROM engine.projection_offset WHERE agent = $1 AND in_use LIMIT 1
"""
# Not the number of a build that has been dropped: its builder may still be about.
NEXT_VERSION = """
    SELECT coalesce(max(version), 0) + 1 FROM (
        SELECT version FROM engine.projection_offset WHERE agent = $1
        UNION ALL SELECT version FROM engine.build WHERE agent = $1
    ) AS given
"""
TABLES_OF = "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY tablename"
SHOW = Template("""
    CREATE OR REPLACE VIEW ${views}.${table} WITH (security_invoker = true)
    AS SELECT * FROM ${tables}.${table}
""")
ADD_OFFSETS = """
    INSERT INTO engine.projection_offset (agent, version, shape, in_use, partition)
    SELECT $1, $2, $3, $4, partition FROM generate_series(0, $5::integer - 1) AS partition
    ON CONFLICT DO NOTHING
"""


class DatabaseTooNew(SyncError):
    """The database has been migrated by a newer engine."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"the database stands at migration {found}, this engine knows {known}: "
            "install the engine that migrated it, or a newer one"
        )
        self.found = found
        self.known = known


class DatabaseTooOld(SyncError):
    """The database server lacks what the engine needs, or the migrations have not been run."""


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    sql: str


@dataclass(frozen=True)
class Reader:
    """An agent that reads one topic, with its offsets in `engine.projection_offset`."""

    agent: str
    shape: int  # Of the tables that this code knows.
    topic: str
    name: str
    # Anyone writes to the topic: its offsets have holes, and its oldest messages go.
    may_have_holes: bool = False

    def schema(self, version: int) -> str:
        """Where the tables of a version are."""
        return "engine"


@dataclass(frozen=True)
class Projection(Reader):
    """A set of tables that is built from one topic by one agent; their views bear its name."""

    def schema(self, version: int) -> str:
        return f"{self.name}_{version}"


LEDGER = Projection("project_ledger", ledger.SHAPE, topics.LEDGER.name, ledger.NAME)
STATUS = Projection("project_status", status.SHAPE, topics.LIFECYCLE.name, status.NAME)
PROJECTIONS = (LEDGER, STATUS)
# Decides what is asked for: it has no tables to rebuild, but offsets like the others.
COMMANDS = Reader("decide_commands", 1, topics.COMMANDS.name, "commands", may_have_holes=True)
READERS = (*PROJECTIONS, COMMANDS)


def known_migrations() -> list[Migration]:
    """The migrations of this engine, in order."""
    found = []
    for file in files("projections").joinpath("migrations").iterdir():
        number, _, name = file.name.removesuffix(".sql").partition("_")
        if file.name.endswith(".sql"):
            found.append(Migration(int(number), name, file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.number)


async def migrate(connection: asyncpg.Connection, *, partitions: int) -> list[str]:
    """Brings the database up to this engine; what was done, in words. Safe to run twice.

    Raises DatabaseTooNew, or DatabaseTooOld for a server before PostgreSQL 18.
    """
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < FIRST_POSTGRESQL_VERSION:
        raise DatabaseTooOld(f"PostgreSQL 18 or newer is needed, this is {version // 10_000}")
    await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
    try:
        await connection.execute(CREATE_LOG)
        done = [await _apply(connection, migration) for migration in await _missing(connection)]
        for projection in PROJECTIONS:
            done += await _install(connection, projection, partitions)
        if await connection.fetchrow(IN_USE, COMMANDS.agent) is None:
            await add_offsets(connection, COMMANDS, 1, partitions=partitions, in_use=True)
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", ADVISORY_LOCK)
    return done


async def outdated_projections(connection: asyncpg.Connection) -> list[Projection]:
    """Those whose tables in use have an older shape than this code's. Raises DatabaseTooNew."""
    outdated = []
    for projection in PROJECTIONS:
        row = await connection.fetchrow(IN_USE, projection.agent)
        assert row is not None  # The migration has made one.
        if row["shape"] > projection.shape:
            raise DatabaseTooNew(row["shape"], projection.shape)
        if row["shape"] < projection.shape:
            outdated.append(projection)
    return outdated


async def check(connection: asyncpg.Connection) -> None:
    """Raises DatabaseTooOld or DatabaseTooNew where the database is not at this engine's state."""
    known = known_migrations()[-1].number
    exists = await connection.fetchval(LOG_EXISTS)
    found = await connection.fetchval(APPLIED) if exists else 0
    if found < known:
        raise DatabaseTooOld(
            f"the database stands at migration {found} of {known}: run `bokflow migrate`"
        )
    if found > known:
        raise DatabaseTooNew(found, known)
    for projection in PROJECTIONS:
        await _check_shape(connection, projection)


async def _check_shape(connection: asyncpg.Connection, projection: Projection) -> None:
    row = await connection.fetchrow(IN_USE, projection.agent)
    shape = row["shape"] if row else 0
    if shape < projection.shape:
        raise DatabaseTooOld(
            f"the {projection.name} has shape {shape} of {projection.shape}: run `bokflow migrate`"
        )
    if shape > projection.shape:
        raise DatabaseTooNew(shape, projection.shape)


async def _missing(connection: asyncpg.Connection) -> list[Migration]:
    known = known_migrations()
    found = await connection.fetchval(APPLIED)
    if found > known[-1].number:
        raise DatabaseTooNew(found, known[-1].number)
    return [migration for migration in known if migration.number > found]


async def _apply(connection: asyncpg.Connection, migration: Migration) -> str:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(RECORD, migration.number, migration.name)
    return f"migration {migration.number:04} ({migration.name}) applied"


async def _install(
    connection: asyncpg.Connection, projection: Projection, partitions: int
) -> list[str]:
    """Makes the first version of a projection: its tables, its offsets and its views."""
    if await connection.fetchrow(IN_USE, projection.agent) is not None:
        return []
    async with connection.transaction():
        version = await create_tables(connection, projection)
        await add_offsets(connection, projection, version, partitions=partitions, in_use=True)
        await show(connection, projection, version)
    return [f"projection {projection.name} made, version {version}"]


async def create_tables(connection: asyncpg.Connection, projection: Projection) -> int:
    """Makes the tables of the next version in a schema of its own; the number of the version."""
    version: int = await connection.fetchval(NEXT_VERSION, projection.agent)
    tables = files("projections").joinpath(projection.name, "tables.sql")
    await connection.execute(f"CREATE SCHEMA {projection.schema(version)}")
    await connection.execute(f"SET LOCAL search_path = {projection.schema(version)}")
    await connection.execute(tables.read_text(encoding="utf-8"))
    await connection.execute("SET LOCAL search_path TO DEFAULT")
    return version


async def add_offsets(
    connection: asyncpg.Connection, reader: Reader, version: int, *, partitions: int, in_use: bool
) -> None:
    """Makes the offset rows of a version: nothing is applied yet."""
    row = (reader.agent, version, reader.shape, in_use)
    await connection.execute(ADD_OFFSETS, *row, partitions)


async def version_in_use(connection: asyncpg.Connection, reader: Reader) -> int:
    """The version that the views show, whatever its shape."""
    row = await connection.fetchrow(IN_USE, reader.agent)
    assert row is not None  # The migration has made one.
    version: int = row["version"]
    return version


async def show(connection: asyncpg.Connection, projection: Projection, version: int) -> None:
    """Points the views of the projection at a version: one per table, and those over them."""
    schema = projection.schema(version)
    for (table,) in await connection.fetch(TABLES_OF, schema):
        statement = SHOW.substitute(views=projection.name, tables=schema, table=table)
        await connection.execute(statement)
    own = files("projections").joinpath(projection.name, "views.sql")
    if own.is_file():
        await connection.execute(own.read_text(encoding="utf-8"))
