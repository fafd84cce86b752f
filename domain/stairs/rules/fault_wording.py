"""How a fault is worded: what was measured, which limit it missed, where, and what to do about it (fire.md 3.2).

Numbers stand without trailing zeros and with three decimals; where rounding would hide that a limit was missed, with
as many as show it.
"""

from fractions import Fraction

from domain.stairs.rules.evaluation.case import Case
from domain.stairs.rules.evaluation.cause_and_effect import Issue, in_words
from domain.stairs.rules.evaluation.judgement import Judgement, Outcome
from domain.stairs.rules.evaluation.numbers import decimal_text, exact, plain, rounded

_WORDS = {
    "pressure_differential": "Pressure",
    "air_velocity": "Air velocity",
    "door_opening_force": "Door opening force",
}
_UNITS = {"pressure_differential": "Pa", "air_velocity": "m/s", "door_opening_force": "N"}
_ACTIONS = {
    ("pressure_differential", "min"): "Increase fan speed, check damper positions, inspect for air leaks",
    ("pressure_differential", "max"): "Check relief damper or vent, fan speed control",
    ("air_velocity", "min"): "Check open-door scenario, fan duty, relief path",
    ("air_velocity", "max"): "Check open-door scenario, fan speed control, relief damper or vent",
    ("door_opening_force", "min"): "Check door closer setting, hinges and latch",
    ("door_opening_force", "max"): "Check relief damper or vent, fan speed control, closer setting",
}
_DISPLAYED = 3
_MOST = 30


def description_of(case: Case, judged: Judgement, outcome: Outcome) -> str:
    """One sentence that says what failed, by how much, and where."""
    if case.measurement_type == "cause_and_effect_logic":
        return _cause_and_effect(case, judged)
    if case.measurement_type == "interface_test":
        return _interface(case, judged, outcome)
    return _against_limit(case, judged, outcome)


def action_required(case: Case, judged: Judgement, outcome: Outcome) -> str:
    """What to look at first, by what was tested and on which side it failed."""
    if case.measurement_type == "cause_and_effect_logic":
        names = ", ".join(dict.fromkeys(issue.step.component_id for issue in judged.measured.issues))
        return f"Check {names or 'the components'}, panel output and wiring"
    if case.measurement_type == "interface_test":
        return f"Check {_panel(case) or 'the panel'}"
    return _ACTIONS[case.measurement_type, outcome.missed or "min"]


def shown(value: Fraction, limit: Fraction) -> str:
    """A value as text, with enough decimals that it stands on its own side of the limit."""
    for places in range(_DISPLAYED, _MOST):
        short = rounded(value, places)
        if (exact(short) < limit) == (value < limit) and (exact(short) > limit) == (value > limit):
            return plain(short)
    return decimal_text(value)


def _against_limit(case: Case, judged: Judgement, outcome: Outcome) -> str:
    side = outcome.missed
    limit = None if side is None else outcome.limits.of(side)
    if side is None or limit is None or outcome.missed_by is None or judged.measured.value is None:
        raise AssertionError("a reading fails by missing a limit")
    kind, edge = case.measurement_type, exact(limit.value)
    unit = _UNITS[kind]
    told = f"{shown(judged.measured.value, edge)} {unit}"
    if case.measurement_position == "at_edge":
        told += " at the edge"
        if judged.measured.at_handle is not None:
            told += f" ({shown(judged.measured.at_handle, edge)} {unit} at the handle)"
    how = " (mean of 9)" if kind == "air_velocity" else ""
    beyond = f"{'BELOW minimum' if side == 'min' else 'ABOVE maximum'} {plain(limit.value)} {unit}"
    return f"{_WORDS[kind]} {told}{how} {beyond}{_where(case)}"


def _where(case: Case) -> str:
    """Such as: at D-Level-8-Stair-A, Stair-A Level-8 (pressurisation active)."""
    place = case.context
    storey = " ".join(part for part in (place.stair_name, place.floor_level) if part)
    opening = place.door_identifier if case.measurement_type == "door_opening_force" else place.doorway_identifier
    state = place.door_configuration
    if case.measurement_type == "air_velocity":
        state = place.door_scenario
    elif case.measurement_type == "door_opening_force":
        state = {True: "pressurisation active", False: "pressurisation off", None: None}[place.pressurization_active]
    if case.measurement_type == "pressure_differential" or opening is None:
        where = f" on {storey}" if storey else ""
    else:
        where = f" at {', '.join(part for part in (opening, storey) if part)}"
    return where + (f" ({state})" if state else "")


def _cause_and_effect(case: Case, judged: Judgement) -> str:
    place = case.context
    name = f' "{place.scenario_name}"' if place.scenario_name else ""
    version = f" v{place.scenario_version}" if place.scenario_version is not None else ""
    where = " ".join(part for part in (place.stair_name, place.zone_name) if part)
    told = "; ".join(_step(issue) for issue in judged.measured.issues)
    return f"Cause and effect{name}{version}{', ' + where if where else ''}: {told}"


def _step(issue: Issue) -> str:
    step = issue.step
    what = f"step {step.step_order} {step.component_id} {step.expected_action} {issue.code}"
    if issue.code == "WRONG_ACTION":
        what += f" ({issue.instead})"
    if issue.at_s is not None:
        what += f" at {plain(rounded(issue.at_s, _DISPLAYED))} s"
    return f"{what} (expected {in_words(step)})"


def _panel(case: Case) -> str | None:
    own = case.definition.location_id if case.definition is not None else None
    return own or case.context.location_id


def _interface(case: Case, judged: Judgement, outcome: Outcome) -> str:
    own = case.definition.interface_type if case.definition is not None else None
    kind, panel = own or case.context.interface_type, _panel(case)
    head = "Interface" + (f" {kind}" if kind else "") + (f" at {panel}" if panel else "")
    head += f", {case.context.stair_name}" if case.context.stair_name else ""
    if case.interface is not None and not case.interface.matched:
        return f"{head}: expected result not observed"
    limit = outcome.limits.of(outcome.missed or "max")
    if limit is None or judged.measured.value is None:
        raise AssertionError("an attested result fails by its time")
    bound = "maximum" if outcome.missed == "max" else "minimum"
    return f"{head}: response {shown(judged.measured.value, exact(limit.value))} s, {bound} {plain(limit.value)} s"
