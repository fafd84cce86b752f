"""Publish a signed generation, in the signing transaction: retire, add, and give those that stay their places."""

import uuid
from typing import Any

from sqlalchemy import Connection

from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature
from domain.stairs.rules.generation import base_hash
from domain.stairs.rules.registry import Registry
from domain.stairs.store import templates
from domain.stairs.store.registry import load_registry


def publish_templates(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Let new sessions hold exactly the signed tests; sessions that exist keep their own copies.

    Raises:
        Conflict: CONTENT_CHANGED, the run is not what was signed; STALE_GENERATION, others were published since;
            REGISTRY_CHANGED, a thing that is to be tested was retired since.
    """
    content = proposal.content
    building_id, frequency = uuid.UUID(content["building_id"]), content["frequency"]
    registry = load_registry(connection, building_id, lock=True)
    run = templates.load_run(connection, uuid.UUID(content["run_id"]))
    _check(connection, registry, run, content)
    templates.retire(connection, [uuid.UUID(one["template_instance_id"]) for one in run["retired"]], signed.signed_at)
    templates.renumber(connection, building_id, frequency, dict(content["renumbered"]))
    own = {
        "building_id": building_id,
        "generation_run_id": run["run_id"],
        "countersignature_id": signed.countersignature_id,
    }
    templates.add(
        connection,
        [
            row | {"template_instance_id": derived_id("stairs.template", content["run_id"], row["scoped_identifier"])}
            for row in run["added"]
        ],
        own,
    )
    _tell(connection, signed, content)


def _check(connection: Connection, registry: Registry, run: dict[str, Any], content: dict[str, Any]) -> None:
    if content_hash({"added": run["added"], "retired": run["retired"]}) != content["rows_hash"]:
        raise Conflict(
            f"The rows of generation run {content['run_id']} are not what its hash says; nothing was published.",
            hint="Somebody changed them behind the platform. Generate again.",
            code="CONTENT_CHANGED",
        )
    standing = templates.published(connection, registry.building.building_id, content["frequency"], lock=True)
    if base_hash(standing) != content["base_hash"]:
        raise Conflict(
            "Other templates were published since it was proposed; nothing was published.",
            hint="Generate again and look at the difference to what stands now.",
            code="STALE_GENERATION",
        )
    if not _all_stand(registry, run["added"]):
        raise Conflict(
            "Something that is to be tested was retired or replaced since; nothing was published.",
            hint="Generate again from the registry as it stands.",
            code="REGISTRY_CHANGED",
        )


def _all_stand(registry: Registry, added: list[dict[str, Any]]) -> bool:
    """Whether the registry still has everything that the new templates point to."""
    there = {
        "stair_id": {str(one.stair_id) for one in registry.stairs},
        "floor_id": {str(one.floor_id) for one in registry.floors},
        "door_id": {str(one.door_id) for one in registry.doors},
        "doorway_id": {str(one.doorway_id) for one in registry.doorways},
        "zone_id": {str(one.zone_id) for one in registry.zones},
        "scenario_id": {str(one.scenario_id) for one in registry.scenarios},
        "definition_id": {str(one.definition_id) for one in registry.definitions},
    }
    return all(row[name] is None or row[name] in ids for row in added for name, ids in there.items())


def _tell(connection: Connection, signed: Countersignature, content: dict[str, Any]) -> None:
    counts = {name: len(content[name]) for name in ("added", "retired", "renumbered")}
    record(
        connection,
        "stairs.templates.published",
        **signed.actor,
        entity_type="stairs.building",
        entity_id=content["building_id"],
        run_id=uuid.UUID(content["run_id"]),
        payload={
            "countersignature_id": str(signed.countersignature_id),
            "frequency": content["frequency"],
            **counts,
            "unchanged": content["unchanged"],
        },
    )
    enqueue(connection, ("stairs", "test_instance_templates"), metadata=counts)
