"""What the page of one test says in words: its finding, its nine readings, what a result from a phone contained."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.stairs.rules.report_content import InstancePart
from domain.stairs.rules.reported import decimal
from domain.stairs.store.evaluations import Evaluation

STATES_OF_STAIR = {
    "evac_doors_open": "evacuation doors open",
    "pressurisation_active": "fans on",
    "pressurisation_off": "fans off",
}
KINDS = {
    "pressure_differential": "Pressure",
    "air_velocity": "Air velocity",
    "door_opening_force": "Door opening force",
    "cause_and_effect_logic": "Cause and effect",
    "interface_test": "Interface",
}
NOT_YET = {
    "pending": "It has not been tested yet.",
    "in_progress": "It is being tested.",
    "failed": "It could not be carried out and waits for another try.",
    "skipped": "It was left out.",
}
WAITS = {
    "pending": "to do",
    "in_progress": "begun",
    "failed": "to try again",
    "skipped": "left out",
    "completed": "carried out",
}
VERDICTS = {
    "compliant": ("ok", "complies"),
    "non_compliant": ("alarm", "does not comply"),
    "indeterminate": ("watch", "undecided"),
}


def where(one: InstancePart) -> str:
    """The place and its state, as one would say it at the door."""
    told = one.configuration or ""
    parts = (one.stair, one.floor_level, one.place, STATES_OF_STAIR.get(told, told.replace("_", " ")))
    return ", ".join(part for part in parts if part)


def finding(one: InstancePart) -> str:
    """What came of a test, in one sentence."""
    if one.verdict is None:
        return NOT_YET.get(one.status, "It has no verdict.")
    word = VERDICTS[one.verdict][1]
    said = f"is {word}" if one.verdict == "indeterminate" else word
    if one.steps:
        late = sum(bool(step.issue) for step in one.steps)
        of = f"{len(one.steps)} steps"
        return f"{'The sequence' if not late else f'{late} of {of} not as due: the sequence'} {said}."
    if one.measured is None:
        return f"The interface {said}."
    measured = f"{one.measured} {one.unit or ''}".strip()
    return f"{measured} {said}{_beyond(one)}."


def _beyond(one: InstancePart) -> str:
    """Which limit a value lies beyond, or within which it lies."""
    if one.verdict == "indeterminate":
        return ": its proof is not complete"
    limits = limits_of(one)
    return f": the limit is {limits}" if limits and one.verdict == "non_compliant" else ""


def limits_of(one: InstancePart) -> str:
    """The limits in force on the day, with their unit; nothing where there are none."""
    unit = one.unit or ""
    if one.minimum and one.maximum:
        return f"{one.minimum} to {one.maximum} {unit}".strip()
    if one.minimum or one.maximum:
        return f"{'at least' if one.minimum else 'at most'} {one.minimum or one.maximum} {unit}".strip()
    return ""


def readings(verdict: Evaluation | None, row: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    """Nine readings of a doorway as three rows, each with what was commissioned there; empty for other tests."""
    grid = [] if verdict is None else (verdict.inputs.get("grid") or [])
    known = {
        int(one["point"]): one["velocity_ms"]
        for one in (row["baseline_snapshot"] or {}).get("measurement_points") or []
    }
    points = sorted(grid, key=lambda one: int(one["point"]))
    told = [
        {"point": int(one["point"]), "read": str(one["velocity_ms"]), "was": decimal(known.get(int(one["point"])))}
        for one in points
    ]
    return [told[first : first + 3] for first in range(0, len(told), 3)]


def certificate_of(verdict: Evaluation | None) -> dict[str, Any] | None:
    """The instrument that a verdict rests on, with its certificate on the day; None where none was used."""
    instrument = None if verdict is None else verdict.inputs.get("instrument")
    if verdict is None or instrument is None:
        return None
    number = (verdict.outputs.get("calibration") or {}).get("certificate")
    certificates: Sequence[Mapping[str, Any]] = verdict.inputs.get("certificates") or []
    held = next((dict(one) for one in certificates if one["cert_number"] == number), {})
    told = (verdict.outputs.get("calibration") or {}).get("valid_on_test_date")
    return held | {"id": instrument["id"], "number": number, "is_valid": told is not False and number is not None}


def result_said(payload: Mapping[str, Any]) -> str:
    """What a result contained, as one would read it out."""
    if payload.get("grid"):
        values = [str(one["velocity_ms"]) for one in sorted(payload["grid"], key=lambda one: int(one["point"]))]
        return f"{', '.join(values)} m/s"
    if payload.get("events"):
        steps = [f"{one['component_id']} at {one['t_s']} s" for one in payload["events"]["events"]]
        return "; ".join(steps) or "no step was seen"
    if payload.get("interface"):
        seen = "seen as expected" if payload["interface"]["matched"] else "not seen"
        took = payload["interface"].get("response_time_s")
        return f"{seen}, after {took} s" if took is not None else seen
    return str(payload.get("value", "nothing"))
