"""The decisions on values, limits and dates (R-01 to R-05, R-11, R-16), on the source's examples and corrections."""

from decimal import Decimal
from typing import Any

import pytest

from domain.kernel.canonical import canonical_json, content_hash
from domain.kernel.errors import Invalid
from domain.stairs.rules.evaluation.evaluate import ENGINE_VERSION, evaluate, stored_of
from domain.stairs.rules.evaluation.reading import read_case
from tests.stairs.rules.cases import (
    ALL,
    VERSION,
    cause_and_effect,
    codes,
    events,
    force,
    grid,
    instrument,
    interface,
    pressure,
    result,
    rule,
    velocity,
)

# SHA-256 of the results of the cases at the end, under firemode-evaluation/1.
GOLDEN = "94f105827f6e4da8fabaad0bc7039b1bb7c2263294486e89459b1b461e565b2f"
OVERRIDE = {
    "override_id": "O-1",
    "rule_code": "SP-01",
    "building_id": "B-1",
    "stair_id": "S-A",
    "min_threshold": "15",
    "document_reference": "PS-2025-07",
    "valid_from": "2026-01-01",
    "expires_on": "2026-02-04",
}


def looser(**limits: str) -> dict[str, Any]:
    return pressure("19", template={"unit": "Pa", **limits})


@pytest.mark.parametrize("make", ALL)
def test_a_full_proof_passes(make: Any) -> None:
    found = result(make())

    assert (found["verdict"], found["is_compliant"], found["flags"]) == ("compliant", True, [])


def test_r_01_deviation_is_from_baseline_and_not_from_the_set_point() -> None:
    """Bug 10: the source's -59.6 is neither; -58.82 is against 44.2 Pa, -59.56 against 45 Pa."""
    found = result(pressure("18.2"))

    assert found["deviation_from_baseline_pct"] == -58.82
    assert found["deviation_from_setpoint_pct"] == -59.56


@pytest.mark.parametrize(("value", "percent"), [("50.0125", 0.03), ("49.9875", -0.03), ("50.01249", 0.02)])
def test_r_01_deviation_is_rounded_half_up(value: str, percent: float) -> None:
    assert result(pressure(value, baseline={"value": "50"}))["deviation_from_baseline_pct"] == percent


@pytest.mark.parametrize("baseline", [None, {"value": "0"}, {"velocity_ms": "1"}])
def test_r_01_no_deviation_without_a_baseline(baseline: Any) -> None:
    found = result(pressure(baseline=baseline))

    assert found["deviation_from_baseline_pct"] is None
    assert found["verdict"] == "compliant"


def test_r_01_the_mean_of_the_commissioning_grid_goes_before_its_single_value() -> None:
    both = result(velocity(grid("1.2"), baseline={"average_velocity_ms": "1.0", "velocity_ms": "2.4"}))
    single = result(velocity(grid("1.2"), baseline={"velocity_ms": "2.4"}))

    assert (both["deviation_from_baseline_pct"], single["deviation_from_baseline_pct"]) == (20, -50)


def test_r_01_a_deviation_too_large_for_its_column_is_kept_in_the_result() -> None:
    found = result(pressure("9999999", baseline={"value": "0.001"}))

    assert "DEVIATION_OVERFLOW" in found["flags"]
    assert found["deviation_from_baseline_pct"] == 999999899900


@pytest.mark.parametrize(
    ("value", "passes"), [("20", True), ("20.000", True), ("80", True), ("19.9999999999", False), ("80.001", False)]
)
def test_r_02_limits_are_inclusive_on_both_sides(value: str, passes: bool) -> None:
    assert result(pressure(value))["is_compliant"] is passes


def test_r_03_the_verdict_is_made_from_the_submitted_text() -> None:
    """The column would hold 20.000, which passes."""
    found = result(pressure("19.9996"))

    assert (found["verdict"], found["measured_raw"], found["measured_value"]) == ("non_compliant", "19.9996", 20)


def test_r_03_a_number_keeps_its_text_and_a_binary_float_is_refused() -> None:
    import json

    text = json.dumps(pressure("@")).replace('"@"', "19.999999999999999999")
    assert evaluate(read_case(text))["measured_raw"] == "19.999999999999999999"
    assert evaluate(read_case(text))["verdict"] == "non_compliant"
    with pytest.raises(Invalid, match="binary float"):
        result(pressure(19.999999999999999999))


def test_r_03_a_mean_is_not_rounded_before_it_is_judged() -> None:
    """The mean is 0.99999...: two decimals of it would pass."""
    found = result(velocity(grid(*["1"] * 8, "0.999999")))

    assert found["verdict"] == "non_compliant"
    assert found["measured_raw"].startswith("0.99999988888")


def test_r_04_the_stricter_of_rule_and_template_holds() -> None:
    found = result(pressure("24", template={"min_threshold": "25", "max_threshold": "60", "unit": "Pa"}))

    assert (found["effective_min"], found["effective_max"], found["threshold_source"]) == (25, 60, "template")
    assert found["verdict"] == "non_compliant"


@pytest.mark.parametrize("limits", [{"min_threshold": "15"}, {"max_threshold": "90"}])
def test_r_04_a_looser_template_is_ignored_and_told(limits: dict[str, str]) -> None:
    found = result(looser(**limits))

    assert "THRESHOLD_LOOSER_THAN_RULE" in found["flags"]
    assert (found["effective_min"], found["effective_max"], found["verdict"]) == (20, 80, "non_compliant")
    assert found["hinders_pass"] == []


def test_r_04_each_side_names_what_set_it() -> None:
    found = result(pressure(template={"max_threshold": "60", "unit": "Pa"}))

    assert found["threshold_source"] == "rule+template"


def test_r_04_a_limit_of_the_template_holds_where_the_rule_has_none() -> None:
    found = result(force("120", template={"min_threshold": "5", "unit": "N"}))

    assert (found["effective_min"], found["effective_max"]) == (5, 110)


def test_r_04_a_countersigned_override_relaxes_the_rule_and_the_template_that_repeats_it() -> None:
    found = result(pressure("17", overrides=[OVERRIDE]))

    assert (found["verdict"], found["effective_min"], found["effective_max"]) == ("compliant", 15, 80)
    assert "OVERRIDE_APPLIED" in found["flags"]
    assert found["threshold_source"] == "override+rule"


@pytest.mark.parametrize(
    "change",
    [
        {"expires_on": "2026-02-03"},
        {"valid_from": "2026-02-04", "expires_on": "2026-03-01"},
        {"stair_id": "S-B"},
        {"building_id": "B-2"},
        {"rule_code": "SP-09"},
    ],
)
def test_r_04_an_override_holds_in_its_scope_and_until_its_expiry_alone(change: dict[str, str]) -> None:
    found = result(pressure("17", overrides=[OVERRIDE | change]))

    assert (found["verdict"], found["effective_min"]) == ("non_compliant", 20)


def test_r_04_the_stricter_of_two_overrides_holds() -> None:
    found = result(pressure("17", overrides=[OVERRIDE, OVERRIDE | {"override_id": "O-2", "min_threshold": "18"}]))

    assert (found["effective_min"], found["verdict"]) == (18, "non_compliant")


def test_r_04_the_baseline_never_sets_a_limit() -> None:
    """Bug 34: a baseline of 15 Pa was commissioned; it relaxes nothing."""
    found = result(pressure("15", baseline={"value": "15"}))

    assert (found["verdict"], found["deviation_from_baseline_pct"]) == ("non_compliant", 0)
    assert "BASELINE_BELOW_RULE" in codes(found)


def versions(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [rule("SP-01", "pressure_differential", "20", "80", "Pa") | row for row in rows]


@pytest.mark.parametrize(
    ("tested_at", "day", "least"),
    [
        ("2026-06-30T13:59:59+00:00", "2026-06-30", 20),
        ("2026-06-30T14:00:00+00:00", "2026-07-01", 25),
        ("2026-07-01T09:00:00+10:00", "2026-07-01", 25),
        ("2026-06-30T23:59:59-05:00", "2026-07-01", 25),
    ],
)
def test_r_05_the_rule_of_the_local_day_decides(tested_at: str, day: str, least: int) -> None:
    rows = versions(
        {"superseded_date": "2026-07-01"},
        {"version": "v2", "min_threshold": "25", "effective_date": "2026-07-01"},
    )
    found = result(pressure(tested_at=tested_at, rules=rows, template={}))

    assert (found["test_date"], found["effective_min"]) == (day, least)


def test_r_05_a_superseded_rule_still_judges_old_tests() -> None:
    """Bug 21: `active` stays true when a rule is superseded; only a row withdrawn in error is not active."""
    rows = versions({"superseded_date": "2026-07-01"}, {"version": "v2", "effective_date": "2026-07-01"})

    assert result(pressure(rules=rows))["rule_version"] == VERSION
    assert result(pressure(rules=[rows[0] | {"active": False}, rows[1]]))["rule_code"] is None


@pytest.mark.parametrize(
    "rows",
    [
        [],
        versions({"effective_date": "2026-02-04"}),
        versions({"superseded_date": "2026-02-03"}),
        versions({"active": False}),
    ],
)
def test_r_05_without_a_rule_in_force_there_is_no_verdict(rows: list[dict[str, Any]]) -> None:
    found = result(pressure("5", rules=rows))

    assert (found["verdict"], found["is_compliant"], found["rule_code"]) == ("indeterminate", None, None)
    assert "NO_RULE_IN_FORCE" in found["flags"]


def test_r_05_two_versions_at_once_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        result(pressure(rules=versions({}, {"version": "v2"})))

    assert refused.value.code == "RULE_OVERLAP"


def test_r_05_of_several_rules_the_worst_verdict_wins() -> None:
    rows = [
        *versions({}),
        rule("SP-07", "pressure_differential", "30", None, "Pa", severity_if_fail="low", defect_classification="3"),
        rule("SP-02", "air_velocity", "1", None, "m/s"),
    ]
    found = result(pressure("25", rules=rows))

    assert (found["verdict"], found["rule_code"], found["effective_min"]) == ("non_compliant", "SP-07", 30)
    assert [one["rule_code"] for one in found["rules"]] == ["SP-07", "SP-01"]


def test_r_11_a_fail_stands_whatever_else_is_missing() -> None:
    found = result(pressure("18.2", instrument=None, certificates=[], evidence=[]))

    assert found["verdict"] == "non_compliant"
    assert {"INSTRUMENT_MISSING", "EVIDENCE_MISSING"} <= set(found["flags"])


@pytest.mark.parametrize("missing", [{"instrument": None}, {"certificates": []}, {"evidence": []}, {"rules": []}])
def test_r_11_a_pass_needs_full_proof(missing: dict[str, Any]) -> None:
    found = result(pressure(**missing))

    assert (found["verdict"], found["is_compliant"]) == ("indeterminate", None)


def test_r_11_a_pass_needs_a_limit() -> None:
    found = result(pressure(rules=versions({"min_threshold": None, "max_threshold": None}), template={}))

    assert (found["verdict"], found["flags"], found["hinders_pass"]) == ("indeterminate", ["NO_LIMIT"], ["NO_LIMIT"])


@pytest.mark.parametrize(
    "change",
    [
        {"rules": versions({"unit": "kPa"})},
        {"template": {"min_threshold": "0.02", "unit": "kPa"}},
        {"instrument": instrument("manometer", "kPa", "±1 Pa", "5")["instrument"]},
    ],
)
def test_r_11_what_is_in_another_unit_proves_nothing(change: dict[str, Any]) -> None:
    found = result(pressure(**change))

    assert found["verdict"] == "indeterminate"
    assert "UNIT_MISMATCH" in found["flags"]


@pytest.mark.parametrize(("value", "code"), [("48.7", "DRIFT"), ("35.3", "DRIFT_LARGE"), ("53.1", "DRIFT_LARGE")])
def test_r_16_drift_is_an_observation_and_sets_no_verdict(value: str, code: str) -> None:
    found = result(pressure(value))

    assert code in codes(found)
    assert (found["verdict"], found["flags"]) == ("compliant", [])


def test_r_16_what_counts_as_drift_is_configured() -> None:
    assert "DRIFT" not in codes(result(pressure("48.7", settings={"drift_pct": "11"})))


@pytest.mark.parametrize("make", ALL)
def test_replay_of_stored_inputs_gives_the_same_bytes(make: Any) -> None:
    case = read_case(make())
    again = read_case(canonical_json(case.inputs()))

    assert again == case
    assert canonical_json(evaluate(again)) == canonical_json(evaluate(case))
    assert evaluate(case)["inputs_sha256"] == content_hash(case.inputs())


def test_the_columns_of_a_test_hold_rounded_copies_that_fit() -> None:
    large = stored_of(result(pressure("9999999", baseline={"value": "0.001"})))
    usual = stored_of(result(pressure("18.2")))

    assert (large.measured_value_numeric, large.deviation_from_baseline_pct) == (Decimal(9999999), None)
    assert (usual.verdict, usual.is_compliant) == ("non_compliant", False)
    assert (usual.measured_value_numeric, usual.deviation_from_baseline_pct) == (Decimal("18.2"), Decimal("-58.82"))


def test_results_of_this_engine_version_stay_as_they_are() -> None:
    """Who changes a byte of a result changes ENGINE_VERSION with it, and this hash: stored evaluations are replayed."""
    cases = [
        *(make() for make in ALL),
        pressure("18.2"),
        pressure("81", certificates=[], evidence=[], overrides=[OVERRIDE]),
        velocity(grid(*["1.5"] * 8, "-0.4")),
        force("105", measurement_position="at_edge"),
        cause_and_effect(events("-1", "9", "4", "30")),
        cause_and_effect([]),
        interface(matched=False),
    ]

    assert ENGINE_VERSION == "firemode-evaluation/1"
    assert content_hash([result(case) for case in cases]) == GOLDEN


@pytest.mark.parametrize(
    ("value", "shown"), [("43.2", Decimal("43.2")), ("0.00049", 0), ("-3.1415", Decimal("-3.142"))]
)
def test_the_stored_copy_is_rounded_half_up_to_three_decimals(value: str, shown: Decimal) -> None:
    assert Decimal(str(result(pressure(value))["measured_value"])) == shown


@pytest.mark.parametrize(
    "times",
    [
        {"submitted_at": "2026-02-03T10:09:59+11:00"},
        {"started_at": "2026-02-03T10:18:00+11:00", "completed_at": "2026-02-03T10:15:59+11:00"},
    ],
)
def test_times_that_cannot_be_true_leave_no_pass(times: dict[str, str]) -> None:
    found = result(pressure(**times))

    assert found["verdict"] == "indeterminate"
    assert "CLOCK_ERROR" in found["flags"]
