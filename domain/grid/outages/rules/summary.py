"""What a replay tells: the content that is signed and that every report, page and export shows.

Grain: one outage. Instants are UTC in ISO 8601, durations minutes, energies kWh, shares 0 to 1 unless named `_pct`.
Everything is plain JSON, so that its RFC 8785 hash is the same wherever it is taken.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = "after-action/1"


class Part(BaseModel):
    """A part of the summary; what is not named is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OutageFacts(Part):
    """The outage itself."""

    outage_id: str
    feeder_id: str
    feeder_name: str
    device_id: str
    device_type: str
    cause: str | None = None
    status: str
    started_at: str
    restored_at: str | None = None
    is_planned: bool = False
    customers_out_peak: int
    critical_customers: int
    customers_served: int = Field(description="N_T, customers of the tenant, the denominator of SAIDI and SAIFI.")
    timezone: str


class Milestone(Part):
    """One step of the story; `at` is None where it is missing, which is told and never guessed."""

    code: str
    label: str
    at: str | None = None
    minutes_from_start: float | None = None
    source: str | None = None
    evidence: list[str] = Field(default_factory=list)
    quality: Literal["observed", "reported", "derived", "missing"] = "observed"


class CurvePoint(Part):
    """Customers out from this instant on."""

    at: str
    customers_out: int


class CounterfactualCase(Part):
    """What following an option would have changed."""

    case: Literal["as_recommended", "second_option", "ideal"]
    option_id: str | None
    is_feasible: bool
    why_not: str | None = None
    cmi: float
    delta_cmi: float = Field(description="CMI of the case less the actual one; negative is better.")
    delta_cmi_low: float
    delta_cmi_high: float
    delta_saidi_min: float
    regret_cmi: float
    curve: list[CurvePoint]


class ZoneLine(Part):
    """A ranked fault zone."""

    zone_id: str
    rank: int
    probability: float
    cum_probability: float
    meters_out: int
    critical_customers: int
    patrol_order: int
    patrol_miles: float
    in_credible_set: bool
    explanation: str
    evidence: list[dict[str, Any]] = Field(default_factory=list)


class OptionLine(Part):
    """A restoration option, proposed or rejected with reasons."""

    option_id: str
    rank: int | None
    option_type: str
    zone_id: str | None
    score: float | None
    cmr: float
    customers_restored: int
    critical_restored: int
    kw_restored: float
    est_minutes: float
    tie_device_id: str | None = None
    loading_pct_max: float | None = None
    v_min_pu: float | None = None
    clpu_factor: float | None = None
    risk: float | None = None
    risk_items: list[dict[str, Any]] = Field(default_factory=list)
    checks: dict[str, Any] = Field(default_factory=dict)
    infeasible_reasons: list[str] = Field(default_factory=list)
    steps: list[dict[str, Any]] = Field(default_factory=list)
    narrative: str = ""


class CrewLine(Part):
    """A crew for a job."""

    crew_id: str
    crew_name: str
    zone_id: str | None
    option_id: str | None
    role: str
    rank: int
    is_assigned: bool
    score: float
    eta_min: float
    travel_km: float
    skills_matched: list[str] = Field(default_factory=list)
    skills_missing: list[str] = Field(default_factory=list)
    parts_missing: list[str] = Field(default_factory=list)
    conflicts: list[str] = Field(default_factory=list)
    explanation: str = ""


class EtrLine(Part):
    """One estimate as it was given."""

    given_at: str
    p50_at: str
    p90_at: str
    error_min: float | None = Field(None, description="Restored less P50; positive is later than said.")


class Reliability(Part):
    """IEEE 1366 indices of this outage and of its day."""

    cmi: float
    customers_interrupted: int
    momentary_customers: int
    saidi_min: float
    saifi: float
    caidi_min: float | None
    asai: float
    maifi_e: float
    day: str
    saidi_day_min: float
    tmed_min: float | None
    tmed_days: int
    is_short_history: bool
    is_major_event_day: bool | None
    critical_customer_minutes: float
    kwh_not_served: float
    cost: float | None = None
    cost_currency: str | None = None


class RankingQuality(Part):
    """How good the advice was, once the truth is known; None where it is not."""

    true_device_id: str | None = None
    true_zone_id: str | None = None
    rank_of_true_zone: int | None = None
    posterior_at_truth: float | None = None
    brier: float | None = None
    log_score: float | None = None


class MapEdge(Part):
    """A line of the outage's neighbourhood for the map or one-line diagram; None where nobody knows the place."""

    edge_id: str
    from_node: str
    to_node: str
    a: tuple[float, float] | None = Field(None, description="latitude, longitude")
    b: tuple[float, float] | None = None
    zone_id: str | None = None
    device_id: str | None = None
    device_type: str | None = None
    is_open: bool = False
    is_out: bool = False


class Approval(Part):
    """A person's act on the way."""

    act: str
    by: str
    role: str
    at: str
    content_hash: str
    countersignature_id: str
    reason: str | None = None


class Provenance(Part):
    """What it was made from."""

    runs: list[dict[str, Any]] = Field(
        description="step, run_id, as_of, algo_version, config_hash, input_hash, output_hash"
    )
    topology_version_id: str | None
    topology_imported_at: str | None = None
    input_hash: str
    approvals: list[Approval] = Field(default_factory=list)
    feedback: list[dict[str, Any]] = Field(default_factory=list)


class ReplaySummary(Part):
    """The whole replay of one outage."""

    schema_version: str = SCHEMA_VERSION
    replay_id: str
    tenant_id: str
    tenant_name: str
    generated_at: str
    as_of: str
    outage: OutageFacts
    milestones: list[Milestone]
    timeline: list[dict[str, Any]] = Field(default_factory=list, description="at most 20 rows: at, label, source")
    metrics: dict[str, float | None]
    curve: list[CurvePoint]
    etr: list[EtrLine]
    reliability: Reliability
    ranking_quality: RankingQuality
    zones: list[ZoneLine]
    options: list[OptionLine]
    rejected_options: list[OptionLine]
    crews: list[CrewLine]
    counterfactual: list[CounterfactualCase]
    assumptions: list[str]
    evidence_counts: dict[str, int]
    data_quality: dict[str, float | int | str | None]
    narrative: dict[str, str]
    map: list[MapEdge] = Field(default_factory=list)
    advisory: list[str]
    provenance: Provenance
