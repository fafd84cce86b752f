"""ARCH-DOORFORCE-001: the force that opens a door, at its handle, with and without pressurisation."""

from collections.abc import Iterator

from domain.stairs.rules.archetypes.sources import Sources
from domain.stairs.rules.archetypes.template import Template, Texts, calibration, cues, prompt, steps
from domain.stairs.rules.identifiers import door_force_identifier
from domain.stairs.rules.registry import Door, Floor, Registry, Stair
from domain.stairs.rules.schedule import DOOR_FORCE

TYPE = "door_opening_force"


def door_force_templates(
    registry: Registry, stair: Stair, frequency: str, choice: dict[str, tuple[str, ...]], sources: Sources
) -> Iterator[Template]:
    """All doors with the fans on, then all with them off, floor by floor."""
    floors = registry.floor_by_id()
    doors = sorted(
        (one for one in registry.doors if one.stair_id == stair.stair_id),
        key=lambda one: (floors[one.floor_id].floor_number, one.door_identifier, str(one.door_id)),
    )
    for is_active in (True, False):
        if str(is_active).lower() in choice["pressurization_active"]:
            yield from (_template(stair, floors[door.floor_id], door, is_active, frequency, sources) for door in doors)


def _template(stair: Stair, floor: Floor, door: Door, is_active: bool, frequency: str, sources: Sources) -> Template:
    limits = sources.limits(TYPE)
    baseline = sources.baselines.door_force.get((door.door_id, is_active))
    return Template(
        archetype_id=DOOR_FORCE,
        measurement_type=TYPE,
        frequency=frequency,
        scoped_identifier=door_force_identifier(stair.stair_name, floor.floor_level, door.door_identifier, is_active),
        stair_id=stair.stair_id,
        floor_id=floor.floor_id,
        door_id=door.door_id,
        pressurization_active=is_active,
        baseline_value=None if baseline is None else baseline.value,
        baseline_date=None if baseline is None else baseline.commissioned_date,
        min_threshold=None if limits is None else limits.min_threshold,
        max_threshold=None if limits is None else limits.max_threshold,
        unit="N",
        required_instrument_type="force_gauge",
        calibration_requirement=calibration("±1 N"),
        texts=_texts(stair, floor, door, is_active),
    )


def _texts(stair: Stair, floor: Floor, door: Door, is_active: bool) -> Texts:
    fans = "Run the fans of {stair} with all doors closed" if is_active else "Stop the fans of {stair}"
    return Texts(
        instructions=steps(
            (f"{fans.format(stair=stair.stair_name)} and wait until the pressure has settled", 60),
            (f"Put the force gauge on the handle of {door.door_identifier} at {floor.floor_level}", 20),
            ("Pull or push slowly, square to the leaf, until the door opens", 10),
            ("Record the largest force in newtons (N) and where it was measured", 10),
        ),
        audible_cues=cues(5),
        safety_warnings=(
            "Stand clear of the swing of the door",
            "Keep a hand on the door: it may open or close with force",
            "Do not block an exit",
        ),
        evidence_prompts=(
            prompt("photo", "Force gauge at the handle with its peak reading", mandatory=True),
            prompt("photo", f"Label of the door, {door.door_identifier}", mandatory=False),
        ),
    )
