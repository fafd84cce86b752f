"""What a replay is made from: plain facts of one outage, as the store hands them over, in any order.

Zones, options and crews come as the lines of the summary itself (`summary.py`): they were advice when they were given,
and a replay repeats them as they stood.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from domain.grid.outages.rules.interruptions import Interruption
from domain.grid.outages.rules.summary import Approval, CrewLine, MapEdge, OptionLine, ZoneLine

REPLAY_VERSION = "after-action-replay/1"


@dataclass(frozen=True)
class ReplaySettings:
    """What a replay assumes, told in its list of assumptions.

    Attributes:
        decision_delay_min: minutes a control room takes from advice to the first step. [M]
        switching_band: bounds of the counterfactual, as a share of the switching times (grid.md 4.9).
        cost_per_kwh: of energy not served; None leaves cost out.
    """

    version: str = REPLAY_VERSION
    decision_delay_min: float = 10.0
    switching_band: float = 0.3
    cost_per_kwh: float | None = None
    cost_currency: str | None = None
    timeline_rows: int = 20
    largest_bytes: int = 200_000
    zones: int = 20
    options: int = 10
    rejected: int = 15
    crews: int = 24
    curve_points: int = 200
    map_edges: int = 300


DEFAULT = ReplaySettings()


def settings_of(settings: ReplaySettings = DEFAULT) -> dict[str, Any]:
    """The settings as plain JSON, to be hashed with a run."""
    return asdict(settings)


@dataclass(frozen=True, slots=True)
class OutageRecord:
    """The canonical outage. `customers_served` is N_T of the tenant, at least 1."""

    outage_id: str
    feeder_id: str
    feeder_name: str
    device_id: str
    device_type: str
    status: str
    started_at: datetime
    customers_served: int
    timezone: str
    cause: str | None = None
    restored_at: datetime | None = None
    is_planned: bool = False


@dataclass(frozen=True, slots=True)
class Impact:
    """A row of `outage_impacts`: one meter, one stretch without supply; `kw` is what it would have drawn."""

    meter_id: str
    out_at: datetime
    restored_at: datetime | None = None
    critical: bool = False
    kw: float = 0.0

    def interruption(self, event_id: str) -> Interruption:
        """The same as an interruption of the outage."""
        return Interruption(event_id, self.meter_id, self.out_at, self.restored_at, 1, self.critical, self.kw)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Something that happened, by a code of `milestones.CODES` or `first_call`; the earliest of a code counts."""

    code: str
    at: datetime
    source: str
    evidence_ids: tuple[str, ...] = ()
    is_reported: bool = False


@dataclass(frozen=True, slots=True)
class RestoredGroup:
    """Meters that an option would have supplied `at_min` minutes after the decision."""

    meter_ids: tuple[str, ...]
    at_min: float


@dataclass(frozen=True, slots=True)
class Plan:
    """When an option would have restored whom.

    Attributes:
        is_measured: the times are those that the crew really took, then they carry no band.
        infeasible_at_actual: why it could not have been done at the loading that there was; None if it could.
    """

    option_id: str
    groups: tuple[RestoredGroup, ...] = ()
    is_measured: bool = False
    infeasible_at_actual: str | None = None


@dataclass(frozen=True, slots=True)
class GivenEtr:
    """An estimate as it was given to customers."""

    given_at: datetime
    p50_at: datetime
    p90_at: datetime


@dataclass(frozen=True, slots=True)
class Truth:
    """Where the fault was, once somebody has seen it; `meter_ids` are those of the faulted section itself."""

    device_id: str | None = None
    zone_id: str | None = None
    meter_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReplayFacts:
    """All that a replay is made from; nothing later than `as_of` is used but the truth, and that only to score.

    Attributes:
        advised_at: as_of of the run that generated the options; None without one.
        saidi_by_day: SAIDI minutes of each local day from all other outages.
        runs: step, run_id, as_of, algo_version, config_hash, input_hash, output_hash.
    """

    replay_id: str
    tenant_id: str
    tenant_name: str
    generated_at: datetime
    as_of: datetime
    outage: OutageRecord
    input_hash: str
    impacts: tuple[Impact, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    runs: tuple[Mapping[str, Any], ...] = ()
    zones: tuple[ZoneLine, ...] = ()
    options: tuple[OptionLine, ...] = ()
    rejected_options: tuple[OptionLine, ...] = ()
    crews: tuple[CrewLine, ...] = ()
    plans: tuple[Plan, ...] = ()
    advised_at: datetime | None = None
    etrs: tuple[GivenEtr, ...] = ()
    approvals: tuple[Approval, ...] = ()
    feedback: tuple[Mapping[str, Any], ...] = ()
    truth: Truth | None = None
    saidi_by_day: Mapping[date, float] = field(default_factory=dict)
    evidence_counts: Mapping[str, int] = field(default_factory=dict)
    data_quality: Mapping[str, float | int | str | None] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    map_edges: tuple[MapEdge, ...] = ()
    topology_version_id: str | None = None
    topology_imported_at: datetime | None = None
