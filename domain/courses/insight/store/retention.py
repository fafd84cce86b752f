"""Raw events that are old enough to go: whole UTC days, pseudonymised in their archive, then dropped.

The archive names no learner and no browser: both are a keyed hash whose key is made for one archive, never stored, and
gone when the archive is written. Ids of events and what browsers added to them are left out.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from domain.courses.insight.store.aggregation import sealed_before
from domain.kernel.events import record
from domain.kernel.retention.policy import CLASSES, Cutoff, Piece, Prunable
from domain.kernel.tenancy import Tenant

NAME = "learner_events"
COLUMNS = (
    ("learner", "text"),
    ("browser", "text"),
    ("event_type", "text"),
    ("source", "text"),
    ("course_id", "text"),
    ("package_version", "int32"),
    ("lesson_idx", "int32"),
    ("occurred_at", "instant"),
    ("received_at", "instant"),
)
_ROWS = (
    "SELECT user_id::text, anon_id, event_type, source, course_id, package_version, lesson_idx, occurred_at,"
    " received_at FROM analytics_events WHERE occurred_on = :day ORDER BY occurred_at, event_id"
)


class DayOfEvents:
    """How a UTC day of events is read for its archive: by time."""

    def columns(self) -> Sequence[tuple[str, str]]:
        """What the archive has."""
        return COLUMNS

    def hold(self, connection: Connection, piece: Piece) -> None:
        """Nothing arrives for a sealed day; the disposal itself locks the partition and counts again."""

    def rows(self, connection: Connection, piece: Piece, group: int) -> Iterator[Sequence[Sequence[Any]]]:
        """The day's events in groups, with learners and browsers as pseudonyms of this archive alone."""
        named = _pseudonyms()
        found = connection.execute(
            text(_ROWS),
            {"day": date.fromisoformat(piece.name)},
            execution_options={"stream_results": True, "yield_per": group},
        )
        for rows in found.partitions(group):
            yield [(named(row[0]), named(row[1]), *row[2:]) for row in rows]

    def runs(self, connection: Connection, piece: Piece) -> list[str]:  # noqa: ARG002
        """Events come from browsers, not from runs."""
        return []


def _pseudonyms() -> Callable[[str | None], str | None]:
    """A keyed hash; the key lives as long as the function and is nowhere else."""
    key = secrets.token_bytes(32)

    def named(value: str | None) -> str | None:
        return None if value is None else hashlib.blake2b(value.encode(), key=key, digest_size=16).hexdigest()

    return named


def old_days(connection: Connection, _tenant: Tenant, cutoff: Cutoff, most: int) -> list[Piece]:
    """Whole UTC days before the cutoff whose aggregates are sealed, oldest first."""
    sealed = sealed_before(connection)
    if sealed is None:
        return []
    found = connection.execute(
        text(
            "SELECT occurred_on, count(*) AS n, max(received_at) AS last FROM analytics_events"
            " WHERE occurred_on < :before GROUP BY occurred_on ORDER BY occurred_on LIMIT :n"
        ),
        {"before": min(cutoff.day, sealed), "n": most},
    )
    return [Piece(row.occurred_on.isoformat(), row.n, row.last.isoformat()) for row in found]


def remove_day(connection: Connection, tenant: Tenant, piece: Piece, cutoff: Cutoff) -> int:
    """Drop the day's partition and tell so; the database asks for the disposal that allows it."""
    day = date.fromisoformat(piece.name)
    archive = connection.execute(
        text(
            "SELECT d.artifact_id, a.sha256 FROM retention_disposals AS d JOIN artifacts AS a"
            " ON a.tenant_id = d.tenant_id AND a.artifact_id = d.artifact_id"
            " WHERE d.subject = :subject AND d.piece = :piece ORDER BY d.disposed_at DESC LIMIT 1"
        ),
        {"subject": NAME, "piece": piece.name},
    ).one_or_none()
    gone = connection.execute(
        text("SELECT learner_day_dispose(:tenant, :day)"), {"tenant": tenant.tenant_id, "day": day}
    ).scalar_one()
    record(
        connection,
        "ANALYTICS_RETENTION_RUN",
        actor_id="retention",
        actor_role="MACHINE",
        entity_type="retention",
        entity_id=f"{NAME}/{piece.name}",
        payload={
            "table": "analytics_events",
            "cutoff": cutoff.day.isoformat(),
            "rows": int(gone),
            "archiveRef": None if archive is None else str(archive.artifact_id),
            "sha256": None if archive is None else archive.sha256,
        },
    )
    return int(gone)


_KEPT = CLASSES[NAME]
LEARNER_EVENTS = Prunable(NAME, _KEPT.says, _KEPT.days, _KEPT.least_days, old_days, remove_day, DayOfEvents())
