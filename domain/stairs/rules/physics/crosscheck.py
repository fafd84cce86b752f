"""Whether what was measured can be true together: P1 to P6, and the pressure at which a door becomes too heavy.

Each finding is an observation with the numbers that it rests on; none of them changes a verdict (R-16).
"""

from collections.abc import Iterator

from domain.stairs.rules.physics.air import stack_gradient
from domain.stairs.rules.physics.door import ceiling_pa, pressure_force_n
from domain.stairs.rules.physics.readings import DoorReading, Observation, StairReadings
from domain.stairs.rules.robust import robust_sigma, theil_sen

FORCE_TOLERANCE = 0.25
FAN_TOLERANCE = 1.1
LEAST_LEVELS = 5
MOST_RESIDUAL_PA, MOST_SIGMAS = 10.0, 3.0
# Below this the sign of a slope says nothing about temperatures.
LEAST_GRADIENT_PA_M, LEAST_DIFFERENCE_K = 0.05, 3.0


def crosscheck(readings: StairReadings) -> list[Observation]:
    """All findings of one stair, in the order P1 to P6 and by storey."""
    doors = sorted(readings.doors, key=lambda door: door.door_identifier)
    found = [finding for door in doors for finding in _forces(readings.stair_name, door)]
    found += _flow(readings)
    found += _profile(readings)
    found += _swapped(readings)
    return [*found, *(one for door in doors for one in _ceiling(readings, door))]


# What cannot be true together. The other codes of a session (a door's ceiling, the leakage index) only tell a figure.
MISMATCHES = (
    "CONFIGURATIONS_SWAPPED",
    "FLOW_EXCEEDS_FAN",
    "FORCE_BELOW_PRESSURE",
    "FORCE_PRESSURE_MISMATCH",
    "LOCAL_LEAK",
    "PROFILE_OUTLIER",
    "STACK_SIGN",
)


def _forces(stair: str, door: DoorReading) -> Iterator[Observation]:
    """P1: what the pressure adds to the force. P2: the force cannot be less than what the pressure makes."""
    if door.on_n is None or door.pressure_pa is None:
        return
    made = pressure_force_n(door.leaf, door.pressure_pa)
    data = {
        "door_identifier": door.door_identifier,
        "floor_level": door.floor_level,
        "pressure_pa": door.pressure_pa,
        "expected_n": round(made, 2),
        "force_on_n": door.on_n,
        "force_off_n": door.off_n,
    }
    where = f"at {door.door_identifier}, {stair} {door.floor_level}"
    if door.off_n is not None and made > 0 and abs((door.on_n - door.off_n) - made) > FORCE_TOLERANCE * made:
        yield Observation(
            "FORCE_PRESSURE_MISMATCH",
            f"The pressure should add about {made:.0f} N {where}; the measured forces differ by"
            f" {door.on_n - door.off_n:.0f} N. Check both forces and the pressure.",
            data,
        )
    if door.on_n < made:
        yield Observation(
            "FORCE_BELOW_PRESSURE",
            f"{door.on_n:.0f} N {where} is less than the {made:.0f} N that {door.pressure_pa:.1f} Pa make by"
            " themselves: not possible. Check the gauge, its place on the leaf and the pressure.",
            data,
        )


def _flow(readings: StairReadings) -> Iterator[Observation]:
    """P3: whichever doors stood open together, they cannot pass more than the fan gives."""
    flows = sorted((one.mean_ms * one.area_m2, one.doorway_identifier) for one in readings.doorways if one.mean_ms > 0)[
        : readings.doors_open
    ]
    if readings.fan_m3_s is None or len(flows) < readings.doors_open:
        return
    total = sum(flow for flow, _ in flows)
    if total > readings.fan_m3_s * FAN_TOLERANCE:
        yield Observation(
            "FLOW_EXCEEDS_FAN",
            f"Even the {readings.doors_open} doorways of {readings.stair_name} with the least flow pass"
            f" {total:.2f} m3/s together, and the fan gives {readings.fan_m3_s:.2f} m3/s. Check the velocities, the"
            " doorways' sizes, which doors were open, and the fan's capacity.",
            {
                "doorways": [name for _, name in flows],
                "flow_m3_s": round(total, 3),
                "fan_m3_s": readings.fan_m3_s,
                "doors_open": readings.doors_open,
            },
        )


def _profile(readings: StairReadings) -> Iterator[Observation]:
    """P4: pressures lie on a line by height. P5: the line leans as the temperatures say."""
    known = sorted(
        (one.height_m, one.closed_pa, one.floor_level) for one in readings.floors if one.closed_pa is not None
    )
    if len(known) < LEAST_LEVELS:
        return
    heights, pressures = [one[0] for one in known], [one[1] for one in known]
    line = theil_sen(heights, pressures)
    if line is None:
        return
    residuals = [pressure - line(height) for height, pressure in zip(heights, pressures, strict=True)]
    # A spread finer than the gauge can tell is the gauge's.
    sigma = max(robust_sigma(residuals), readings.accuracy_pa)
    limit = min(MOST_SIGMAS * sigma, MOST_RESIDUAL_PA)
    for (height, pressure, level), residual in zip(known, residuals, strict=True):
        if abs(residual) > limit:
            yield Observation(
                "LOCAL_LEAK" if residual < 0 else "PROFILE_OUTLIER",
                f"{pressure:.1f} Pa on {readings.stair_name} {level} stands {abs(residual):.1f} Pa"
                f" {'below' if residual < 0 else 'above'} the line through the other floors: "
                + ("a leak there, or another floor's reading." if residual < 0 else "another floor's reading?"),
                {
                    "floor_level": level,
                    "pressure_pa": pressure,
                    "line_pa": round(line(height), 2),
                    "residual_pa": round(residual, 2),
                    "limit_pa": round(limit, 2),
                },
            )
    yield from _leaning(readings, line.slope)


def _leaning(readings: StairReadings, slope: float) -> Iterator[Observation]:
    if readings.stair_c is None or readings.outside_c is None:
        return
    if abs(readings.stair_c - readings.outside_c) < LEAST_DIFFERENCE_K or abs(slope) < LEAST_GRADIENT_PA_M:
        return
    expected = stack_gradient(readings.stair_c, readings.outside_c)
    if expected * slope < 0:
        yield Observation(
            "STACK_SIGN",
            f"Pressure in {readings.stair_name} {'falls' if slope < 0 else 'rises'} by {abs(slope):.2f} Pa a metre, but"
            f" with {readings.stair_c:.0f} °C inside and {readings.outside_c:.0f} °C outside it should"
            f" {'rise' if expected > 0 else 'fall'}. Check the temperatures and the tubing.",
            {
                "slope_pa_m": round(slope, 4),
                "expected_pa_m": round(expected, 4),
                "stair_c": readings.stair_c,
                "outside_c": readings.outside_c,
            },
        )


def _swapped(readings: StairReadings) -> Iterator[Observation]:
    """P6: opening doors lets pressure out, it never adds any."""
    for floor in sorted(readings.floors, key=lambda one: (one.floor_number, one.floor_level)):
        if floor.closed_pa is None or floor.open_pa is None:
            continue
        if floor.open_pa > floor.closed_pa + readings.accuracy_pa:
            yield Observation(
                "CONFIGURATIONS_SWAPPED",
                f"{floor.open_pa:.1f} Pa with doors open is more than {floor.closed_pa:.1f} Pa with all doors closed on"
                f" {readings.stair_name} {floor.floor_level}. Were the two entered the other way round?",
                {"floor_level": floor.floor_level, "closed_pa": floor.closed_pa, "open_pa": floor.open_pa},
            )


def _ceiling(readings: StairReadings, door: DoorReading) -> Iterator[Observation]:
    """The pressure at which this door reaches its force limit, from its own closer."""
    if readings.force_limit_n is None or door.off_n is None:
        return
    ceiling = ceiling_pa(door.leaf, door.off_n, readings.force_limit_n)
    yield Observation(
        "DOOR_CEILING",
        f"{door.door_identifier}, {readings.stair_name} {door.floor_level}: with {door.off_n:.0f} N of closer the"
        f" {readings.force_limit_n:.0f} N limit is reached at {ceiling:.1f} Pa.",
        {
            "door_identifier": door.door_identifier,
            "floor_level": door.floor_level,
            "closer_n": door.off_n,
            "ceiling_pa": round(ceiling, 2),
        },
    )
