"""The fault that a failed test proposes: severity and class from the rule, words for people, nothing decided."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.stairs.rules.evaluation.case import Case
from domain.stairs.rules.evaluation.deviation import LARGEST_STORED
from domain.stairs.rules.evaluation.judgement import SCALAR, Judgement, Outcome, judge
from domain.stairs.rules.evaluation.numbers import TYPES, exact, json_number, rounded
from domain.stairs.rules.evaluation.ruleset import ClassRow, DefectClass, Severity, StandardClass
from domain.stairs.rules.fault_wording import action_required, description_of
from domain.stairs.rules.location import location_description

# Without rows of a class map: fire.md 2.3. Written notice within a day where critical, else within a week.
PROPOSED: dict[DefectClass, StandardClass] = {
    "1A": "critical",
    "1B": "critical",
    "2": "non_critical",
    "3": "non_conformance",
}
ANYWHERE = (None, "*")
NOTICE_HOURS: dict[StandardClass, int] = {"critical": 24, "non_critical": 168, "non_conformance": 168}


@dataclass(frozen=True, slots=True)
class ProposedFault:
    """One fault of (test, rule), proposed by the machine; a person confirms, reclassifies or dismisses it.

    Measured values have three decimals as the columns do; cause-and-effect and interface tests have none.
    """

    rule_applied: str
    rule_version: str
    rule_id: str | None
    severity: Severity
    defect_classification: DefectClass
    standard_class: StandardClass
    notice_hours: int
    description: str
    action_required: str
    location: str
    measurement_type: str
    door_configuration: str | None
    measured_value: Decimal | None
    unit: str | None
    design_setpoint: Decimal | None
    baseline_value: Decimal | None
    min_threshold: Decimal | None
    max_threshold: Decimal | None
    deviation_from_baseline_pct: Decimal | None
    review_state: str = "proposed"

    def members(self) -> dict[str, Any]:
        """As JSON values."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {name: json_number(one) if isinstance(one, Decimal) else one for name, one in told.items()}


def fault_of(case: Case, result: dict[str, Any]) -> ProposedFault | None:
    """The fault under the deciding rule; None unless the result is non-compliant."""
    return next(iter(faults_of(case)), None) if result["verdict"] == "non_compliant" else None


def faults_of(case: Case) -> tuple[ProposedFault, ...]:
    """One fault for each rule that the test fails, the most severe first."""
    judged = judge(case)
    return tuple(_fault(case, judged, one) for one in judged.outcomes if one.has_failed)


def _fault(case: Case, judged: Judgement, outcome: Outcome) -> ProposedFault:
    rule, what, deviation = outcome.rule, judged.measured, judged.deviation
    standard = _standard_class(case, judged, rule.defect_classification)
    scalar = case.measurement_type in SCALAR
    percent = deviation.from_baseline_pct
    lower, upper = outcome.limits.lower, outcome.limits.upper
    return ProposedFault(
        rule_applied=rule.rule_code,
        rule_version=rule.version,
        rule_id=rule.rule_id,
        severity=rule.severity_if_fail,
        defect_classification=rule.defect_classification,
        standard_class=standard,
        notice_hours=_notice_hours(case, rule.defect_classification, standard),
        description=description_of(case, judged, outcome),
        action_required=action_required(case, judged, outcome),
        location=location_description(case.context),
        measurement_type=case.measurement_type,
        door_configuration=case.context.door_configuration,
        measured_value=rounded(what.value, 3) if scalar and what.value is not None else None,
        unit=TYPES[case.measurement_type] if scalar else None,
        design_setpoint=_stored(case.template.design_setpoint),
        baseline_value=_stored(deviation.baseline),
        min_threshold=None if lower is None else _stored(lower.value),
        max_threshold=None if upper is None else _stored(upper.value),
        deviation_from_baseline_pct=None if percent is None or abs(percent) > LARGEST_STORED else percent,
    )


def _stored(value: Decimal | None) -> Decimal | None:
    """Three decimals, as numeric(10,3) keeps."""
    return None if value is None else rounded(exact(value), 3)


def _row_for(case: Case, own: DefectClass) -> ClassRow | None:
    rows = [row for row in case.class_map if row.defect_classification == own]
    return min(rows, key=lambda row: (row.jurisdiction in ANYWHERE, row.jurisdiction or ""), default=None)


def _standard_class(case: Case, judged: Judgement, own: DefectClass) -> StandardClass:
    """What the standard would call it, as far as a machine can propose (fire.md 2.3).

    1B is critical if the function of a storey is lost: for velocity that is proposed by the mean, else by the map.
    """
    mean = judged.measured.value
    if own == "1B" and case.measurement_type == "air_velocity" and mean is not None:
        return "critical" if mean < exact(case.settings.function_lost_below_ms) else "non_critical"
    row = _row_for(case, own)
    return PROPOSED[own] if row is None else row.standard_class


def _notice_hours(case: Case, own: DefectClass, standard: StandardClass) -> int:
    row = _row_for(case, own)
    if row is not None and row.notice_hours is not None and row.standard_class == standard:
        return row.notice_hours
    return NOTICE_HOURS[standard]
