"""Suggest baselines: a file of commissioned values, read whole or not at all, for a person to sign.

Nothing of it holds until then. A value outside the rule's limits is taken and told: it never relaxes a limit.
"""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from domain.kernel.canonical import content_hash, sha256_hex
from domain.kernel.principal import Principal
from domain.kernel.proposals import Proposal, Subject, propose
from domain.stairs.rules.archetypes.sources import Baselines, Sources
from domain.stairs.rules.baseline_csv import Kind, known_points, parse_baselines
from domain.stairs.rules.gates import BASELINES
from domain.stairs.rules.generation import below_rule
from domain.stairs.rules.scenario import Note
from domain.stairs.store import baselines
from domain.stairs.store.registry import load_registry
from domain.stairs.store.ruleset import load_rules

UNITS = {"pressure": "Pa", "velocity": "m/s", "door_force": "N"}


@dataclass(frozen=True)
class Read:
    """A file that was read: its rows as they would stand, how many replace others, and the proposal.

    There is no proposal where every row stands already as the file has it.
    """

    rows: int
    replaces: int
    unchanged: int
    warnings: tuple[Note, ...]
    proposal: Proposal | None


def import_baselines(
    connection: Connection,
    caller: Principal,
    building_id: uuid.UUID,
    kind: Kind,
    data: bytes,
    *,
    today: date,
    commissioned_by: str | None = None,
    commissioning_report_ref: str | None = None,
) -> Read:
    """Read a file and lay its values before a person.

    Raises:
        NotFound: the tenant has no such building.
        Invalid: the file, with an error for each wrong cell; nothing is proposed then.
    """
    registry = load_registry(connection, building_id)
    found = parse_baselines(kind, data, known_points(registry, kind), today)
    made = [_whole(kind, row, commissioned_by, commissioning_report_ref) for row in found]
    standing = [baselines.signed_form(kind, row) for row in baselines.rows(connection, building_id, kind)]
    same, replaced = _compared(kind, made, standing)
    sources = Sources(Baselines(), tuple(one.rule for one in load_rules(connection)), today)
    notes = tuple(below_rule(kind, made, sources))
    if same == len(made):
        return Read(len(made), 0, same, notes, None)
    content = {
        "building_id": str(building_id),
        "building": registry.building.name,
        "kind": kind,
        "unit": UNITS[kind],
        "rows": made,
        "replaces": replaced,
        "file_sha256": sha256_hex(data),
        # What stood when it was proposed: it is not signed over something that came meanwhile.
        "base_hash": content_hash(standing),
        "warnings": [note.row() for note in notes],
    }
    return Read(len(made), len(replaced), same, notes, _propose(connection, caller, content))


def _whole(kind: str, row: dict[str, Any], by: str | None, report: str | None) -> dict[str, Any]:
    more = {"commissioned_by": by, "commissioning_report_ref": report}
    return {name: row[name] if name in row else more[name] for name in baselines.TABLES[kind].columns}


def _compared(
    kind: str, made: list[dict[str, Any]], standing: list[dict[str, Any]]
) -> tuple[int, list[dict[str, Any]]]:
    """How many stand so already, and what the others replace."""
    table = baselines.TABLES[kind]
    by_point = {(row[table.point], row[table.setting]): row for row in standing}
    former = [by_point.get((row[table.point], row[table.setting])) for row in made]
    same = sum(row == old for row, old in zip(made, former, strict=True))
    return same, [old for row, old in zip(made, former, strict=True) if old is not None and old != row]


def _propose(connection: Connection, caller: Principal, content: dict[str, Any]) -> Proposal:
    counts = {name: len(content[name]) for name in ("rows", "replaces", "warnings")}
    return propose(
        connection,
        BASELINES,
        Subject("baselines", f"{content['building_id']}:{content['kind']}"),
        content=content,
        page_url=f"/stairs/buildings/{content['building_id']}",
        summary=f"Take {counts['rows']} commissioned {content['kind']} values of {content['building']} as the baseline",
        proposed_by=caller.id,
        actor_role=caller.actor_role,
        authors=(caller.id,),
        evidence=counts,
        severity=1 if content["replaces"] else 0,
    )
