"""A sequence is complete or refused with every wrong member; a version follows another and the old one rests."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import Invalid
from domain.stairs.rules.pilot.building import INTERFACES, pilot_registry
from domain.stairs.rules.registry import InterfaceDefinition
from domain.stairs.rules.scenario import clone_to_new_version, full_description, sequence_of, step_row
from tests.stairs.registry.buildings import some_id

PILOT = pilot_registry()
STEPS = [step_row(step) for step in PILOT.scenarios[0].expected_sequence]


def test_the_pilots_sequences_are_those_of_the_specification() -> None:
    found = [(s.component_id, s.expected_delay_seconds, s.tolerance_seconds) for s in sequence_of(STEPS)]
    assert found == [
        ("ALARM-PANEL", 0, 2),
        ("FAN-01-A", 3, 2),
        ("DAMPER-RELIEF-Z1", 5, 2),
        ("PRESSURE-SENSOR-L5", 15, 5),
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"step_order": 0}, "step_order"),
        ({"step_order": True}, "step_order"),
        ({"step_order": 7}, "step_order"),
        ({"component_id": " "}, "component_id"),
        ({"expected_action": 3}, "expected_action"),
        ({"expected_delay_seconds": -1}, "expected_delay_seconds"),
        ({"tolerance_seconds": "NaN"}, "tolerance_seconds"),
        ({"tolerance_seconds": None}, "tolerance_seconds"),
        ({"note": "x"}, "note"),
    ],
)
def test_a_wrong_step_is_named(change: dict, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        sequence_of([STEPS[0] | change, *STEPS[1:]])
    assert caught.value.code == "BAD_SEQUENCE"
    assert caught.value.errors[0]["field"] == field


@pytest.mark.parametrize("given_", [None, {}, "steps", [], [STEPS[0]] * 201, [3], [{}]])
def test_what_is_no_sequence_is_refused(given_: object) -> None:
    with pytest.raises(Invalid):
        sequence_of(given_)


@given(st.permutations(STEPS))
def test_steps_may_be_sent_in_any_order(steps: list) -> None:
    assert sequence_of(steps) == sequence_of(STEPS)


def test_fractions_of_seconds_keep_their_digits() -> None:
    step = sequence_of([STEPS[0] | {"tolerance_seconds": 0.1}])[0]
    assert step.tolerance_seconds == Decimal("0.1")
    assert step_row(step)["tolerance_seconds"] == "0.1"


def test_a_new_version_is_active_and_the_old_one_is_not() -> None:
    old, new = clone_to_new_version(PILOT.scenarios[0], some_id("new"))
    assert (old.version, old.active, new.version, new.active) == (1, False, 2, True)
    assert new.expected_sequence == old.expected_sequence


def test_a_definition_reads_as_what_is_done_and_what_follows() -> None:
    told = full_description(InterfaceDefinition(some_id("i"), some_id("s"), **INTERFACES[1]))
    assert told == (
        "Fire Alarm Control Panel: Trigger the fire alarm by the panel's test function. "
        "Expected within 5 s: Stair pressurisation starts."
    )
