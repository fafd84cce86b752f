"""P1 to P6: what cannot be true together is said; what can is not; and no verdict hears of it (R-16)."""

from dataclasses import fields, replace

import numpy as np
import pytest

from domain.stairs.rules.physics.crosscheck import crosscheck
from domain.stairs.rules.physics.door import Leaf, pressure_force_n
from domain.stairs.rules.physics.network import Level, solve
from domain.stairs.rules.physics.readings import (
    DoorReading,
    DoorwayReading,
    FloorReading,
    Observation,
    StairReadings,
)

LEAF = Leaf(0.90, 2.10)
LEVELS = [Level("Ground" if n == 0 else f"Level-{n}", n * 3.5, 0.02) for n in range(15)]


def readings(seed: int = 0, noise: float = 0.3, stair_c: float = 22.0, outside_c: float = 10.0) -> StairReadings:
    """A sound stair of the model, measured with a little noise."""
    chance = np.random.default_rng(seed)
    found = solve(LEVELS, 1.76, stair_c=stair_c, outside_c=outside_c)
    closed = [round(one.across_door_pa + float(chance.normal(0, noise)), 1) for one in found]
    return StairReadings(
        "Stair-A",
        tuple(
            FloorReading(level.name, n, level.height_m, closed[n], round(closed[n] * 0.2, 1))
            for n, level in enumerate(LEVELS)
        ),
        tuple(
            DoorReading(
                f"D-{n:02}", level.name, LEAF, round(38 + pressure_force_n(LEAF, closed[n]), 1), 38.0, closed[n]
            )
            for n, level in enumerate(LEVELS)
        ),
        tuple(DoorwayReading(f"DW-{level.name}", 2.88, 0.55) for level in LEVELS),
        fan_m3_s=5.2,
        stair_c=stair_c,
        outside_c=outside_c,
    )


def codes(found: list[Observation]) -> list[str]:
    return [one.code for one in found]


def test_a_sound_stair_is_silent() -> None:
    silent = sum(not crosscheck(readings(seed)) for seed in range(50))
    assert silent >= 48


def test_p1_forces_that_the_pressure_does_not_explain() -> None:
    sound = readings()
    wrong = replace(sound.doors[3], on_n=sound.doors[3].on_n + 20)
    found = crosscheck(replace(sound, doors=(wrong,)))
    assert codes(found) == ["FORCE_PRESSURE_MISMATCH"]
    assert found[0].data["door_identifier"] == "D-03"
    assert "Level-3" in found[0].text


def test_p2_a_force_below_what_the_pressure_makes() -> None:
    door = DoorReading("D-1", "Level-1", LEAF, 40.0, None, 50.0)
    assert codes(crosscheck(StairReadings("Stair-A", (), (door,)))) == ["FORCE_BELOW_PRESSURE"]


def test_p3_the_pilot_velocities_are_more_than_its_fan_gives() -> None:
    doorways = tuple(DoorwayReading(f"DW-{n}", 1.20 * 2.40, 1.15) for n in range(15))
    found = crosscheck(StairReadings("Stair-A", (), (), doorways, fan_m3_s=5.2))
    assert codes(found) == ["FLOW_EXCEEDS_FAN"]
    assert found[0].data["flow_m3_s"] == pytest.approx(9.936)
    assert not crosscheck(StairReadings("Stair-A", (), (), doorways[:2], fan_m3_s=5.2))
    assert not crosscheck(StairReadings("Stair-A", (), (), doorways))


def test_p4_a_leak_on_one_floor_is_found_on_that_floor() -> None:
    sound = readings()
    leaking = replace(sound.floors[6], closed_pa=sound.floors[6].closed_pa - 9)
    found = crosscheck(replace(sound, floors=(*sound.floors[:6], leaking, *sound.floors[7:]), doors=()))
    assert codes(found) == ["LOCAL_LEAK"]
    assert found[0].data["floor_level"] == "Level-6"


def test_p5_a_slope_against_the_temperatures() -> None:
    sound = replace(readings(), doors=())
    assert codes(crosscheck(replace(sound, stair_c=10.0, outside_c=22.0))) == ["STACK_SIGN"]
    assert not crosscheck(replace(sound, stair_c=20.0, outside_c=21.0))


def test_p6_more_pressure_with_doors_open() -> None:
    sound = replace(readings(), doors=())
    floor = sound.floors[0]
    swapped = replace(floor, closed_pa=floor.open_pa, open_pa=floor.closed_pa)
    found = crosscheck(StairReadings("Stair-A", (swapped,)))
    assert codes(found) == ["CONFIGURATIONS_SWAPPED"]


def test_each_door_tells_the_pressure_at_which_it_becomes_too_heavy() -> None:
    door = DoorReading("D-1", "Level-1", LEAF, None, 40.0, None)
    found = crosscheck(StairReadings("Stair-A", (), (door,), force_limit_n=110))
    assert codes(found) == ["DOOR_CEILING"]
    assert found[0].data["ceiling_pa"] == pytest.approx(68.31, abs=0.01)


def test_r_16_an_observation_has_no_place_for_a_verdict() -> None:
    assert {one.name for one in fields(Observation)} == {"code", "text", "data"}
    assert not any("compliant" in key for one in crosscheck(readings(3, noise=4.0)) for key in one.data)


def test_the_order_of_what_was_entered_changes_nothing() -> None:
    told = readings(3, noise=4.0)
    turned = replace(told, floors=told.floors[::-1], doors=told.doors[::-1], doorways=told.doorways[::-1])
    assert crosscheck(told) == crosscheck(turned)
