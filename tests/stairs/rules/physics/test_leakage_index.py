"""How leaky a stair is, and how that changes: told from what can be known, silent otherwise."""

from dataclasses import replace
from datetime import date

import pytest

from domain.stairs.rules.physics.leakage_index import Found, leakage_course, leakage_index
from domain.stairs.rules.physics.network import Level, solve
from domain.stairs.rules.physics.readings import FloorReading, StairReadings

FAN = 1.7607


def readings(door_m2: float = 0.02, levels: int = 15) -> StairReadings:
    """A stair of the model, measured without noise."""
    storeys = [Level(f"Level-{n}", n * 3.5, door_m2) for n in range(levels)]
    floors = (
        FloorReading(one.name, n, storeys[n].height_m, round(one.across_door_pa, 1), None)
        for n, one in enumerate(solve(storeys, FAN, stair_c=22, outside_c=15))
    )
    return StairReadings("Stair-A", tuple(floors), fan_m3_s=FAN)


@pytest.mark.parametrize("door_m2", [0.01, 0.02, 0.05])
def test_the_index_is_the_opening_that_the_model_was_made_with(door_m2: float) -> None:
    (told,) = leakage_index(readings(door_m2))
    assert told.code == "LEAKAGE_INDEX"
    assert told.data["total_m2"] == pytest.approx(15 * door_m2, rel=0.01)
    assert told.data["per_level_m2"] == pytest.approx(door_m2, rel=0.01)
    assert "what a relief takes is part of it" in told.text


def test_without_the_fans_or_with_a_few_floors_nothing_is_said() -> None:
    assert leakage_index(replace(readings(), fan_m3_s=None)) == []
    assert leakage_index(readings(levels=4)) == []
    assert leakage_index(StairReadings("Stair-A", (), fan_m3_s=FAN)) == []


def test_the_course_is_told_from_four_visits_over_a_year() -> None:
    visits = [Found(date(2023 + year, 5, 1), 0.30 * 1.08**year) for year in range(4)]
    told = leakage_course("Stair-A", list(reversed(visits)))
    assert told is not None
    assert told.data["slope_m2_a_year"] == pytest.approx(0.026, abs=0.001)
    assert (told.data["visits"], told.data["first_on"]) == (4, "2023-05-01")
    assert leakage_course("Stair-A", visits[:3]) is None
    assert leakage_course("Stair-A", [Found(date(2026, 1, day), 0.3) for day in (1, 2, 3, 4)]) is None
