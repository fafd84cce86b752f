"""The pilot building is that of the specification, its numbers credible or told not to be."""

from datetime import date
from decimal import Decimal

import pytest

from domain.stairs.rules.document import document_problems
from domain.stairs.rules.grid_layout import grid_layout
from domain.stairs.rules.pilot.building import pilot_document, pilot_registry
from domain.stairs.rules.pilot.commissioning import opening_force_n, pilot_baselines, pilot_instruments

PILOT = pilot_registry()


def test_it_has_what_the_seed_has() -> None:
    assert document_problems(pilot_document()) == []
    assert [len(part) for part in (PILOT.stairs, PILOT.floors, PILOT.doors, PILOT.doorways, PILOT.zones)] == [
        2,
        30,
        30,
        30,
        10,
    ]
    fans = [one for one in PILOT.equipment if one.equipment_type == "fan"]
    assert [(one.equipment_identifier, one.serial_number) for one in fans] == [
        ("FAN-01-A", "WD-2024-A001"),
        ("FAN-01-B", "WD-2024-B001"),
    ]
    assert PILOT.floors_of(PILOT.stairs[0].stair_id)[14].height_m == Decimal("49.00")


def test_every_zone_has_a_scenario_of_each_frequency_and_every_stair_four_interfaces() -> None:
    assert len(PILOT.scenarios) == 20
    assert len({(one.zone_id, one.scenario_type) for one in PILOT.scenarios}) == 20
    assert len(PILOT.definitions) == 8


@pytest.mark.parametrize(("pressure", "force"), [("20", "65.5"), ("45", "91.1"), ("50", "96.2"), ("80", "127.0")])
def test_door_forces_follow_the_physics(pressure: str, force: str) -> None:
    assert opening_force_n(PILOT.doors[0], Decimal(pressure)) == Decimal(force)


def test_no_commissioned_value_is_outside_the_limits() -> None:
    rows = pilot_baselines(PILOT)
    assert all(20 <= Decimal(row["pressure_pa"]) <= 80 for row in rows["pressure"])
    assert all(Decimal(row["force_newtons"]) <= 110 for row in rows["door_force"])
    assert rows["pressure"][0]["pressure_pa"] == "44.5"


def test_one_instrument_for_each_kind_that_is_asked_for() -> None:
    found = pilot_instruments(date(2024, 2, 29))
    assert [one["instrument_type"] for one in found] == ["manometer", "anemometer", "force_gauge"]
    assert found[0]["certificate"]["expiry_date"] == "2025-02-28"


def test_the_grid_of_a_doorway_in_metres() -> None:
    layout = grid_layout(Decimal("1.20"), Decimal("2.40"))
    found = {one.point: (one.x, one.y) for one in layout}
    assert found[1] == (Decimal("0.30"), Decimal("1.92"))
    assert found[5] == (Decimal("0.60"), Decimal("1.20"))
    assert found[9] == (Decimal("0.90"), Decimal("0.48"))
