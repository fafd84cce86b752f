"""Put signed scenarios and interface definitions in force, in the signing transaction."""

import uuid
from typing import Any

from sqlalchemy import Connection

from domain.kernel.canonical import derived_id
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature
from domain.stairs.store import definitions
from domain.stairs.store.registry import load_registry


def put_definitions_in_force(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Each signed scenario becomes the active version of its name; each definition stands as it was signed.

    Raises:
        Conflict: STALE_VERSION, another version was signed since; REGISTRY_CHANGED, a stair or zone is gone.
    """
    content = proposal.content
    building_id = uuid.UUID(content["building_id"])
    registry = load_registry(connection, building_id, lock=True)
    _check_places(content, {one.stair_id for one in registry.stairs}, {one.zone_id for one in registry.zones})
    standing = definitions.scenarios(connection, building_id, lock=True)
    resting = [uuid.UUID(one["id"]) for one in content["rest"]]
    definitions.rest_scenarios(connection, resting)
    definitions.rest_definitions(connection, resting, signed.countersignature_id)
    for row in content["scenarios"]:
        _add(connection, signed, proposal, building_id, row, standing)
    for row in content["definitions"]:
        key = derived_id("stairs.definition", str(signed.countersignature_id), row["stair_id"], *_place(row))
        definitions.put_definition(
            connection,
            {
                **row,
                "definition_id": key,
                "building_id": building_id,
                "countersignature_id": signed.countersignature_id,
            },
        )
    _tell(connection, signed, content)


def _place(row: dict[str, Any]) -> tuple[str, str]:
    return row["interface_type"], row["location_id"]


def _check_places(content: dict[str, Any], stairs: set[uuid.UUID], zones: set[uuid.UUID]) -> None:
    rows = [*content["scenarios"], *content["definitions"]]
    gone = [row for row in rows if uuid.UUID(row["stair_id"]) not in stairs]
    gone += [row for row in content["scenarios"] if uuid.UUID(row["zone_id"]) not in zones]
    if gone:
        raise Conflict(
            "A stair or zone that it names was retired since; nothing was put in force.",
            hint="Propose it anew for what stands.",
            code="REGISTRY_CHANGED",
        )


def _add(
    connection: Connection,
    signed: Countersignature,
    proposal: Proposal,
    building_id: uuid.UUID,
    row: dict[str, Any],
    standing: list[dict[str, Any]],
) -> None:
    former = [
        one for one in standing if (str(one["zone_id"]), one["scenario_name"]) == (row["zone_id"], row["scenario_name"])
    ]
    if max((one["version"] for one in former), default=0) + 1 != row["version"]:
        raise Conflict(
            f"Another version of {row['scenario_name']} was signed since; nothing was put in force.",
            hint="Propose it anew.",
            code="STALE_VERSION",
        )
    definitions.rest_scenarios(connection, [one["scenario_id"] for one in former if one["active"]])
    key = derived_id("stairs.scenario", row["zone_id"], row["scenario_name"], str(row["version"]))
    definitions.add_scenario(
        connection,
        {
            **row,
            "scenario_id": key,
            "building_id": building_id,
            "created_by": _person(proposal.proposed_by),
            "countersignature_id": signed.countersignature_id,
        },
    )


def _person(proposed_by: str) -> uuid.UUID | None:
    """The id of the person who proposed it; None where a machine did."""
    try:
        return uuid.UUID(proposed_by)
    except ValueError:
        return None


def _tell(connection: Connection, signed: Countersignature, content: dict[str, Any]) -> None:
    counts = {name: len(content[name]) for name in ("scenarios", "definitions", "rest")}
    record(
        connection,
        "stairs.definitions.adopted",
        **signed.actor,
        entity_type="stairs.building",
        entity_id=content["building_id"],
        payload={"countersignature_id": str(signed.countersignature_id), **counts},
    )
    # Scenarios and interface tests stand in the graph with the registry that they belong to.
    enqueue(connection, ("stairs", "stairs"), metadata=counts)
