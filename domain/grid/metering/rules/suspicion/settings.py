"""The frozen settings of each scoring version.

A score may be answered for only if what made it can be named: every number that moves one stands here, under a
version. A changed number needs a new version, and a new version takes effect only when a person countersigns it.
Weights and clips of own, noisy-or and suppressors are those of grid.md 3.6; the scales by which voltage, zero, flat
and tamper become 0..1, which that section leaves open, are this version's own choice.
"""

from dataclasses import asdict, dataclass

SCORING_VERSION = "suspicion-1"


@dataclass(frozen=True)
class ScoringSettings:
    """All constants of one scoring version; fractions unless the name says otherwise."""

    version: str = SCORING_VERSION
    baseline_days: int = 28
    min_baseline_days: int = 3
    full_baseline_days: int = 14
    min_day_coverage: float = 0.5
    min_typical_kwh_day: float = 0.2
    min_peers: int = 3
    min_class_peers: int = 10
    own_z_full: float = 8.0
    own_drop_full: float = 0.3
    own_z_floor: float = 0.05
    zero_of_typical: float = 0.02
    flat_min_drop: float = 0.1
    volt_min_siblings: int = 3
    # The residual's z is close to standard normal for honest meters: below 1 is chance, from 4 on it is full evidence.
    volt_z_chance: float = 1.0
    volt_z_full: float = 4.0
    # Voltage counts in full when it shows at least this part of the missing energy as still flowing.
    volt_share_full: float = 0.7
    volt_sigma_floor_v: float = 0.005
    loss_z_full: float = 6.0
    attribution_min_own: float = 0.05
    weight_volt: float = 0.9
    weight_loss: float = 0.6
    weight_zero: float = 0.25
    weight_flat: float = 0.2
    weight_tamper: float = 0.5
    full_window_days: int = 7
    # What cannot be looked at (no voltage, no delivered energy) lends this part of its weight to the own drop.
    redistributed: float = 0.5
    suppressor: float = 0.35
    suppress_below_coverage: float = 0.8
    suppress_above_estimated: float = 0.2
    suppress_above_negative: float = 0.005


SETTINGS: dict[str, ScoringSettings] = {SCORING_VERSION: ScoringSettings()}


def settings_of(version: str) -> dict[str, object]:
    """A version's settings as a plain dict, for hashing and for showing."""
    return asdict(SETTINGS[version])
