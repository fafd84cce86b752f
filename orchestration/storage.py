"""Dagster's own storage, behind the one filter for secrets.

Whatever a run says (the message of a failure and its causes, log lines, metadata) becomes an entry of the event log.
Here each entry passes the filter before it is stored, whoever wrote it and however it came to hold a secret.

Dagster's own classes open a connection for each statement, and a code server opens an instance for each tick of a
sensor. Here a process has one pool of connections for all of it.
"""

import json
from collections.abc import Sequence
from typing import Any

from dagster import EventLogEntry
from dagster._core.storage.event_log.base import EventLogStorage
from dagster._serdes import ConfigurableClassData, deserialize_value, serialize_value
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.storage import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_engine, pg_url_from_config
from sqlalchemy import Engine

from domain.kernel.db import OneEngine
from domain.kernel.redaction import REDACTED, SECRET_NAME, redact_text

_prepared: set[str] = set()


@OneEngine
def _pool(url: str) -> Engine:
    """What a process keeps open to Dagster's tables; beyond two at once connections are closed after use."""
    return create_pg_engine(
        url, isolation_level="AUTOCOMMIT", pool_size=2, max_overflow=-1, pool_pre_ping=True, pool_recycle=3600
    )


class RedactedEventLog(PostgresEventLogStorage):
    """The event log in PostgreSQL, without secrets."""

    def store_event(self, event: EventLogEntry) -> None:
        """Store one entry."""
        super().store_event(without_secrets(event))

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store several entries."""
        super().store_event_batch([without_secrets(event) for event in events])


class RedactedStorage(DagsterPostgresStorage):
    """Runs, schedules and the event log in PostgreSQL, the last of them without secrets."""

    def __init__(
        self, postgres_url: str, should_autocreate_tables: bool = True, inst_data: ConfigurableClassData | None = None
    ) -> None:
        # Whether the tables stand is asked once by each process, and not at each tick.
        makes_tables = should_autocreate_tables and postgres_url not in _prepared
        super().__init__(postgres_url, makes_tables, inst_data)
        self._event_log_storage = RedactedEventLog(postgres_url, makes_tables)
        _prepared.add(postgres_url)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine = _pool(postgres_url)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "RedactedStorage":
        """As dagster.yaml configures it."""
        return cls(
            pg_url_from_config(config_value), bool(config_value.get("should_autocreate_tables", True)), inst_data
        )

    @property
    def event_log_storage(self) -> EventLogStorage:
        """The log whose entries are filtered."""
        return self._event_log_storage


def without_secrets(entry: EventLogEntry) -> EventLogEntry:
    """The entry as it may be stored; most hold nothing to hide and pass as they are."""
    packed = json.loads(serialize_value(entry))
    cleaned = _clean(packed)
    return entry if cleaned == packed else deserialize_value(json.dumps(cleaned), EventLogEntry)


def _clean(value: Any) -> Any:
    """Text without secrets; under a secret's name, and in metadata that has one as its label, any text."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if not isinstance(value, dict):
        return value
    hides = isinstance(value.get("label"), str) and SECRET_NAME.search(value["label"])
    return {
        name: _hidden(item) if SECRET_NAME.search(name) or (hides and name == "entry_data") else _clean(item)
        for name, item in value.items()
    }


def _hidden(value: Any) -> Any:
    """The same shape with every text hidden but the names of classes, so that it can be read back."""
    if isinstance(value, str):
        return REDACTED
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    if isinstance(value, dict):
        return {name: item if name == "__class__" else _hidden(item) for name, item in value.items()}
    return value
