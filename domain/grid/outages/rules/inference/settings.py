"""The frozen settings of each inference version: every number that moves a posterior, with where it comes from.

A changed number needs a new version. [M] marks a figure of general domain knowledge, to be replaced by a utility's own
history; [bench] one that was chosen on seeds of `bench.outages` other than those it reports.
"""

from dataclasses import asdict, dataclass

OUTAGE_INFERENCE_VERSION = "outage-inference/1"


@dataclass(frozen=True)
class InferenceSettings:
    """All constants of one version. Rates are per device and year, llr natural logarithms, times seconds.

    Attributes:
        delivery, delivery_weight: the grid of an outage's own last-gasp delivery and its prior (grid.md 4.3).
        storm_delivery_weight: the same in storm mode, when meshes collapse more often.
        false_rate, false_rate_weight: share of meters with a false last gasp in a session, unknown and inferred.
        expected_outages, expected_weight: how many outages a session that was opened at all holds, likewise.
        start_scale_s: how far apart the stamps of one outage's gasps lie (Laplace); stray_share lies anywhere.
        mute_ami_types: meters that cannot send a last gasp: their silence says nothing.
        candidate_floor: below this posterior a class is not laid before anyone.
    """

    version: str = OUTAGE_INFERENCE_VERSION
    # grid.md 4.2
    session_gap_s: float = 120.0
    session_max_s: float = 300.0
    hold_off_s: float = 60.0
    momentary_s: float = 300.0
    storm_sessions_per_hour: int = 50
    storm_session_max_s: float = 600.0
    # How long after a session's last gasp calls and pings are taken to speak of it [M].
    attach_s: float = 6 * 3600.0
    # How long after it a restoration may come, and how long an outage without one is taken to last [M].
    restore_s: float = 7 * 86400.0
    lasts_s: float = 86400.0
    # grid.md 4.3
    delivery: tuple[float, ...] = (0.10, 0.30, 0.50, 0.65, 0.80, 0.92)
    delivery_weight: tuple[float, ...] = (0.05, 0.10, 0.15, 0.20, 0.30, 0.20)
    storm_delivery_weight: tuple[float, ...] = (0.15, 0.20, 0.20, 0.20, 0.15, 0.10)
    mute_ami_types: tuple[str, ...] = ("plc",)
    # [bench]
    false_rate: tuple[float, ...] = (1e-5, 1e-4, 1e-3)
    false_rate_weight: tuple[float, ...] = (0.30, 0.40, 0.30)
    expected_outages: tuple[float, ...] = (3.0, 10.0)
    expected_weight: tuple[float, ...] = (0.5, 0.5)
    start_scale_s: float = 5.0
    start_step_s: float = 5.0
    stray_share: float = 0.02
    # Stamps that all stand on whole minutes are no better than that.
    coarse_scale_s: float = 45.0
    # grid.md 4.3, per device and year, middles of the ranges [M]; a lateral fuse of one mile; others [M].
    rate_breaker: float = 0.20
    rate_recloser: float = 0.35
    rate_sectionalizer: float = 0.05
    rate_switch: float = 0.05
    rate_fuse: float = 0.12
    rate_xfmr_fuse: float = 0.015
    rate_tie: float = 0.01
    multiplier_low: float = 0.25
    multiplier_high: float = 4.0
    max_prior: float = 0.5
    # grid.md 4.1: log-likelihood ratios of other evidence, out against energised.
    llr_ping_ok: float = -6.9
    llr_ping_no_answer: float = 3.5
    llr_read_normal: float = -30.0
    llr_call: float = 8.0
    # Restoration messages come unasked from one energised meter in a thousand, from half of those restored [M].
    llr_power_on: float = 6.2
    llr_crew: float = 30.0
    llr_cap: float = 30.0
    # Telecontrol is wrong once in a thousand reports [M]; an indicator trips for 9 faults
    # of 10, falsely for 1 of 50 [M].
    llr_scada: float = 6.9
    llr_fault_indicator: float = 3.8
    # Pings for the next best one (grid.md 4.1): share answered when energised, when out.
    ping_answer_in: float = 0.97
    ping_answer_out: float = 0.001
    ping_classes: int = 5
    pings_shown: int = 5
    # Status ladder (grid.md 4.4)
    candidate_floor: float = 0.05
    probable_from: float = 0.70
    set_from: float = 0.50
    # Two gasps among more silent meters than this are asked about first: chance puts two together now and then [bench].
    thin_silent: int = 2
    credible: float = 0.90
    restored_share: float = 0.50
    explained_share: float = 0.80
    # Nested outages (grid.md 4.3): minutes to wait, and how restoration messages get through [M].
    nested_wait_s: float = 600.0
    restoration_delivery: tuple[float, ...] = (0.50, 0.70, 0.85, 0.95)
    restoration_weight: tuple[float, ...] = (0.20, 0.30, 0.30, 0.20)
    nested_expected: float = 0.2
    # Collector test (grid.md 4.4 e)
    comms_silent_share: float = 0.95
    comms_min_meters: int = 3
    # A live answer this long before the first unanswered ping still speaks of the same time [M].
    comms_near_s: float = 900.0


SETTINGS: dict[str, InferenceSettings] = {OUTAGE_INFERENCE_VERSION: InferenceSettings()}


def settings_of(settings: InferenceSettings) -> dict[str, object]:
    """The settings as plain members, for hashing and for showing."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items()}
