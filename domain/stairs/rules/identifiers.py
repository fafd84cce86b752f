"""Identifiers that people read: what one test is about, in one word, the same at every generation."""

import re

_OTHER = re.compile(r"[^A-Z0-9]+")
_LEVEL = re.compile(r"LEVEL-(\d+)")
_BASEMENT = re.compile(r"BASEMENT-(\d+)")


def slug(words: str) -> str:
    """Upper case, with a hyphen for whatever is neither letter nor digit; "X" where nothing is left."""
    return _OTHER.sub("-", words.upper()).strip("-") or "X"


def floor_code(floor_level: str) -> str:
    """GF for Ground, L8 for Level-8, B1 for Basement-1, else the level itself."""
    level = slug(floor_level)
    if level == "GROUND":
        return "GF"
    for pattern, letter in ((_LEVEL, "L"), (_BASEMENT, "B")):
        found = pattern.fullmatch(level)
        if found:
            return f"{letter}{found[1]}"
    return level


def pressure_identifier(stair_name: str, floor_level: str, door_configuration: str) -> str:
    """As `PRESSURE_STAIR-A_L8_ALL-CLOSED`."""
    return _joined("PRESSURE", slug(stair_name), floor_code(floor_level), slug(door_configuration))


def velocity_identifier(stair_name: str, floor_level: str, doorway: str, door_scenario: str) -> str:
    """As `VELOCITY_STAIR-A_L8_DW-LEVEL-8-STAIR-A_WORST-CASE-3-DOORS-OPEN`."""
    return _joined("VELOCITY", slug(stair_name), floor_code(floor_level), slug(doorway), slug(door_scenario))


def door_force_identifier(stair_name: str, floor_level: str, door: str, pressurization_active: bool) -> str:
    """As `DOORFORCE_STAIR-A_L8_D-LEVEL-8-STAIR-A_ON`."""
    state = "ON" if pressurization_active else "OFF"
    return _joined("DOORFORCE", slug(stair_name), floor_code(floor_level), slug(door), state)


def scenario_identifier(stair_name: str, zone_name: str, scenario_name: str, version: int) -> str:
    """As `CE_STAIR-A_ZONE-3_FIRE-FLOOR-8_V1`."""
    return _joined("CE", slug(stair_name), slug(zone_name), slug(scenario_name), f"V{version}")


def interface_identifier(stair_name: str, interface_type: str, location_id: str) -> str:
    """As `INTERFACE_STAIR-A_MANUAL-OVERRIDE_FIRE-PANEL-01`."""
    return _joined("INTERFACE", slug(stair_name), slug(interface_type), slug(location_id))


def _joined(*parts: str) -> str:
    return "_".join(parts)
