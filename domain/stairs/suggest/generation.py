"""Suggest which tests a building has: the difference to what is published, kept as a run and laid before a person."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.errors import Conflict
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal, Subject, propose
from domain.stairs.rules.archetypes.sources import Sources
from domain.stairs.rules.gates import TEMPLATES
from domain.stairs.rules.generation import GENERATION_VERSION, Generation, base_hash, generate
from domain.stairs.rules.registry import Registry
from domain.stairs.rules.schedule import SCHEDULED
from domain.stairs.store import templates
from domain.stairs.store.baselines import load_baselines
from domain.stairs.store.registry import load_registry
from domain.stairs.store.ruleset import load_rules, load_schedule

MACHINE = "stairs.generation"


@dataclass(frozen=True)
class Suggested:
    """The run and what it would change; no proposal where everything is published so already."""

    run_id: uuid.UUID
    generation: Generation
    proposal: Proposal | None

    @property
    def state(self) -> str:
        """`proposed`, `published` where the same was signed before, or `unchanged`."""
        if self.proposal is None:
            return "unchanged"
        return "proposed" if self.proposal.is_waiting else self.proposal.state.lower()


def generate_templates(
    connection: Connection,
    tenant_id: str,
    building_id: uuid.UUID,
    frequency: str,
    *,
    profile: str = SCHEDULED,
    on: date,
    requested_by: str,
) -> Suggested:
    """Expand the registry as it stands and propose the difference. The same registry gives the same run.

    Args:
        connection: the caller's transaction.
        tenant_id: the tenant that it is bound to.
        building_id: the building.
        frequency: monthly, six_monthly or annual.
        profile: `scheduled`, or `strict` for everything at every frequency.
        on: the local date whose rules are copied into the templates.
        requested_by: a user id, or the name of the machine.

    Raises:
        NotFound: the tenant has no such building.
        Conflict: NO_SCHEDULE, nothing says what is tested; COUNT_MISMATCH, the generator and the formula differ.
    """
    registry = load_registry(connection, building_id)
    schedule = load_schedule(connection)
    if not schedule and profile == SCHEDULED:
        raise Conflict(
            "No schedule is in force; nothing was generated.",
            hint="Adopt the shipped ruleset: POST /api/v1/rules/adopt, and have it countersigned.",
            code="NO_SCHEDULE",
        )
    rules = tuple(one.rule for one in load_rules(connection))
    sources = Sources(load_baselines(connection, building_id), rules, on)
    standing = templates.published(connection, building_id, frequency)
    made = generate(registry, schedule, frequency, profile, sources, standing)
    _check_counts(made)
    content = content_of(registry, frequency, profile, made, base_hash(standing))
    digest = content_hash(content)
    run_id = derived_id("stairs.generation", tenant_id, GENERATION_VERSION, digest)
    is_new = templates.keep_run(connection, _run(run_id, building_id, frequency, profile, made, requested_by))
    if made.is_empty:
        return Suggested(run_id, made, None)
    proposal = _propose(connection, content | {"run_id": str(run_id)}, run_id)
    if is_new:
        enqueue(connection, ("stairs", "generation_runs"), metadata={"run_id": str(run_id), **made.counts})
    return Suggested(run_id, made, proposal)


def _check_counts(made: Generation) -> None:
    if made.counts != made.expected:
        raise Conflict(
            f"The generator made {made.counts['total']} tests where the formula counts {made.expected['total']};"
            " nothing was proposed.",
            hint="This is a fault of the product: quote both numbers when reporting it.",
            code="COUNT_MISMATCH",
        )


def rows_hash(run: dict[str, Any]) -> str:
    """The hash of what a run adds and retires, as its row and its proposal both name it."""
    return content_hash({"added": run["added"], "retired": run["retired"]})


def content_of(registry: Registry, frequency: str, profile: str, made: Generation, base: str) -> dict[str, Any]:
    """What is signed: the counts, the places, and the hash of every row that the run keeps."""
    return {
        "building_id": str(registry.building.building_id),
        "building": registry.building.name,
        "frequency": frequency,
        "profile": profile,
        "counts": made.counts,
        "expected": made.expected,
        "added": [row["scoped_identifier"] for row in made.added],
        "retired": [one.scoped_identifier for one in made.retired],
        "unchanged": made.unchanged,
        "renumbered": [list(one) for one in made.renumbered],
        "warnings": [note.row() for note in made.warnings],
        "rows_hash": content_hash({"added": list(made.added), "retired": _retired(made)}),
        # What was published when it was proposed: it is not signed over something that came meanwhile.
        "base_hash": base,
    }


def _retired(made: Generation) -> list[dict[str, str]]:
    return [
        {"template_instance_id": str(one.template_instance_id), "scoped_identifier": one.scoped_identifier}
        for one in made.retired
    ]


def _run(
    run_id: uuid.UUID, building_id: uuid.UUID, frequency: str, profile: str, made: Generation, requested_by: str
) -> dict[str, Any]:
    run = {
        "run_id": run_id,
        "building_id": building_id,
        "frequency": frequency,
        "profile": profile,
        "counts": made.counts,
        "expected": made.expected,
        "added": list(made.added),
        "retired": _retired(made),
        "unchanged": made.unchanged,
        "warnings": [note.row() for note in made.warnings],
        "requested_by": requested_by,
    }
    return run | {"content_hash": rows_hash(run)}


def _propose(connection: Connection, content: dict[str, Any], run_id: uuid.UUID) -> Proposal:
    counts = {name: len(content[name]) for name in ("added", "retired", "renumbered", "warnings")}
    return propose(
        connection,
        TEMPLATES,
        Subject("test_templates", f"{content['building_id']}:{content['frequency']}"),
        content=content,
        page_url=f"/stairs/buildings/{content['building_id']}",
        summary=(
            f"Publish the {content['frequency'].replace('_', '-')} tests of {content['building']}:"
            f" {counts['added']} added, {counts['retired']} retired, {content['unchanged']} unchanged"
        ),
        proposed_by=MACHINE,
        evidence={**counts, "unchanged": content["unchanged"], "total": content["counts"]["total"]},
        run_id=run_id,
    )
