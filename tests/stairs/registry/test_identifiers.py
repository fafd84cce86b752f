"""Identifiers are those of the specification, and no two tests of a building share one."""

import pytest

from domain.stairs.rules import identifiers as ids


@pytest.mark.parametrize(
    ("level", "code"),
    [
        ("Ground", "GF"),
        ("ground", "GF"),
        ("Level-8", "L8"),
        ("Level 14", "L14"),
        ("Basement-1", "B1"),
        ("Roof Plant", "ROOF-PLANT"),
        ("Mezzanine", "MEZZANINE"),
        ("***", "X"),
    ],
)
def test_floor_codes(level: str, code: str) -> None:
    assert ids.floor_code(level) == code


def test_each_archetype_is_named_as_the_specification_names_it() -> None:
    assert ids.pressure_identifier("Stair-A", "Level-8", "all_closed") == "PRESSURE_STAIR-A_L8_ALL-CLOSED"
    assert (
        ids.velocity_identifier("Stair-A", "Level-8", "DW-Level-8-Stair-A", "worst_case_3_doors_open")
        == "VELOCITY_STAIR-A_L8_DW-LEVEL-8-STAIR-A_WORST-CASE-3-DOORS-OPEN"
    )
    assert (
        ids.door_force_identifier("Stair-A", "Level-8", "D-Level-8-Stair-A", True)
        == "DOORFORCE_STAIR-A_L8_D-LEVEL-8-STAIR-A_ON"
    )
    assert (
        ids.scenario_identifier("Stair-A", "Zone-3", "Fire Floor 8 - Zone 3 Activation", 1)
        == "CE_STAIR-A_ZONE-3_FIRE-FLOOR-8-ZONE-3-ACTIVATION_V1"
    )
    assert (
        ids.interface_identifier("Stair-A", "manual_override", "FIRE-PANEL-01")
        == "INTERFACE_STAIR-A_MANUAL-OVERRIDE_FIRE-PANEL-01"
    )
