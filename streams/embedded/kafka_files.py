"""The files that a Kafka broker of ours is started with: properties and what it logs where."""

from collections.abc import Mapping
from pathlib import Path

from streams.embedded.ports import LOOPBACK

# Topics take messages up to 12 MiB; a batch needs a little more than its message.
MESSAGE_BYTES_MAX = 13 * 2**20

# All paths are relative to the broker's directory: a Java properties file is read as Latin-1, and
# `log.dirs` takes a comma in a path for the end of it.
LOG_DIRECTORY = "log"

PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "inter.broker.listener.name": "BROKER",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "log.dirs": LOG_DIRECTORY,
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    "message.max.bytes": str(MESSAGE_BYTES_MAX),
    "replica.fetch.max.bytes": str(MESSAGE_BYTES_MAX),
    "replica.fetch.response.max.bytes": str(MESSAGE_BYTES_MAX),
    # A killed broker is let in again when its former self has been given up: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Nobody else holds a copy: without it a power cut takes acknowledged messages whose offsets
    # PostgreSQL may already have stored. Costs 0.4 ms per batch on a common disk.
    "log.flush.interval.messages": "1",
    # Nothing is deleted by age unless its topic says so.
    "log.retention.ms": "-1",
    # Of the heap; the default is 128 MiB, for compacted topics of which we have none.
    "log.cleaner.dedupe.buffer.size": str(16 * 2**20),
}

LOGGING = """\
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = ../logs/kafka.log
appender.file.filePattern = ../logs/kafka.log.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{ISO8601} %-5p %c{1}: %m%n
appender.file.policies.type = SizeBasedTriggeringPolicy
appender.file.policies.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
rootLogger.level = INFO
rootLogger.appenderRef.file.ref = file
"""


def write(
    directory: Path, *, broker_port: int, controller_port: int, overrides: Mapping[str, str]
) -> None:
    properties = {
        **PROPERTIES,
        "listeners": f"BROKER://{LOOPBACK}:{broker_port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"BROKER://{LOOPBACK}:{broker_port}",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        **overrides,
    }
    lines = (f"{name}={value}\n" for name, value in properties.items())
    (directory / "server.properties").write_text("".join(lines), "ascii")
    (directory / "log4j2.properties").write_text(LOGGING, "ascii")


def is_formatted(directory: Path) -> bool:
    """Formatting writes this file last."""
    return (directory / LOG_DIRECTORY / "meta.properties").exists()
