"""ARCH-VELOCITY-001: the air velocity through a doorway as the mean of nine points, one test per doorway."""

from collections.abc import Iterator

from domain.stairs.rules.archetypes.sources import Sources
from domain.stairs.rules.archetypes.template import Template, Texts, calibration, cues, prompt, steps
from domain.stairs.rules.identifiers import velocity_identifier
from domain.stairs.rules.registry import Doorway, Floor, Registry, Stair
from domain.stairs.rules.schedule import VELOCITY

TYPE = "air_velocity"
POINT_S = 10


def velocity_templates(
    registry: Registry, stair: Stair, frequency: str, choice: dict[str, tuple[str, ...]], sources: Sources
) -> Iterator[Template]:
    """Scenario by scenario, the doorways floor by floor."""
    floors = registry.floor_by_id()
    doorways = sorted(
        (one for one in registry.doorways if one.stair_id == stair.stair_id),
        key=lambda one: (floors[one.floor_id].floor_number, one.doorway_identifier, str(one.doorway_id)),
    )
    for scenario in choice["door_scenario"]:
        for doorway in doorways:
            yield _template(stair, floors[doorway.floor_id], doorway, scenario, frequency, sources)


def _template(
    stair: Stair, floor: Floor, doorway: Doorway, scenario: str, frequency: str, sources: Sources
) -> Template:
    limits = sources.limits(TYPE)
    baseline = sources.baselines.velocity.get((doorway.doorway_id, scenario))
    return Template(
        archetype_id=VELOCITY,
        measurement_type=TYPE,
        frequency=frequency,
        scoped_identifier=velocity_identifier(
            stair.stair_name, floor.floor_level, doorway.doorway_identifier, scenario
        ),
        stair_id=stair.stair_id,
        floor_id=floor.floor_id,
        doorway_id=doorway.doorway_id,
        door_scenario=scenario,
        baseline_value=None if baseline is None else baseline.value,
        baseline_date=None if baseline is None else baseline.commissioned_date,
        min_threshold=None if limits is None else limits.min_threshold,
        max_threshold=None if limits is None else limits.max_threshold,
        unit="m/s",
        required_instrument_type="anemometer",
        calibration_requirement=calibration("±0.05 m/s"),
        texts=_texts(stair, floor, doorway),
    )


def _texts(stair: Stair, floor: Floor, doorway: Doorway) -> Texts:
    return Texts(
        instructions=steps(
            (f"Open the three doors of {stair.stair_name} that its design names as the worst case", 120),
            (f"Mark the nine points in {doorway.doorway_identifier} at {floor.floor_level}", 60),
            (f"Hold the anemometer at each point for {POINT_S} seconds, facing the flow out of the stair", 9 * POINT_S),
            ("Record all nine velocities in metres a second (m/s); flow into the stair is negative", 30),
        ),
        audible_cues=cues(POINT_S),
        safety_warnings=(
            "Hold every open door so that it cannot slam",
            "Confirm that nobody is in the stair but those who test",
            "Close all doors again when the doorway is done",
        ),
        evidence_prompts=(
            prompt(
                "photo",
                "Anemometer in the doorway with its display at point 5",
                mandatory=True,
                min_resolution="1024x768",
            ),
            prompt("photo", f"Open doors of {stair.stair_name} as tested", mandatory=False),
        ),
    )
