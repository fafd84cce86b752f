"""A generation: what the registry asks for now, held against what is published, as a difference for a person to sign.

The same registry, schedule, baselines and rules give the same difference, and after it was published an empty one.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from domain.kernel.canonical import content_hash
from domain.stairs.rules.archetypes.expand import expand
from domain.stairs.rules.archetypes.sources import Commissioned, Sources
from domain.stairs.rules.archetypes.template import Template
from domain.stairs.rules.counts import expected_counts, stair_sizes
from domain.stairs.rules.decimal_text import plain_number
from domain.stairs.rules.registry import Registry
from domain.stairs.rules.scenario import Note, component_notes
from domain.stairs.rules.schedule import CAUSE_AND_EFFECT, ScheduleRow, schedule_of, selected

GENERATION_VERSION = "firemode-generation/1"
_PLACE = "sequence_order"
# Kind of baseline: what it is compared with, its column, and what names its point.
MEASURED = {
    "pressure": ("pressure_differential", "pressure_pa", "floor_id"),
    "velocity": ("air_velocity", "velocity_ms", "doorway_id"),
    "door_force": ("door_opening_force", "force_newtons", "door_id"),
}


@dataclass(frozen=True)
class Published:
    """One template that stands: its id, its name, what it holds (as `Template.row()`), and its place."""

    template_instance_id: uuid.UUID
    scoped_identifier: str
    content: dict[str, Any]


@dataclass(frozen=True)
class Generation:
    """What would change.

    Attributes:
        templates: everything that the registry asks for, in order.
        added: rows that are not published, or not so.
        retired: published ones that are no longer asked for, or not so.
        unchanged: how many stay as they are; their place may be another.
        renumbered: names of those that stay, with their new place.
        counts: by the generator; `expected`: by the closed formula.
    """

    templates: tuple[Template, ...]
    added: tuple[dict[str, Any], ...]
    retired: tuple[Published, ...]
    unchanged: int
    renumbered: tuple[tuple[str, int], ...]
    counts: dict[str, int]
    expected: dict[str, int]
    warnings: tuple[Note, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.added or self.retired or self.renumbered)


def generate(
    registry: Registry,
    schedule: Sequence[ScheduleRow],
    frequency: str,
    profile: str,
    sources: Sources,
    published: Iterable[Published],
) -> Generation:
    """The difference between what registry and schedule ask for and what is published at a frequency. Pure.

    Args:
        registry: the building as entered.
        schedule: which archetype at which frequency, with its choices.
        frequency: monthly, six_monthly or annual.
        profile: `strict` tests everything at every frequency; else the schedule in force holds.
        sources: rules and commissioned values that tests are written from.
        published: the tests that stand, by their identifiers.
    """
    rows = schedule_of(profile, schedule)
    templates = expand(registry, rows, frequency, sources)
    wanted = {one.scoped_identifier: one.row() for one in templates}
    standing = {one.scoped_identifier: one for one in published}
    same = {name for name, row in wanted.items() if name in standing and _is_same(row, standing[name].content)}
    return Generation(
        templates=templates,
        added=tuple(row for name, row in wanted.items() if name not in same),
        retired=tuple(one for name, one in sorted(standing.items()) if name not in same),
        unchanged=len(same),
        renumbered=tuple(
            (name, row[_PLACE])
            for name, row in wanted.items()
            if name in same and standing[name].content[_PLACE] != row[_PLACE]
        ),
        counts=counted(templates),
        expected=expected_counts(stair_sizes(registry), rows, frequency),
        warnings=tuple(_warnings(registry, rows, frequency, templates, sources)),
    )


def _is_same(row: dict[str, Any], standing: dict[str, Any]) -> bool:
    """The same but for the place in the walk, which follows from the others."""
    return {**row, _PLACE: 0} == {**standing, _PLACE: 0}


def base_hash(published: Iterable[Published]) -> str:
    """The hash of what was published when the difference was taken: it holds against nothing else."""
    return content_hash(sorted([str(one.template_instance_id), one.content[_PLACE]] for one in published))


def counted(templates: Iterable[Template]) -> dict[str, int]:
    """Tests by measurement type, and their `total`."""
    found = dict.fromkeys(
        ("pressure_differential", "air_velocity", "door_opening_force", "cause_and_effect_logic", "interface_test"), 0
    )
    for one in templates:
        found[one.measurement_type] += 1
    return found | {"total": sum(found.values())}


def _warnings(
    registry: Registry,
    schedule: Sequence[ScheduleRow],
    frequency: str,
    templates: Sequence[Template],
    sources: Sources,
) -> list[Note]:
    """What a person should know before publishing, in the order of the tests."""
    notes = [note for one in templates for note in _baseline_notes(one, sources)]
    without_rule = sorted({one.measurement_type for one in templates if sources.limits(one.measurement_type) is None})
    notes += [
        Note("NO_RULE_IN_FORCE", name, f"No rule for {name} is in force on {sources.on}; a pass cannot be given")
        for name in without_rule
    ]
    tested = {one.scenario_id for one in templates}
    for scenario in sorted(registry.scenarios, key=lambda one: (one.scenario_name, str(one.scenario_id))):
        if scenario.scenario_id in tested:
            notes += component_notes(
                scenario.expected_sequence, registry.equipment, scenario.stair_id, scenario.scenario_name
            )
    return notes + _zone_notes(registry, schedule, frequency, templates)


def _baseline_notes(template: Template, sources: Sources) -> list[Note]:
    if template.measurement_type not in {"pressure_differential", "air_velocity", "door_opening_force"}:
        return []
    name = template.scoped_identifier
    if template.baseline_value is None:
        return [Note("BASELINE_MISSING", name, "No commissioned value is known; the deviation will not be told")]
    limits = sources.limits(template.measurement_type)
    if limits is not None and limits.refuses(template.baseline_value):
        told = f"The commissioned value {plain_number(template.baseline_value)} {template.unit} lies outside the limits"
        return [Note("BASELINE_BELOW_RULE", name, f"{told} of the rule; it never relaxes them")]
    return []


def _zone_notes(
    registry: Registry, schedule: Sequence[ScheduleRow], frequency: str, templates: Sequence[Template]
) -> list[Note]:
    """Zones that no scenario of the frequency tests, though the schedule asks for cause and effect."""
    if selected(schedule, CAUSE_AND_EFFECT, frequency) is None:
        return []
    tested = {one.zone_id for one in templates}
    names = {one.stair_id: one.stair_name for one in registry.stairs}
    found = sorted(f"{names[one.stair_id]} {one.zone_name}" for one in registry.zones if one.zone_id not in tested)
    return [
        Note("ZONE_WITHOUT_SCENARIO", name, "No active scenario of this frequency tests the zone") for name in found
    ]


def below_rule(kind: str, rows: Iterable[dict[str, Any]], sources: Sources) -> list[Note]:
    """BASELINE_BELOW_RULE for imported rows that lie outside the limits in force; they are taken all the same."""
    measurement_type, column, point = MEASURED[kind]
    limits = sources.limits(measurement_type)
    if limits is None:
        return []
    return [
        Note("BASELINE_BELOW_RULE", str(row[point]), f"{row[column]} {limits.unit} lies outside the limits of the rule")
        for row in rows
        if limits.refuses(_compared(kind, row, column).value)
    ]


def _compared(kind: str, row: dict[str, Any], column: str) -> Commissioned:
    """What deviations are taken from: of a velocity the mean of the nine points, where they are known."""
    mean = row.get("average_velocity_ms") if kind == "velocity" else None
    return Commissioned(Decimal(mean or row[column]), date.fromisoformat(row["commissioned_date"]))
