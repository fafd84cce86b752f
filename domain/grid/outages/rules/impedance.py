"""The impedance of an edge: what the source states, else a typical one by kind and rating, which is then marked.

Ohms are totals of the edge in positive sequence, of a transformer seen from its higher voltage.
"""

import math
from dataclasses import dataclass

from domain.grid.network.rules.model import Edge

LOW_KV = 1.0
# A closed switch has next to none; it is kept above zero, so that currents through it are defined.
SWITCH_OHM = (0.0005, 0.0005)

# Ohm per km by least rating in amperes. General knowledge of conductors, kept here and not quoted as a standard:
# overhead ACSR 336 kcmil, 4/0 AWG and 2 AWG at 50 degrees; aluminium cables of 300, 150 and 70 mm2.
OVERHEAD_OHM_PER_KM = ((400.0, 0.19, 0.38), (200.0, 0.37, 0.42), (0.0, 1.05, 0.47))
CABLE_OHM_PER_KM = ((350.0, 0.125, 0.11), (200.0, 0.206, 0.12), (0.0, 0.44, 0.13))
# A secondary of 150 mm2 aluminium.
LOW_OHM_PER_KM = (0.21, 0.08)
# A transformer: 4 % short-circuit voltage, 1.2 % of it copper; where neither kVA nor amperes are known, 50 kVA to
# service voltage and 5,000 kVA between primaries. A voltage regulator (the same voltage on both sides) has 0.5 %.
WINDING_PCT, COPPER_PCT, USUAL_KVA, USUAL_PRIMARY_KVA = 4.0, 1.2, 50.0, 5000.0
REGULATOR_PCT, SAME_VOLTAGE = 0.5, 0.9
# A rating that the source does not state counts as that of a middling conductor.
USUAL_RATING_A = 300.0


@dataclass(frozen=True, slots=True)
class Impedance:
    """R and X in ohms; `assumed` marks what the source does not state."""

    r_ohm: float
    x_ohm: float
    assumed: bool


def impedance_of(edge: Edge, kv: float, low_kv: float, kva: float | None) -> Impedance:
    """The edge's impedance; `kv` and `low_kv` are the voltages of its ends, `kva` a transformer's rating if known."""
    if edge.r_ohm is not None and edge.x_ohm is not None:
        return Impedance(edge.r_ohm, edge.x_ohm, assumed=False)
    if edge.kind == "switch":
        return Impedance(*SWITCH_OHM, assumed=False)
    if edge.kind == "transformer":
        return _winding(edge, kv, low_kv, kva)
    if edge.kind == "reactor":
        return Impedance(0.0, 0.0, assumed=True)
    r_per_km, x_per_km = _per_km(edge, kv)
    km = (edge.length_m or 0.0) / 1000.0
    return Impedance(r_per_km * km, x_per_km * km, assumed=True)


def _winding(edge: Edge, kv: float, low_kv: float, kva: float | None) -> Impedance:
    by_amperes = math.sqrt(3.0) * kv * edge.rated_a if edge.rated_a else None
    base = kv**2 * 1000.0 / (kva or by_amperes or (USUAL_KVA if low_kv <= LOW_KV else USUAL_PRIMARY_KVA))
    share = REGULATOR_PCT / WINDING_PCT if low_kv > SAME_VOLTAGE * kv else 1.0
    reactance_pct = math.sqrt(WINDING_PCT**2 - COPPER_PCT**2)
    return Impedance(base * COPPER_PCT * share / 100.0, base * reactance_pct * share / 100.0, assumed=True)


def _per_km(edge: Edge, kv: float) -> tuple[float, float]:
    if kv <= LOW_KV:
        return LOW_OHM_PER_KM
    rated = edge.rated_a or USUAL_RATING_A
    table = CABLE_OHM_PER_KM if edge.kind == "cable" else OVERHEAD_OHM_PER_KM
    return next((r, x) for least, r, x in table if rated >= least)
