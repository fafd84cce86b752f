"""What was measured when the pilot building was commissioned, the instruments, and which of the numbers cannot be.

The pressures with all doors closed and the door forces fit the physics of the stair. The pressures with evacuation
doors open and the velocities are those of the seed, and no fan of 5.2 m3/s gives them: the physics cross-check has its
first findings there. They are kept as they are, and told.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from domain.stairs.rules.baseline_csv import GRID, HEADERS, Kind
from domain.stairs.rules.decimal_text import plain_number
from domain.stairs.rules.grid_layout import mean_velocity
from domain.stairs.rules.registry import Door, Floor, Registry
from domain.stairs.rules.vocabulary import WORST_CASE

COMMISSIONED = date(2024, 1, 15)
GROUND_PA, A_STOREY_PA, DOORS_OPEN_PA = Decimal("44.5"), Decimal("0.6"), Decimal("1.3")
CLOSER_N = Decimal(45)
# Metres a second at the nine points of a doorway, as the seed has them.
VELOCITIES = tuple(map(Decimal, ("1.2", "1.3", "1.1", "1.15", "1.25", "1.18", "1.08", "1.12", "1.05")))


def pilot_baselines(registry: Registry) -> dict[Kind, list[dict[str, str]]]:
    """Rows of the three files, by the columns of their headers; the floors lowest first."""
    return {
        "pressure": [row for floor in _floors(registry) for row in _pressures(floor)],
        "velocity": [_velocity(one.stair_id, one.doorway_id) for one in _by_floor(registry, registry.doorways)],
        "door_force": [
            row for door in _by_floor(registry, registry.doors) for row in _forces(door, _floor_of(registry, door))
        ],
    }


def csv_text(kind: Kind, rows: Sequence[Mapping[str, str]]) -> str:
    """The file of such rows, as it is imported."""
    header = HEADERS[kind]
    return "\n".join([",".join(header), *(",".join(row[name] for name in header) for row in rows), ""])


def all_closed_pa(floor_number: int) -> Decimal:
    """With all doors closed the pressure rises with height, since the stair was a little warmer than outside."""
    return GROUND_PA + A_STOREY_PA * floor_number


def opening_force_n(door: Door, pressure_pa: Decimal) -> Decimal:
    """Closer and pressure at the handle: F = F_closer + W A dp / (2 (W - d)), rounded to 0.1 N (IBC 909.6.2)."""
    width, height = door.width_m or Decimal("0.9"), door.height_m or Decimal("2.1")
    arm = width - (door.handle_offset_m or Decimal("0.07"))
    force = CLOSER_N + width * width * height * pressure_pa / (2 * arm)
    return force.quantize(Decimal("0.1"), ROUND_HALF_UP)


def pilot_instruments(calibrated_on: date) -> list[dict[str, Any]]:
    """One instrument of each kind that is asked for, each with a certificate of that day for a year."""
    expiry = calibrated_on.replace(year=calibrated_on.year + 1, day=min(calibrated_on.day, 28))
    return [
        {
            "instrument_type": kind,
            "manufacturer": maker,
            "model": model,
            "serial_number": serial,
            "accuracy": accuracy,
            "range_min": low,
            "range_max": high,
            "unit": unit,
            "calibration_frequency_months": 12,
            "calibration_standard": "ISO/IEC 17025",
            "certificate": {
                "cert_number": f"CERT-{calibrated_on.year}-{serial}",
                "calibration_date": calibrated_on.isoformat(),
                "expiry_date": expiry.isoformat(),
                "calibration_authority": "NATA Accredited Lab - Sydney",
                "standard": "ISO/IEC 17025",
            },
        }
        for kind, maker, model, serial, accuracy, low, high, unit in (
            ("manometer", "Dwyer", "475-1-FM", "MAN-12345", "±1 Pa", "0", "200", "Pa"),
            ("anemometer", "TSI", "9545", "ANE-20881", "±0.05 m/s", "0", "30", "m/s"),
            ("force_gauge", "Mark-10", "M4-50", "FOR-30417", "±1 N", "0", "250", "N"),
        )
    ]


def _floors(registry: Registry) -> list[Floor]:
    return [floor for stair in registry.in_order() for floor in registry.floors_of(stair.stair_id)]


def _by_floor(registry: Registry, things: Sequence[Any]) -> list[Any]:
    place = {floor.floor_id: number for number, floor in enumerate(_floors(registry))}
    return sorted(things, key=lambda one: place[one.floor_id])


def _floor_of(registry: Registry, door: Door) -> Floor:
    return registry.floor_by_id()[door.floor_id]


def _pressures(floor: Floor) -> Iterator[dict[str, str]]:
    closed = all_closed_pa(floor.floor_number)
    for configuration, value in (("all_closed", closed), ("evac_doors_open", closed - DOORS_OPEN_PA)):
        yield {
            "stair_id": str(floor.stair_id),
            "floor_id": str(floor.floor_id),
            "door_configuration": configuration,
            "pressure_pa": plain_number(value),
            "commissioned_date": COMMISSIONED.isoformat(),
        }


def _velocity(stair_id: Any, doorway_id: Any) -> dict[str, str]:
    return {
        "stair_id": str(stair_id),
        "doorway_id": str(doorway_id),
        "door_scenario": WORST_CASE,
        "velocity_ms": plain_number(mean_velocity(VELOCITIES)),
        "commissioned_date": COMMISSIONED.isoformat(),
    } | {name: plain_number(value) for name, value in zip(GRID, VELOCITIES, strict=True)}


def _forces(door: Door, floor: Floor) -> Iterator[dict[str, str]]:
    for is_active, pressure in (("true", all_closed_pa(floor.floor_number)), ("false", Decimal(0))):
        yield {
            "stair_id": str(door.stair_id),
            "door_id": str(door.door_id),
            "pressurization_active": is_active,
            "force_newtons": plain_number(opening_force_n(door, pressure)),
            "measurement_position": "at_handle",
            "commissioned_date": COMMISSIONED.isoformat(),
        }
