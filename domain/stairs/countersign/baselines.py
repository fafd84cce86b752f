"""Let signed commissioned values hold, in the signing transaction; what they replace goes to the history."""

import uuid
from typing import Any

from sqlalchemy import Connection

from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature
from domain.stairs.rules.baseline_csv import known_points
from domain.stairs.store import baselines
from domain.stairs.store.registry import load_registry


def let_baselines_hold(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Write the signed values.

    Raises:
        Conflict: STALE_BASELINES, others were signed since; REGISTRY_CHANGED, one of the points was retired.
    """
    content = proposal.content
    building_id, kind = uuid.UUID(content["building_id"]), content["kind"]
    registry = load_registry(connection, building_id, lock=True)
    _check_points(content, set(map(str, known_points(registry, kind).points)))
    standing = [baselines.signed_form(kind, row) for row in baselines.rows(connection, building_id, kind, lock=True)]
    if content_hash(standing) != content["base_hash"]:
        raise Conflict(
            "Other commissioned values were signed since it was proposed; nothing was changed.",
            hint="Send the file again and look at what it replaces now.",
            code="STALE_BASELINES",
        )
    replaced = baselines.replace(
        connection, kind, building_id, content["rows"], signed.countersignature_id, signed.signed_at
    )
    _tell(connection, signed, content, replaced)


def _check_points(content: dict[str, Any], points: set[str]) -> None:
    point = baselines.TABLES[content["kind"]].point
    if any(row[point] not in points for row in content["rows"]):
        raise Conflict(
            f"A {point.removesuffix('_id')} that it names was retired since; nothing was changed.",
            hint="Send the file again without it.",
            code="REGISTRY_CHANGED",
        )


def _tell(connection: Connection, signed: Countersignature, content: dict[str, Any], replaced: int) -> None:
    counts = {"rows": len(content["rows"]), "replaced": replaced}
    record(
        connection,
        "stairs.baselines.adopted",
        **signed.actor,
        entity_type="stairs.building",
        entity_id=content["building_id"],
        payload={"countersignature_id": str(signed.countersignature_id), "kind": content["kind"], **counts},
    )
    # One node of the graph stands for all three tables.
    enqueue(connection, ("stairs", "baseline_pressure_differentials"), metadata={"kind": content["kind"], **counts})
