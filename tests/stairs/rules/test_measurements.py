"""Grids, door forces, cause and effect, interfaces: R-07, R-08, R-12 and the attestation."""

from typing import Any

import pytest

from domain.kernel.errors import Invalid
from domain.stairs.rules.decimal_text import in_signs
from tests.stairs.rules.cases import (
    NINE,
    cause_and_effect,
    codes,
    events,
    force,
    grid,
    interface,
    result,
    velocity,
)


def issues(found: dict[str, Any]) -> list[tuple[int, str, Any]]:
    return [(one["step_order"], one["code"], one["by_s"]) for one in found["issues"]]


def test_r_07_the_mean_is_computed_and_not_copied() -> None:
    """Bug 11: the source's nine values give 1.1589 and not 1.15."""
    found = result(velocity())

    assert found["grid"] == {"mean": 1.1589, "min": 1.05, "min_point": 9, "max": 1.3, "cov": 0.0665}
    assert (found["measured_value"], found["measured_raw"][:8]) == (1.159, "1.158888")


@pytest.mark.parametrize(
    "points",
    [
        [],
        grid(*NINE)[:8],
        [*grid(*NINE), {"point": 10, "velocity_ms": "1"}],
        [*grid(*NINE)[:8], {"point": 8, "velocity_ms": "1"}],
        [*grid(*NINE), {"point": 9, "velocity_ms": "1.05"}],
        [*grid(*NINE)[:8], {"point": 0, "velocity_ms": "1"}],
        [*grid(*NINE)[:8], {"point": 9, "velocity_ms": "NaN"}],
        [*grid(*NINE)[:8], {"point": 9, "velocity_ms": None}],
        [*grid(*NINE)[:8], {"point": 9}],
    ],
)
def test_r_07_anything_but_nine_finite_points_is_refused(points: list[dict[str, Any]]) -> None:
    with pytest.raises(Invalid) as refused:
        result(velocity(points))

    assert (refused.value.code, refused.value.status) == ("GRID_INCOMPLETE", 422)


def test_r_07_a_point_below_the_limit_fails_nothing_and_the_mean_does() -> None:
    assert result(velocity(grid(*["1.2"] * 8, "0.7")))["verdict"] == "compliant"
    assert result(velocity(grid(*["0.95"] * 8, "1.3")))["verdict"] == "non_compliant"


@pytest.mark.parametrize("least", ["0", "-0.4"])
def test_r_07_reverse_flow_is_observed_and_must_be_acknowledged(least: str) -> None:
    found = result(velocity(grid(*["1.5"] * 8, least)))

    assert {"REVERSE_FLOW", "UNEVEN_GRID"} == set(found["acknowledge"])
    assert found["verdict"] == ("indeterminate" if least.startswith("-") else "compliant")


def test_r_07_uneven_is_less_than_half_of_the_mean() -> None:
    even = grid(*["1.0625"] * 8, "0.5")
    uneven = grid(*["1.0626"] * 8, "0.5")

    assert "UNEVEN_GRID" not in codes(result(velocity(even)))
    assert "UNEVEN_GRID" in codes(result(velocity(uneven)))


@pytest.mark.parametrize(("value", "verdict"), [("110", "compliant"), ("110.001", "non_compliant")])
def test_r_08_the_limit_is_at_the_handle(value: str, verdict: str) -> None:
    assert result(force(value))["verdict"] == verdict


def test_r_08_a_pass_at_the_edge_is_indeterminate() -> None:
    found = result(force("90", measurement_position="at_edge"))

    assert (found["verdict"], found["flags"]) == ("indeterminate", ["POSITION_MISMATCH"])
    assert found["measured_at_handle"] == 97.59


def test_r_08_a_force_that_is_too_large_at_the_handle_fails_though_read_at_the_edge() -> None:
    """105 N at the edge of a 0.90 m leaf are 113.9 N at a handle 0.07 m from it."""
    found = result(force("105", measurement_position="at_edge"))

    assert (found["verdict"], found["measured_at_handle"], found["measured_value"]) == ("non_compliant", 113.855, 105)


def test_r_08_the_raw_value_fails_where_nothing_can_be_converted() -> None:
    assert result(force("118.5", measurement_position="at_edge", door=None))["verdict"] == "non_compliant"
    assert result(force("90", measurement_position="at_edge", door=None))["verdict"] == "indeterminate"


def test_r_08_a_pass_needs_to_know_where_it_was_read() -> None:
    found = result(force(measurement_position=None))

    assert (found["verdict"], found["flags"]) == ("indeterminate", ["POSITION_MISSING"])


def test_a_force_below_zero_is_told() -> None:
    found = result(force("-3"))

    assert "NEGATIVE_FORCE" in codes(found)
    assert "OUT_OF_INSTRUMENT_RANGE" in found["flags"]


@pytest.mark.parametrize("times", [("2", "5", "7", "20"), ("0", "1", "3", "10"), ("0", "3", "3", "15")])
def test_r_12_windows_are_inclusive_and_ties_are_fine(times: tuple[str, ...]) -> None:
    found = result(cause_and_effect(events(*times)))

    assert (found["verdict"], found["issues"]) == ("compliant", [])


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (("2.001", "3", "5", "15"), [(1, "LATE", 0.001)]),
        (("0", "0.5", "5", "15"), [(2, "EARLY", 0.5)]),
        (("0", "3", "7.1", "15"), [(3, "LATE", 0.1)]),
        (("0", "4", "3.5", "15"), [(3, "OUT_OF_ORDER", 0.5)]),
        (("0", "8", "5", "15"), [(2, "LATE", 3), (3, "OUT_OF_ORDER", 3)]),
    ],
)
def test_r_12_early_late_and_out_of_order(times: tuple[str, ...], expected: list[Any]) -> None:
    found = result(cause_and_effect(events(*times)))

    assert issues(found) == expected
    assert found["verdict"] == "non_compliant"


def test_r_12_times_are_from_the_trigger_and_windows_begin_at_it() -> None:
    """Bug 26: 0 ± 2 s is [0, 2], and 15 s are from the trigger, not after the step before."""
    found = result(cause_and_effect(events("0", "3", "5", "20.5")))

    assert issues(found) == [(4, "LATE", 0.5)]


def test_r_12_a_step_that_did_not_happen_is_missing() -> None:
    found = result(cause_and_effect(events()[:3]))

    assert issues(found) == [(4, "MISSING", None)]
    assert found["verdict"] == "non_compliant"


def test_r_12_a_component_that_did_something_else_acted_wrongly() -> None:
    happened = events()
    happened[1]["action"] = "stop"
    found = result(cause_and_effect(happened))

    assert issues(found) == [(2, "WRONG_ACTION", None)]
    assert found["issues"][0]["instead"] == "stop"
    assert "UNLISTED_ACTION" not in codes(found)


def test_r_12_the_first_unused_occurrence_counts() -> None:
    twice = [*events(), {"component_id": "FAN-01", "action": "start", "t_s": "60"}]
    found = result(cause_and_effect(twice))

    assert (found["verdict"], codes(found)) == ("compliant", {"UNLISTED_ACTION"})


def test_r_12_names_match_without_case_or_spaces_around() -> None:
    happened = [one | {"component_id": f" {one['component_id'].lower()} "} for one in events()]

    assert result(cause_and_effect(happened))["verdict"] == "compliant"


def test_r_12_a_time_before_the_trigger_is_a_clock_error() -> None:
    found = result(cause_and_effect(events("0", "-1", "5", "30")))

    assert (found["verdict"], found["flags"], found["issues"]) == ("indeterminate", ["CLOCK_ERROR"], [])


def test_r_12_time_that_runs_backwards_along_the_log_is_a_clock_error() -> None:
    happened = [one | {"seq": 10 - number} for number, one in enumerate(events())]
    found = result(cause_and_effect(happened))

    assert (found["verdict"], found["flags"]) == ("indeterminate", ["CLOCK_ERROR"])


def test_r_12_a_step_that_is_missing_fails_though_the_clock_is_in_error() -> None:
    found = result(cause_and_effect(events("-1", "3", "5", "15")[:3]))

    assert (found["verdict"], issues(found)) == ("non_compliant", [(4, "MISSING", None)])


def test_r_12_without_a_sequence_nothing_is_proven() -> None:
    assert result(cause_and_effect(sequence=[]))["flags"] == ["SEQUENCE_MISSING"]


@pytest.mark.parametrize("response", ["5", "0", "4.999"])
def test_an_interface_that_matched_in_time_passes(response: str) -> None:
    found = result(interface(response=response))

    assert (found["verdict"], found["effective_max"], found["threshold_source"]) == ("compliant", 5, "definition")


@pytest.mark.parametrize(("matched", "response"), [(True, "5.001"), (False, "1"), (False, None)])
def test_an_interface_that_did_not_match_or_not_in_time_fails(matched: bool, response: str | None) -> None:
    assert result(interface(matched, response))["verdict"] == "non_compliant"


@pytest.mark.parametrize(("template", "most", "source"), [("3", 3, "template"), ("9", 5, "definition")])
def test_the_stricter_of_template_and_definition_limits_an_interface(template: str, most: int, source: str) -> None:
    found = result(interface(response="4", template={"max_threshold": template, "unit": "s"}))

    assert (found["effective_max"], found["threshold_source"]) == (most, source)
    assert found["is_compliant"] is (most >= 4)


def test_a_template_s_limit_on_an_interface_asks_for_a_time_too() -> None:
    own = {"template": {"max_threshold": "5", "unit": "s"}, "definition": {"response_time_s": None}}
    found = result(interface(response=None, **own))

    assert (found["verdict"], found["flags"]) == ("indeterminate", ["RESPONSE_TIME_MISSING"])


def test_an_interface_without_a_limit_needs_no_time() -> None:
    assert result(interface(response=None, definition={"response_time_s": None}))["verdict"] == "compliant"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"definition": None}, "DEFINITION_MISSING"),
        ({"response": None}, "RESPONSE_TIME_MISSING"),
        ({"response": "-1"}, "CLOCK_ERROR"),
    ],
)
def test_an_interface_without_what_it_asks_for_proves_nothing(change: dict[str, Any], code: str) -> None:
    found = result(interface(**change))

    assert (found["verdict"], found["flags"]) == ("indeterminate", [code])


def test_square_and_cubic_metres_are_read_as_signs_and_nothing_else_is_touched() -> None:
    kept = "It leaks like 0.29 m2, 0.019 m2 a storey, if its fans give their 5.20 m3/s at DW-m2; 3 m2x"
    assert (
        in_signs(kept) == "It leaks like 0.29 m², 0.019 m² a storey, if its fans give their 5.20 m³/s at DW-m2; 3 m2x"
    )
