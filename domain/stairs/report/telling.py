"""What every part is told from: the content, its time zone, running numbers, and the room's words."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from domain.kernel.charts.words import NBSP, NONE
from domain.kernel.report.brand import Brand
from domain.kernel.report.numbering import Numbering
from domain.kernel.report.words import at, title_case
from domain.stairs.rules.report_content import FaultPart, InstancePart, PersonPart

MEASURES = {
    "pressure_differential": "Pressure difference",
    "air_velocity": "Air velocity",
    "door_opening_force": "Door opening force",
    "cause_and_effect_logic": "Cause and effect",
    "interface_test": "Interface test",
}
VERDICTS = {
    "compliant": "complies",
    "non_compliant": "DOES NOT COMPLY",
    "indeterminate": "not proven",
    None: "no verdict",
}
FREQUENCIES = {"monthly": "Monthly test", "six_monthly": "Six-monthly test", "annual": "Annual test"}
SEVERITIES = ("critical", "high", "medium", "low")


@dataclass
class Telling(Numbering):
    """One composition of a report."""

    brand: Brand
    zone: ZoneInfo
    content: str

    whole = "the report's JSON"

    def at(self, text: str | None, seconds: bool = False) -> str:
        """Local time with its zone; a dash where it is not known."""
        return at(text, self.zone, seconds)


def person(who: PersonPart | None) -> str:
    """A name with its licence."""
    if who is None:
        return NONE
    return f"{who.name} (licence {who.licence_number})" if who.licence_number else who.name


def limits(one: InstancePart) -> str:
    """20 to 80, at least 1, at most 110."""
    if one.minimum is not None and one.maximum is not None:
        return f"{one.minimum} to {one.maximum}"
    if one.minimum is not None:
        return f"at least {one.minimum}"
    return NONE if one.maximum is None else f"at most {one.maximum}"


def result(one: InstancePart) -> str:
    """What was measured with its unit; in words where nothing is measured."""
    if one.steps:
        late = sum(bool(step.issue) for step in one.steps)
        return f"{len(one.steps) - late} of {len(one.steps)} steps"
    if one.measured is None:
        return NONE
    return f"{one.measured}{NBSP}{one.unit}" if one.unit else one.measured


def outcome(one: InstancePart) -> str:
    """The verdict in words, or why there is none."""
    if one.verdict is None:
        return title_case(one.status).lower() if one.status != "completed" else VERDICTS[None]
    return VERDICTS[one.verdict]


def review(fault: FaultPart) -> str:
    """Who stands behind the finding."""
    if fault.review_state == "proposed":
        return "machine finding, not yet reviewed"
    return f"{fault.review_state} by {fault.reviewed_by}" if fault.reviewed_by else fault.review_state


def in_order(faults: list[FaultPart]) -> list[FaultPart]:
    """The gravest first."""
    return sorted(faults, key=lambda one: (SEVERITIES.index(one.severity), one.detected_at, one.fault_id))
