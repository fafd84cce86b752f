"""Take a network in: save it as the tenant's current version and tell the ledger what came in.

The importers read, `store.save` writes; here the two meet in one transaction and the report is made.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.grid.network.rules.model import Finding, Network, finding
from domain.grid.network.store.save import as_json, save_network
from domain.kernel.db import transaction
from domain.kernel.events import record
from domain.kernel.lineage import enqueue

IMPORTED = "grid.network.imported"


@dataclass(frozen=True)
class ImportReport:
    """What came in, what did not, and why.

    Attributes:
        is_new: False if this very content was the current version already; then nothing was written.
        counts: rows by kind.
        findings: what was left out, assumed or mended.
    """

    topology_version_id: uuid.UUID
    source: str
    source_sha256: str
    is_new: bool
    counts: dict[str, int]
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """The report with plain members."""
        return {
            "status": "imported" if self.is_new else "unchanged",
            "topology_version_id": str(self.topology_version_id),
            "source": self.source,
            "source_sha256": self.source_sha256,
            "counts": self.counts,
            "findings": [as_json(one) for one in self.findings],
        }


def import_network(
    tenant_id: str, network: Network, imported_at: datetime, *, actor_id: str, actor_role: str = "OPERATOR"
) -> ImportReport:
    """Save `network` for the tenant in one transaction of its own.

    Raises:
        NotFound: no such tenant.
        Unavailable: the database does not answer.
    """
    with transaction(tenant_id, actor=actor_id) as connection:
        return import_into(connection, network, imported_at, actor_id=actor_id, actor_role=actor_role)


def import_into(
    connection: Connection, network: Network, imported_at: datetime, *, actor_id: str, actor_role: str = "OPERATOR"
) -> ImportReport:
    """Save `network` in the caller's transaction; the ledger's event stands or falls with it."""
    saved = save_network(connection, network, imported_at)
    findings = network.findings
    if saved.retired_meters:
        text = "meters of the version before are not in this one; they and their reads stay, inactive"
        findings = (*findings, finding("warning", "METERS_RETIRED", saved.retired_meters, text))
    report = ImportReport(
        saved.topology_version_id, network.source, network.source_sha256, saved.is_new, network.counts(), findings
    )
    if saved.is_new:
        record(
            connection,
            IMPORTED,
            actor_id=actor_id,
            actor_role=actor_role,
            occurred_at=imported_at,
            entity_type="topology_version",
            entity_id=str(saved.topology_version_id),
            payload={key: value for key, value in report.as_json().items() if key != "status"},
        )
        for table in ("topology_versions", "feeders", "meters"):
            enqueue(connection, ("grid", table), metadata={"source": network.source, **report.counts})
    return report
