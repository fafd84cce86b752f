"""How far each tenant's ledger is sealed, and whether sealing is overdue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.db import transaction
from domain.kernel.messages.kinds import MessageKind
from domain.kernel.messages.outbox import tell
from domain.kernel.principal import Role
from domain.kernel.seals.leaves import SEALED_TABLES
from domain.kernel.seals.seal import newest_seal
from domain.kernel.seals.sealing import sealed_tenants

OVERDUE = timedelta(hours=2)
TOLD = frozenset({Role.ADMIN, Role.TENANT_OWNER, Role.AUDITOR, Role.PLATFORM_ADMIN})


@dataclass(frozen=True)
class SealState:
    """One tenant's newest seal and what lies beyond it.

    Attributes:
        seal_number: of the newest seal; None without any.
        sealed_at: when it was made.
        total: rows that are sealed.
        unsealed: rows that are not.
        oldest_unsealed_at: when the oldest of those was recorded.
    """

    tenant_id: str
    seal_number: int | None
    sealed_at: datetime | None
    total: int
    unsealed: int
    oldest_unsealed_at: datetime | None

    def is_overdue(self, now: datetime) -> bool:
        """Whether rows wait that should have been sealed."""
        return self.oldest_unsealed_at is not None and now - self.oldest_unsealed_at > OVERDUE

    def shown(self) -> dict[str, Any]:
        """As a row of a table."""
        return {
            "tenant_id": self.tenant_id,
            "seal_number": self.seal_number,
            "sealed_at": self.sealed_at,
            "rows_sealed": self.total,
            "rows_unsealed": self.unsealed,
            "oldest_unsealed_at": self.oldest_unsealed_at,
        }


def seal_state(connection: Connection, tenant_id: str) -> SealState:
    """How far one tenant's ledger is sealed."""
    newest = newest_seal(connection)
    unsealed, oldest = 0, []
    for leafed, instant in zip(SEALED_TABLES, ("recorded_at", "signed_at"), strict=True):
        row = connection.execute(
            text(
                f"SELECT count(*) AS rows, min(r.{instant}) AS oldest FROM {leafed.table} AS r WHERE r.tenant_id = :t"
                f" AND NOT EXISTS (SELECT 1 FROM seal_leaves AS l WHERE l.event_id = r.{leafed.key})"
            ),
            {"t": tenant_id},
        ).one()
        unsealed += row.rows
        oldest += [row.oldest] if row.oldest else []
    return SealState(
        tenant_id,
        newest.seal_number if newest else None,
        newest.sealed_at if newest else None,
        newest.total if newest else 0,
        unsealed,
        min(oldest, default=None),
    )


def seal_states() -> list[SealState]:
    """How far each tenant's ledger is sealed, in order of tenants."""
    states = []
    for tenant_id in sealed_tenants():
        with transaction(tenant_id) as connection:
            states.append(seal_state(connection, tenant_id))
    return states


def overdue(states: Sequence[SealState], now: datetime) -> list[SealState]:
    """The tenants whose sealing is overdue."""
    return [state for state in states if state.is_overdue(now)]


def tell_overdue(connection: Connection, state: SealState, now: datetime) -> int:
    """Tell those who look after the ledger that its sealing is overdue; once a day of UTC, however often it is asked.

    Answers how many were told: 0 where nothing is overdue.
    """
    if not state.is_overdue(now):
        return 0
    hours = int(OVERDUE.total_seconds() // 3600)
    return tell(
        connection,
        MessageKind.SEAL_OVERDUE,
        TOLD,
        subject_type="seal",
        subject_id=f"{now.astimezone(UTC).date()}",
        title=f"{state.unsealed:,} rows of the ledger have no seal; the oldest has waited more than {hours} hours",
        body="See that the hourly sealing job runs and has its key; `countersign verify ledger` checks what is sealed.",
        path="/ledger",
    )
