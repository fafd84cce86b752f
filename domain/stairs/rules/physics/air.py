"""Air through openings and in columns. SI units throughout: Pa, m2, m3/s, m, degrees Celsius.

Orifice flow and areas in series as in NIST's program for pressurised stairs (NBSIR 82-2512); the discharge coefficient
is that of the usual design texts (0.65, so that Q is about 0.83 A sqrt(dp)).
"""

import math

DISCHARGE = 0.65
DENSITY = 1.2
GRAVITY = 9.81
ZERO_C = 273.15
# p M / R at sea level: density times absolute temperature.
DENSITY_TIMES_TEMPERATURE = 353.0


def density(temperature_c: float) -> float:
    """Density of air at sea level, kg/m3."""
    return DENSITY_TIMES_TEMPERATURE / (temperature_c + ZERO_C)


def flow(area_m2: float, difference_pa: float) -> float:
    """Flow through an opening, m3/s, with the sign of the difference: Cd A sqrt(2 |dp| / rho)."""
    return math.copysign(DISCHARGE * area_m2 * math.sqrt(2 * abs(difference_pa) / DENSITY), difference_pa)


def difference(flow_m3_s: float, area_m2: float) -> float:
    """The pressure difference that drives a flow through an opening, Pa."""
    return math.copysign((flow_m3_s / (DISCHARGE * area_m2)) ** 2 * DENSITY / 2, flow_m3_s)


def in_series(*areas_m2: float) -> float:
    """The one opening that passes what several one behind the other pass: 1/A2 is the sum of 1/Ai2."""
    return 1 / math.sqrt(sum(1 / area**2 for area in areas_m2))


def stack_gradient(stair_c: float, outside_c: float) -> float:
    """By how much the stair's pressure against the outside grows with height, Pa/m: g (rho_outside - rho_stair)."""
    return GRAVITY * (density(outside_c) - density(stair_c))
