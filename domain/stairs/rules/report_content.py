"""What a report of FireMode tells: the content that is signed, from which every edition and file is made.

Numbers are decimal texts as they were read or judged, instants ISO 8601 with their offset, dates local to the building.
Everything is plain JSON, so that its RFC 8785 hash is the same wherever it is taken.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["compliant", "non_compliant", "indeterminate"]


class Part(BaseModel):
    """A part of a report; what is not named is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BuildingPart(Part):
    """The building, as the report names it."""

    building_id: str
    name: str
    address: str | None = None
    time_zone: str
    jurisdiction: str | None = None
    classification: str | None = None


class PersonPart(Part):
    """A person with the licence that the register holds."""

    name: str
    licence_number: str | None = None


class VisitPart(Part):
    """The session. `content_hash` is what its approval signed; None where nobody approved it."""

    session_id: str
    frequency: str
    planned_for: str
    status: str
    revision: int
    supersedes_session_id: str | None = None
    started_at: str | None = None
    submitted_at: str | None = None
    approved_at: str | None = None
    technicians: list[PersonPart] = Field(default_factory=list)
    approved_by: PersonPart | None = None
    content_hash: str | None = None
    countersignature_id: str | None = None


class RulePart(Part):
    """A rule that verdicts of the session rest on: the ruleset's label, and apart from it what it refers to."""

    rule_code: str
    version: str
    measurement_type: str
    minimum: str | None = None
    maximum: str | None = None
    unit: str | None = None
    severity: str
    defect_classification: str
    reference_standard: str | None = None
    source: str | None = None
    verified: bool = False
    effective_date: str


class EvaluationPart(Part):
    """The stored verdict that can be replayed."""

    evaluation_id: str
    engine_version: str
    inputs_sha256: str
    outputs_sha256: str


class GridPart(Part):
    """Nine readings of a doorway, m/s."""

    mean: str
    least: str
    least_point: int
    most: str


class StepPart(Part):
    """One expected step of a cause-and-effect test, seconds from the trigger."""

    step_order: int
    component_id: str
    action: str
    expected_s: str
    tolerance_s: str
    actual_s: str | None = None
    issue: str = ""
    by_s: str | None = None


class NotePart(Part):
    """Something that the engine noticed and that sets no verdict."""

    code: str
    text: str


class InstancePart(Part):
    """One test of one place, and what came of it.

    Attributes:
        measured: as it was read; of a grid the mean.
        minimum, maximum: the limits that were in force on the test date for this place.
        threshold_source: whose limit it was: the rule's, the design's, or an override's.
    """

    instance_id: str
    identifier: str
    sequence_order: int
    measurement_type: str
    stair: str
    floor_level: str | None = None
    floor_number: int | None = None
    place: str = ""
    configuration: str | None = None
    status: str
    verdict: Verdict | None = None
    tested_at: str | None = None
    measured: str | None = None
    unit: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    setpoint: str | None = None
    threshold_source: str | None = None
    rule_code: str | None = None
    baseline: str | None = None
    deviation_pct: str | None = None
    instrument_id: str | None = None
    flags: list[str] = Field(default_factory=list)
    observations: list[NotePart] = Field(default_factory=list)
    grid: GridPart | None = None
    steps: list[StepPart] = Field(default_factory=list)
    evaluation: EvaluationPart | None = None
    retest_of: str | None = None
    is_replaced: bool = Field(False, description="Tested again within the session; the newer test counts.")
    notes: str | None = None
    door: dict[str, str] | None = Field(None, description="Width, height and handle's distance, m.")


class FaultPart(Part):
    """One fault. `review_state` proposed: a machine's finding, not yet reviewed."""

    fault_id: str
    instance_id: str | None = None
    description: str
    action_required: str | None = None
    severity: str
    defect_classification: str
    standard_class: str | None = None
    rule_applied: str | None = None
    rule_version: str | None = None
    detected_at: str
    notice_due_at: str | None = None
    review_state: str
    reviewed_by: str | None = None
    reviewed_at: str | None = None
    review_reason: str | None = None
    status: str
    resolved_at: str | None = None
    resolution: str | None = None


class InstrumentPart(Part):
    """An instrument that was used, and its certificate on the days of its tests."""

    instrument_id: str
    instrument_type: str | None = None
    serial_number: str | None = None
    maker: str | None = None
    accuracy: str | None = None
    reading_range: str | None = None
    certificate: str | None = None
    authority: str | None = None
    standard: str | None = None
    calibrated_on: str | None = None
    expires_on: str | None = None
    tests: int
    first_on: str
    last_on: str
    is_valid: bool


class EvidencePart(Part):
    """One file. `sha256` is the server's own, over the stored bytes."""

    evidence_id: str
    instance_id: str
    evidence_type: str
    captured_at: str
    sha256: str | None = None
    size_bytes: int | None = None
    is_verified: bool


class ObservationPart(Part):
    """What a model noticed about a stair: physics or trend; never part of a verdict."""

    stair: str | None = None
    code: str
    text: str
    data: dict[str, Any] = Field(default_factory=dict)
    engine_version: str


class ActPart(Part):
    """An act of a person that the ledger keeps."""

    act: str
    by: str
    role: str
    licence_number: str | None = None
    at: str
    meaning: str
    reason: str | None = None
    content_hash: str
    countersignature_id: str


class SessionReport(Part):
    """One session as a compliance report tells it. `as_of`: the newest instant of what it tells."""

    form: Literal["firemode-session-report/1"] = "firemode-session-report/1"
    tenant_name: str
    as_of: str
    ruleset: str | None = None
    building: BuildingPart
    visit: VisitPart
    rules: list[RulePart] = Field(default_factory=list)
    instances: list[InstancePart]
    faults: list[FaultPart] = Field(default_factory=list)
    instruments: list[InstrumentPart] = Field(default_factory=list)
    evidence: list[EvidencePart] = Field(default_factory=list)
    observations: list[ObservationPart] = Field(default_factory=list)
    acts: list[ActPart] = Field(default_factory=list)

    @property
    def counted(self) -> list[InstancePart]:
        """The instances that count: what was tested again counts by its newest test."""
        return [one for one in self.instances if not one.is_replaced]

    def having(self, verdict: Verdict) -> list[InstancePart]:
        """Of those that count, the ones with this verdict."""
        return [one for one in self.counted if one.verdict == verdict]

    @property
    def standing(self) -> list[FaultPart]:
        """Faults that are open and that no person dismissed."""
        return [one for one in self.faults if one.status == "open" and one.review_state != "dismissed"]


class VisitLine(Part):
    """One visit of a period."""

    session_id: str
    frequency: str
    planned_for: str
    tested_on: str | None = None
    status: str
    is_amendment: bool = Field(False, description="Corrects an approved visit; counts for no routine of its own.")
    technicians: list[PersonPart] = Field(default_factory=list)
    approved_by: PersonPart | None = None
    approved_at: str | None = None
    tests: int
    compliant: int
    non_compliant: int
    indeterminate: int
    skipped: int
    content_hash: str | None = None
    report_sha256: str | None = None


class RoutineLine(Part):
    """How often a routine was due in the period by the schedule, and how often it was approved."""

    frequency: str
    due: int
    done: int
    is_due_verified: bool = Field(False, description="Whether the schedule's source has been checked by a person.")


class PeriodReport(Part):
    """An owner's logbook, or the data of a yearly statement: a building over a period of local dates, both included."""

    form: Literal["firemode-period-report/1"] = "firemode-period-report/1"
    kind: Literal["logbook", "yearly_statement"]
    tenant_name: str
    as_of: str
    begins_on: str
    ends_on: str
    building: BuildingPart
    stairs: list[str] = Field(default_factory=list)
    ruleset: str | None = None
    routines: list[RoutineLine] = Field(default_factory=list)
    visits: list[VisitLine] = Field(default_factory=list)
    faults: list[FaultPart] = Field(default_factory=list)
    instruments: list[InstrumentPart] = Field(default_factory=list)


class FaultNotice(Part):
    """The written notice of one fault to the building's owner."""

    form: Literal["firemode-fault-notice/1"] = "firemode-fault-notice/1"
    tenant_name: str
    as_of: str
    building: BuildingPart
    session_id: str | None = None
    technicians: list[PersonPart] = Field(default_factory=list)
    fault: FaultPart
    instance: InstancePart | None = None
    rule: RulePart | None = None
