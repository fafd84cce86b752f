"""How many tests a building has, by a closed formula that knows nothing of the generator.

The generator's rows are counted against it: where the two differ, one of them is wrong and nothing is proposed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.stairs.rules.registry import Registry
from domain.stairs.rules.schedule import (
    ALL,
    CAUSE_AND_EFFECT,
    DOOR_FORCE,
    INTERFACE,
    PRESSURE,
    VELOCITY,
    ScheduleRow,
    selected,
)

SAMPLE = 3


@dataclass(frozen=True)
class StairSize:
    """How much there is of everything in one stair.

    Attributes:
        scenarios: active scenarios by type.
        definitions: active interface definitions by type.
    """

    floors: int
    doors: int
    doorways: int
    scenarios: dict[str, int]
    definitions: dict[str, int]


def stair_sizes(registry: Registry) -> list[StairSize]:
    """The sizes of a building's stairs, by name of the stair."""
    return [
        StairSize(
            floors=sum(one.stair_id == stair.stair_id for one in registry.floors),
            doors=sum(one.stair_id == stair.stair_id for one in registry.doors),
            doorways=sum(one.stair_id == stair.stair_id for one in registry.doorways),
            scenarios=_tally(
                one.scenario_type for one in registry.scenarios if one.stair_id == stair.stair_id and one.active
            ),
            definitions=_tally(
                one.interface_type for one in registry.definitions if one.stair_id == stair.stair_id and one.active
            ),
        )
        for stair in registry.in_order()
    ]


def expected_counts(sizes: Iterable[StairSize], schedule: Iterable[ScheduleRow], frequency: str) -> dict[str, int]:
    """Tests by measurement type, and their `total`, of stairs of these sizes."""
    rows, stairs = list(schedule), list(sizes)
    choice = {one: selected(rows, one, frequency) for one in (PRESSURE, VELOCITY, DOOR_FORCE)}
    pressure, velocity, force = choice[PRESSURE], choice[VELOCITY], choice[DOOR_FORCE]
    counts = {
        "pressure_differential": _pressure(stairs, pressure) if pressure else 0,
        "air_velocity": sum(one.doorways for one in stairs) * len(velocity["door_scenario"]) if velocity else 0,
        "door_opening_force": sum(one.doors for one in stairs) * len(force["pressurization_active"]) if force else 0,
        "cause_and_effect_logic": _named(
            [one.scenarios for one in stairs], selected(rows, CAUSE_AND_EFFECT, frequency), "scenario_type"
        ),
        "interface_test": _named(
            [one.definitions for one in stairs], selected(rows, INTERFACE, frequency), "interface_type"
        ),
    }
    return counts | {"total": sum(counts.values())}


def _pressure(stairs: list[StairSize], choice: dict[str, tuple[str, ...]]) -> int:
    is_all = choice["floor"] == (ALL,)
    floors = sum(one.floors if is_all else min(SAMPLE, one.floors) for one in stairs)
    return floors * len(choice["door_configuration"])


def _named(tallies: list[dict[str, int]], choice: dict[str, tuple[str, ...]] | None, dimension: str) -> int:
    if choice is None:
        return 0
    wanted = choice[dimension]
    return sum(
        number for tally in tallies for name, number in sorted(tally.items()) if wanted == (ALL,) or name in wanted
    )


def _tally(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found
