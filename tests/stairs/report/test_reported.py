"""From a stored verdict to the lines of a report: nothing is judged anew, nothing is lost on the way."""

from typing import Any

import pytest

from domain.stairs.rules import reported
from domain.stairs.rules.evaluation.evaluate import evaluate
from domain.stairs.rules.evaluation.reading import read_case
from domain.stairs.rules.report_content import InstancePart
from tests.stairs.report.sample import judged
from tests.stairs.rules import cases


def line(case: dict[str, Any], **row: Any) -> InstancePart:
    return reported.instance_line(*judged(case, 1, "TEST", **row), is_replaced=False)


def test_a_value_stands_as_it_was_read_and_never_rounded() -> None:
    told = line(cases.pressure("19.9996"))
    assert (told.measured, told.verdict) == ("19.9996", "non_compliant")
    assert (told.minimum, told.maximum, told.setpoint, told.baseline) == ("20", "80", "45", "44.2")
    assert told.deviation_pct == "-54.75"


def test_a_grid_is_told_by_its_mean_and_its_least_point() -> None:
    told = line(cases.velocity())
    assert told.grid is not None
    assert (told.grid.mean, told.grid.least, told.grid.least_point) == ("1.1589", "1.05", 9)
    assert told.place == "DW-Level-8-Stair-A"


@pytest.mark.parametrize(
    ("happened", "issues", "actual"),
    [
        (cases.events(), ["", "", "", ""], ["0", "3", "5", "15"]),
        (cases.events("0", "3", "7.1", "15"), ["", "", "LATE", ""], ["0", "3", "7.1", "15"]),
        (cases.events()[:2] + cases.events()[3:], ["", "", "MISSING", ""], ["0", "3", None, "15"]),
        (cases.events()[::-1], ["", "", "", ""], ["0", "3", "5", "15"]),
    ],
)
def test_each_step_has_the_engines_own_finding(
    happened: list[dict[str, Any]], issues: list[str], actual: list[str | None]
) -> None:
    told = line(cases.cause_and_effect(happened))
    assert [step.issue for step in told.steps] == issues
    assert [step.actual_s for step in told.steps] == actual


def test_a_step_that_did_something_else_is_told_with_when_it_did_so() -> None:
    happened = cases.events()
    happened[2] = happened[2] | {"action": "close"}
    told = line(cases.cause_and_effect(happened))
    assert [step.issue for step in told.steps] == ["", "", "WRONG_ACTION", ""]
    assert told.steps[2].actual_s == "5"


def test_an_instance_without_a_verdict_is_told_by_its_state() -> None:
    row, _ = judged(cases.pressure(), 1, "TEST")
    told = reported.instance_line(row | {"status": "skipped", "verdict": None}, None, is_replaced=False)
    assert (told.status, told.verdict, told.measured, told.evaluation) == ("skipped", None, None, None)


def test_only_rules_that_decided_are_told_each_once() -> None:
    case = cases.pressure()
    older = case["rules"][0] | {"version": "old", "effective_date": "2020-01-01", "superseded_date": "2024-01-01"}
    case["rules"] = [older, *case["rules"]]
    outputs = evaluate(read_case(case))
    verdict = {"inputs": read_case(case).inputs(), "outputs": outputs}
    told = reported.rule_lines([verdict, verdict])
    assert [(one.rule_code, one.version) for one in told] == [("SP-01", cases.VERSION)]


def test_an_instrument_is_told_with_the_certificate_of_each_day() -> None:
    good, bad = cases.pressure(), cases.pressure()
    bad["certificates"] = []
    verdicts = [
        {"inputs": read_case(case).inputs(), "outputs": evaluate(read_case(case))} for case in (good, good, bad)
    ]
    told = reported.instrument_lines(verdicts, {})
    assert [(one.certificate, one.tests, one.is_valid) for one in told] == [(None, 1, False), ("C-1", 2, True)]


def test_nothing_but_its_input_decides_a_line() -> None:
    case = cases.force()
    assert line(case) == line(case)
    assert line(case).configuration == "pressurisation_active"
    assert line(case).door == {"handle_offset_m": "0.07", "height_m": "2.10", "width_m": "0.90"}
