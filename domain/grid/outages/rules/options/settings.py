"""The figures of restoration options. General knowledge of the trade, not a standard; a utility sets its own."""

from dataclasses import asdict, dataclass
from typing import Any

RESTORATION_OPTIONS_VERSION = "restoration-options/1"


@dataclass(frozen=True, slots=True)
class OptionSettings:
    """All figures of generation, feasibility, score and risk (grid.md 4.6)."""

    version: str = RESTORATION_OPTIONS_VERSION
    # Zones for which options are made: the 90 % credible set, at most five.
    credible: float = 0.90
    most_zones: int = 5
    # Minutes: a manual and a remote operation, safety and tagging, the crew's way if the caller knows none.
    manual_min: float = 12.0
    remote_min: float = 1.0
    safety_min: float = 10.0
    travel_min: float = 20.0
    # Cold-load pickup: residential 1.5 to 2.5 at the start, fading in with 30 minutes of outage.
    clpu_k: float = 2.0
    clpu_tau_min: float = 30.0
    # Loads are known by their kW; typical of mixed residential feeders.
    power_factor: float = 0.95
    # A meter without a forecast: its mean power times this (load factor 0.5).
    peak_over_mean: float = 2.0
    # Loading of lines: normal, and emergency for at most four hours.
    normal_loading: float = 1.0
    emergency_loading: float = 1.1
    emergency_min: float = 240.0
    # Service transformers stand short overloads (C57.91 in spirit): warn above, refuse above.
    transformer_warn: float = 1.5
    transformer_refuse: float = 2.0
    # Voltage: held at the bus, least allowed (ANSI range A), and range B, which is reported.
    source_v_pu: float = 1.03
    v_min_pu: float = 0.95
    v_range_b_pu: float = 0.917
    # Protection reach: short-circuit power at the bus, pickup over the head's rating, least ratio, two-phase fault.
    source_sc_mva: float = 200.0
    pickup_over_rating: float = 1.5
    reach_ratio: float = 2.0
    two_phase_share: float = 0.866
    # Risk items.
    r_loading_90: float = 0.05
    r_loading_100: float = 0.25
    r_clpu: float = 0.05
    r_voltage: float = 0.10
    r_protection: float = 0.20
    r_topology: float = 0.10
    voltage_margin_pu: float = 0.01
    # Cold load counts as uncertain once it adds more than this share; a topology older than this as stale.
    clpu_uncertain: float = 1.05
    topology_stale_days: float = 30.0
    # Score weights: customer-minutes, critical customers, speed, energy.
    w_cmr: float = 0.60
    w_critical: float = 0.20
    w_speed: float = 0.10
    w_energy: float = 0.10
    # Closing onto a fault costs every customer of the group this many minutes more.
    closing_penalty_min: float = 60.0
    # Partial restoration: exact up to this many laterals, and how many states are calculated at most.
    exact_laterals: int = 12
    most_states: int = 200
    # Beyond that: laterals that are tried to be taken back after enough were left out.
    most_taken_back: int = 16
    # A critical customer counts like this many others when laterals are dropped.
    critical_weight: float = 25.0
    # Partial supply: ties of an island that it is tried with, the least overloaded first.
    most_partials: int = 2
    # Islands split between two ties: pairs of ties, splits tried for each, options kept of each.
    most_tie_pairs: int = 6
    most_splits: int = 6
    most_pairs: int = 4
    # Mobile generation: units in kW, share of the rating that is used, minutes until connected for each.
    generators_kw: tuple[float, ...] = (100.0, 250.0, 500.0)
    generator_share: float = 0.8
    generator_min: tuple[float, ...] = (90.0, 120.0, 180.0)
    most_generators: int = 3
    # Share of faults that are gone when the line was patrolled, by device; and minutes of patrol if not known.
    transient_overhead: float = 0.3
    transient_cable: float = 0.05


def settings_of(settings: OptionSettings | None = None) -> dict[str, Any]:
    """The settings as plain values, for hashing."""
    values = asdict(settings or OptionSettings())
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
