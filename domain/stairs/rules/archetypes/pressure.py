"""ARCH-PRESSURE-001: the pressure differential at a landing, one test per floor and door configuration."""

from collections.abc import Iterator

from domain.stairs.rules.archetypes.sources import Sources
from domain.stairs.rules.archetypes.template import Template, Texts, calibration, cues, prompt, steps
from domain.stairs.rules.identifiers import pressure_identifier
from domain.stairs.rules.registry import Floor, Registry, Stair
from domain.stairs.rules.schedule import PRESSURE, sampled
from domain.stairs.rules.vocabulary import DOOR_CONFIGURATIONS

TYPE = "pressure_differential"
STABILISE_S = 30
_DOORS = {
    "all_closed": ("Close every door of {stair} on all floors and keep them closed", 60),
    "evac_doors_open": ("Open the evacuation doors of {stair} that its design names and hold them open", 120),
}


def pressure_templates(
    registry: Registry, stair: Stair, frequency: str, choice: dict[str, tuple[str, ...]], sources: Sources
) -> Iterator[Template]:
    """All floors in one configuration of the doors before the doors are set anew."""
    floors = sampled(registry.floors_of(stair.stair_id), choice["floor"][0])
    for configuration in DOOR_CONFIGURATIONS:
        if configuration in choice["door_configuration"]:
            yield from (_template(stair, floor, configuration, frequency, sources) for floor in floors)


def _template(stair: Stair, floor: Floor, configuration: str, frequency: str, sources: Sources) -> Template:
    limits = sources.limits(TYPE)
    baseline = sources.baselines.pressure.get((floor.floor_id, configuration))
    return Template(
        archetype_id=PRESSURE,
        measurement_type=TYPE,
        frequency=frequency,
        scoped_identifier=pressure_identifier(stair.stair_name, floor.floor_level, configuration),
        stair_id=stair.stair_id,
        floor_id=floor.floor_id,
        door_configuration=configuration,
        design_setpoint=stair.design_setpoint_pa,
        baseline_value=None if baseline is None else baseline.value,
        baseline_date=None if baseline is None else baseline.commissioned_date,
        min_threshold=None if limits is None else limits.min_threshold,
        max_threshold=None if limits is None else limits.max_threshold,
        unit="Pa",
        required_instrument_type="manometer",
        calibration_requirement=calibration("±1 Pa"),
        texts=_texts(stair, floor, configuration),
    )


def _texts(stair: Stair, floor: Floor, configuration: str) -> Texts:
    doors, seconds = _DOORS[configuration]
    return Texts(
        instructions=steps(
            (doors.format(stair=stair.stair_name), seconds),
            (f"Put the manometer's tube into {stair.stair_name} at {floor.floor_level}, 1.5 m above the landing", 30),
            (f"Wait {STABILISE_S} seconds until the pressure has settled", STABILISE_S),
            ("Record the pressure differential in pascals (Pa), with every digit shown", 10),
        ),
        audible_cues=cues(STABILISE_S),
        safety_warnings=(
            "Ensure that every door can be opened by hand at any time",
            "Confirm that nobody is in the stair but those who test",
            "Do not block an exit",
        ),
        evidence_prompts=(
            prompt("photo", "Display of the manometer with the reading", mandatory=True, min_resolution="1024x768"),
            prompt("photo", f"Sign of the floor, {floor.floor_level}", mandatory=True),
        ),
    )
