"""The verdict of a case, as it is stored, shown and replayed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.kernel.canonical import content_hash
from domain.stairs.rules.evaluation.case import Case
from domain.stairs.rules.evaluation.judgement import Judgement, Outcome, judge
from domain.stairs.rules.evaluation.notes import MUST_ACKNOWLEDGE, as_observations, blocking_codes, flag_codes
from domain.stairs.rules.evaluation.numbers import TYPES, json_number, rounded

# A change that can change any byte of a result is a new version; stored evaluations name theirs.
ENGINE_VERSION = "firemode-evaluation/1"


@dataclass(frozen=True, slots=True)
class Stored:
    """The rounded copies that a test's row keeps; the result beside them has the whole.

    Attributes:
        deviation_from_baseline_pct: None too where it does not fit its column (DEVIATION_OVERFLOW).
    """

    verdict: str
    is_compliant: bool | None
    measured_value_numeric: Decimal | None
    deviation_from_baseline_pct: Decimal | None


def stored_of(result: dict[str, Any]) -> Stored:
    """What the columns of a test hold after a result."""
    percent = None if "DEVIATION_OVERFLOW" in result["flags"] else result["deviation_from_baseline_pct"]
    measured = result["measured_value"]
    return Stored(
        verdict=result["verdict"],
        is_compliant=result["is_compliant"],
        measured_value_numeric=None if measured is None else Decimal(str(measured)),
        deviation_from_baseline_pct=None if percent is None else Decimal(str(percent)),
    )


def evaluate(case: Case) -> dict[str, Any]:
    """The validation result of a case, JSON values only; same case, same engine version: same bytes.

    Numbers in it are rounded to be read; the verdict was made from the exact ones, which `measured_raw` and the
    case's inputs keep.

    Raises:
        Invalid: the submission is malformed (GRID_INCOMPLETE), or two versions of a rule are in force at once.
    """
    return result_of(case, judge(case))


def result_of(case: Case, judged: Judgement) -> dict[str, Any]:
    """A judgement as the members of fire.md 3.1."""
    what, deviation = judged.measured, judged.deviation
    return {
        "engine_version": ENGINE_VERSION,
        "verdict": judged.verdict,
        "is_compliant": {"compliant": True, "non_compliant": False, "indeterminate": None}[judged.verdict],
        "test_date": judged.day.isoformat(),
        "measured_raw": what.raw,
        "measured_value": None if what.value is None else json_number(rounded(what.value, 3)),
        "measured_at_handle": None if what.at_handle is None else json_number(rounded(what.at_handle, 3)),
        "unit": TYPES[case.measurement_type],
        **_of_rule(judged.outcomes[0] if judged.outcomes else None),
        "rules": [_of_rule(one) | {"has_failed": one.has_failed} for one in judged.outcomes],
        "baseline_value": json_number(deviation.baseline),
        "deviation_from_baseline_pct": json_number(deviation.from_baseline_pct),
        "deviation_from_setpoint_pct": json_number(deviation.from_setpoint_pct),
        "flags": flag_codes(judged.notes),
        "hinders_pass": blocking_codes(judged.notes),
        "observations": as_observations(judged.notes),
        "acknowledge": sorted({note.code for note in judged.notes} & MUST_ACKNOWLEDGE),
        "issues": [issue.members() for issue in what.issues],
        "grid": None if what.grid is None else what.grid.figures(),
        "calibration": {
            "certificate": judged.calibration.certificate,
            "valid_on_test_date": judged.calibration.valid,
        },
        "evidence": judged.evidence.figures(),
        "inputs_sha256": content_hash(case.inputs()),
    }


def _of_rule(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        names = ("effective_min", "effective_max", "threshold_source", "rule_code", "rule_version", "rule_id")
        return dict.fromkeys(names)
    lower, upper = outcome.limits.lower, outcome.limits.upper
    return {
        "effective_min": json_number(None if lower is None else lower.value),
        "effective_max": json_number(None if upper is None else upper.value),
        "threshold_source": outcome.limits.source,
        "rule_code": outcome.rule.rule_code,
        "rule_version": outcome.rule.version,
        "rule_id": outcome.rule.rule_id,
    }
