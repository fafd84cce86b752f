"""Expand a registry into the tests of one frequency, in the order in which a person walks them.

Stair by stair: all pressures of one door configuration, floors ascending, then forces, velocities, cause and effect,
and interfaces. Numbered from 1 without a gap.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from domain.kernel.canonical import content_hash
from domain.stairs.rules.archetypes.cause_and_effect import cause_and_effect_templates
from domain.stairs.rules.archetypes.door_force import door_force_templates
from domain.stairs.rules.archetypes.interface import interface_templates
from domain.stairs.rules.archetypes.pressure import pressure_templates
from domain.stairs.rules.archetypes.sources import Sources
from domain.stairs.rules.archetypes.template import REQUIRED_CONTEXT, Template
from domain.stairs.rules.archetypes.velocity import velocity_templates
from domain.stairs.rules.registry import Registry, Stair
from domain.stairs.rules.schedule import (
    CAUSE_AND_EFFECT,
    DOOR_FORCE,
    INTERFACE,
    PRESSURE,
    VELOCITY,
    ScheduleRow,
    selected,
)

MARK_LENGTH = 8


def expand(
    registry: Registry, schedule: Sequence[ScheduleRow], frequency: str, sources: Sources
) -> tuple[Template, ...]:
    """Every test that the schedule asks for at the frequency; the same registry gives the same tests."""
    found = [
        template
        for stair in registry.in_order()
        for template in _of_stair(registry, stair, schedule, frequency, sources)
    ]
    return tuple(one.numbered(place) for place, one in enumerate(_told_apart(found), start=1))


def _of_stair(
    registry: Registry, stair: Stair, schedule: Sequence[ScheduleRow], frequency: str, sources: Sources
) -> Iterator[Template]:
    measured = ((PRESSURE, pressure_templates), (DOOR_FORCE, door_force_templates), (VELOCITY, velocity_templates))
    for archetype_id, templates in measured:
        choice = selected(schedule, archetype_id, frequency)
        if choice is not None:
            yield from templates(registry, stair, frequency, choice, sources)
    attested = ((CAUSE_AND_EFFECT, cause_and_effect_templates), (INTERFACE, interface_templates))
    for archetype_id, expansion in attested:
        choice = selected(schedule, archetype_id, frequency)
        if choice is not None:
            yield from expansion(registry, stair, frequency, choice)


def _told_apart(templates: Sequence[Template]) -> Iterator[Template]:
    """Names that differ only in what an identifier leaves out, as "Stair A" and "Stair-A", get a mark of their own."""
    often = Counter(one.scoped_identifier for one in templates)
    for one in templates:
        if often[one.scoped_identifier] == 1:
            yield one
            continue
        about = [str(getattr(one, name)) for name in REQUIRED_CONTEXT[one.measurement_type]]
        mark = content_hash([*about, str(one.definition_id)])[:MARK_LENGTH].upper()
        yield replace(one, scoped_identifier=f"{one.scoped_identifier}_{mark}")
