"""The judgement of a case: a pass needs full proof, a fail stands on its own (R-11)."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from domain.stairs.rules.evaluation import calibration, evidence
from domain.stairs.rules.evaluation.calibration import Calibration, notes_on_margin
from domain.stairs.rules.evaluation.case import Case
from domain.stairs.rules.evaluation.deviation import Deviation, deviation_of
from domain.stairs.rules.evaluation.evidence import Evidence
from domain.stairs.rules.evaluation.interface import notes_on_time, with_definition
from domain.stairs.rules.evaluation.limits import Limits, Side, limits_under, rules_in_force
from domain.stairs.rules.evaluation.measured import Measured, measured
from domain.stairs.rules.evaluation.notes import Note, blocking_codes, blocks, flags
from domain.stairs.rules.evaluation.numbers import TYPES
from domain.stairs.rules.evaluation.ruleset import RuleRow
from domain.stairs.rules.evaluation.times import day_tested

Verdict = Literal["compliant", "non_compliant", "indeterminate"]
SCALAR = frozenset({"pressure_differential", "air_velocity", "door_opening_force"})
SEVERITIES = ("critical", "high", "medium", "low")
NO_LIMITS = Limits(None, None)
NO_DEVIATION = Deviation(None, None, None, ())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule says of the measurement.

    Attributes:
        missed: the side of the limits that it lies beyond.
        missed_by: the value that does, of those that were judged.
        has_failed: it fails under this rule.
    """

    rule: RuleRow
    limits: Limits
    has_failed: bool
    missed: Side | None = None
    missed_by: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that follows from a case; `outcomes` has the deciding rule first."""

    day: date
    verdict: Verdict
    measured: Measured
    outcomes: tuple[Outcome, ...]
    deviation: Deviation
    calibration: Calibration
    evidence: Evidence
    notes: tuple[Note, ...]


def judge(case: Case) -> Judgement:
    """Judge a case: the same case, the same judgement, whenever and wherever.

    Raises:
        Invalid: the grid is incomplete, or two versions of a rule are in force at once.
    """
    day = day_tested(case.tested_at, case.time_zone)
    what = measured(case)
    outcomes, notes = _outcomes(case, what, day)
    deciding = outcomes[0].limits if outcomes else NO_LIMITS
    instrument = calibration.check(case, day, what.readings)
    proof = evidence.check(case)
    deviation = NO_DEVIATION
    if case.measurement_type in SCALAR and what.value is not None:
        deviation = deviation_of(case, what.value, deciding)
        notes += notes_on_margin(case, what.value, deciding)
    notes += [*what.notes, *instrument.notes, *proof.notes, *deviation.notes, *_clocks(case)]
    return Judgement(day, _combined(outcomes, notes), what, outcomes, deviation, instrument, proof, tuple(notes))


def _combined(outcomes: tuple[Outcome, ...], notes: list[Note]) -> Verdict:
    if any(one.has_failed for one in outcomes):
        return "non_compliant"
    return "indeterminate" if blocking_codes(notes) else "compliant"


def _outcomes(case: Case, what: Measured, day: date) -> tuple[tuple[Outcome, ...], list[Note]]:
    """What each rule in force says; the worst first, for the worst verdict wins (R-05)."""
    rules = rules_in_force(case, day)
    notes: list[Note] = []
    outcomes: list[Outcome] = []
    unit = TYPES[case.measurement_type]
    scalar = case.measurement_type in SCALAR
    if not rules:
        text = f"No rule for {case.measurement_type} was in force on {day}."
        notes.append(blocks("NO_RULE_IN_FORCE", text))
    takes_template = case.template.unit in {None, unit}
    if not takes_template:
        text = f"The template is in {case.template.unit}, the test in {unit}: its limits say nothing here."
        notes.append(blocks("UNIT_MISMATCH", text))
    for rule in rules:
        if scalar and rule.unit not in {None, unit}:
            text = f"{rule.rule_code} is in {rule.unit}, the test in {unit}: its limits say nothing here."
            notes.append(blocks("UNIT_MISMATCH", text))
            continue
        limits, told = limits_under(case, rule, day, takes_template=takes_template)
        notes += told
        if scalar and limits == NO_LIMITS:
            notes.append(blocks("NO_LIMIT", f"{rule.rule_code} sets no limit, and the template none either."))
        if case.interface is not None:
            limits = with_definition(limits, case.definition)
            notes += notes_on_time(case.interface, limits)
        outcomes.append(_outcome(case, what, rule, limits))
    outcomes.sort(key=lambda one: (not one.has_failed, SEVERITIES.index(one.rule.severity_if_fail), one.rule.rule_code))
    return tuple(outcomes), notes


def _outcome(case: Case, what: Measured, rule: RuleRow, limits: Limits) -> Outcome:
    if case.measurement_type == "cause_and_effect_logic":
        return Outcome(rule, NO_LIMITS, what.has_failed)
    for value in what.judged:
        if (side := limits.missed_by(value)) is not None:
            return Outcome(rule, limits, True, side, value)
    return Outcome(rule, limits, what.has_failed)


def _clocks(case: Case) -> list[Note]:
    """Times of the test that cannot all be true."""
    slack = timedelta(seconds=case.settings.clock_slack_s)
    notes = []
    if case.submitted_at is not None and case.tested_at > case.submitted_at + slack:
        notes.append(blocks("CLOCK_ERROR", "The test is later than its arrival at the server."))
    if case.started_at is not None and case.completed_at is not None and case.completed_at < case.started_at:
        notes.append(blocks("CLOCK_ERROR", "The test was done before it was begun."))
    begun, done = case.started_at or case.tested_at, case.completed_at or case.tested_at
    if not begun - slack <= case.tested_at <= done + slack:
        notes.append(flags("TEST_TIME_ODD", "The reading was not taken between the test's begin and end."))
    return notes
