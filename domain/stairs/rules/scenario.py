"""Cause-and-effect scenarios: what a sequence must hold, whose components are known, and how a version follows another.

Delays count from the trigger, never from the step before.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.kernel.errors import Invalid
from domain.stairs.rules.decimal_text import plain_number
from domain.stairs.rules.registry import Equipment, InterfaceDefinition, Scenario, Step

# How a sequence names a kind of component, and how the registry does.
EQUIPMENT_TYPE_OF = {
    "alarm": "control_panel",
    "panel": "control_panel",
    "control_panel": "control_panel",
    "fan": "fan",
    "damper": "damper",
    "sensor": "pressure_sensor",
    "pressure_sensor": "pressure_sensor",
    "detector": "detector",
    "actuator": "actuator",
}
MEMBERS = tuple(Step.__dataclass_fields__)
_TEXTS = ("component_id", "component_type", "expected_action")
_NUMBERS = ("expected_delay_seconds", "tolerance_seconds")
LONGEST_SEQUENCE = 200
LONGEST_DELAY_S = Decimal(86_400)
LONGEST_TEXT = 100


@dataclass(frozen=True)
class Note:
    """Something that a reader of a proposal should know; it stops nothing."""

    code: str
    identifier: str
    text: str

    def row(self) -> dict[str, str]:
        """As it is stored."""
        return asdict(self)


def sequence_of(given: Any) -> tuple[Step, ...]:
    """The steps of a sequence as it was sent, in their order.

    Raises:
        Invalid: BAD_SEQUENCE, with every wrong step and member.
    """
    if not isinstance(given, Sequence) or isinstance(given, str | bytes) or not 0 < len(given) <= LONGEST_SEQUENCE:
        raise _bad([{"field": "expected_sequence", "message": f"needs 1 to {LONGEST_SEQUENCE} steps"}])
    errors = [
        {"row": number, "field": member, "message": message}
        for number, step in enumerate(given, start=1)
        for member, message in _step_problems(step)
    ]
    if errors:
        raise _bad(errors)
    steps = sorted((_step(one) for one in given), key=lambda step: step.step_order)
    if [one.step_order for one in steps] != list(range(1, len(steps) + 1)):
        message = f"the steps are numbered 1 to {len(steps)}, each once"
        raise _bad([{"field": "step_order", "message": message}])
    return tuple(steps)


def _bad(errors: list[dict[str, Any]]) -> Invalid:
    return Invalid(
        "The sequence is not complete; nothing was kept.",
        hint=f"Each step has: {', '.join(MEMBERS)}.",
        code="BAD_SEQUENCE",
        errors=errors,
    )


def _step_problems(step: Any) -> list[tuple[str, str]]:
    if not isinstance(step, Mapping):
        return [("step", "is not an object")]
    missing = [(name, "is missing") for name in MEMBERS if name not in step]
    if missing:
        return missing
    found = [(str(name), "is not a member of a step") for name in sorted(map(str, set(step) - set(MEMBERS)))]
    order = step["step_order"]
    if not isinstance(order, int) or isinstance(order, bool) or order < 1:
        found.append(("step_order", "is not a whole number from 1"))
    found += [(name, f"is not a text of 1 to {LONGEST_TEXT} characters") for name in _TEXTS if not _is_text(step[name])]
    found += [(name, "is not a number of seconds from 0 to 86400") for name in _NUMBERS if _seconds(step[name]) is None]
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= LONGEST_TEXT and "\0" not in value


def _seconds(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number <= LONGEST_DELAY_S else None


def _step(given: Mapping[str, Any]) -> Step:
    delay, tolerance = (_seconds(given[name]) or Decimal(0) for name in _NUMBERS)
    texts = [str(given[name]).strip() for name in _TEXTS]
    return Step(int(given["step_order"]), texts[0], texts[1], texts[2], delay, tolerance)


def step_row(step: Step) -> dict[str, Any]:
    """A step as it is signed and stored; seconds as whole numbers where they are whole, else as decimal text."""
    told = asdict(step)
    return told | {name: _told(told[name]) for name in _NUMBERS}


def _told(seconds: Decimal) -> int | str:
    return int(seconds) if seconds == seconds.to_integral_value() else plain_number(seconds)


def component_notes(
    sequence: Iterable[Step], equipment: Iterable[Equipment], stair_id: uuid.UUID, name: str
) -> list[Note]:
    """UNKNOWN_COMPONENT for each step whose component the stair's registry does not have under that kind."""
    known = {one.equipment_identifier: one.equipment_type for one in equipment if one.stair_id == stair_id}
    notes = []
    for step in sequence:
        wanted, found = EQUIPMENT_TYPE_OF.get(step.component_type.lower()), known.get(step.component_id.upper())
        if wanted is None:
            notes.append(_note(name, step, f"{step.component_type} is no kind of equipment that the registry has"))
        elif found is None:
            notes.append(_note(name, step, f"{step.component_id} is not in the stair's registry"))
        elif found != wanted:
            notes.append(_note(name, step, f"{step.component_id} is a {found} in the registry, here a {wanted}"))
    return notes


def _note(name: str, step: Step, text: str) -> Note:
    return Note("UNKNOWN_COMPONENT", name, f"Step {step.step_order}: {text}")


def clone_to_new_version(
    old: Scenario, scenario_id: uuid.UUID, sequence: Sequence[Step] | None = None
) -> tuple[Scenario, Scenario]:
    """The old version, no longer active, and the one that follows it."""
    steps = old.expected_sequence if sequence is None else tuple(sequence)
    return replace(old, active=False), replace(
        old, scenario_id=scenario_id, expected_sequence=steps, version=old.version + 1, active=True
    )


def full_description(definition: InterfaceDefinition) -> str:
    """What is done, and what must follow, in one sentence each."""
    place = definition.location_name or definition.location_id
    within = "" if definition.response_time_s is None else f" within {definition.response_time_s} s"
    action = definition.test_action or definition.interface_type.replace("_", " ")
    expected = definition.expected_result or "the system answers"
    return f"{place}: {action}. Expected{within}: {expected}."
