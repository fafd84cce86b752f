"""The form that injects a scenario: percent and minutes as people type them, every wrong field told at the field."""

from dataclasses import dataclass, field

from starlette.datastructures import FormData

from api.forms import typed
from domain.grid.metering.observe.scenarios import Wish
from domain.grid.metering.rules.scenario import Kind, TheftMode
from domain.kernel.errors import Invalid

KINDS = {
    Kind.THEFT.value: "Theft: meters record too little",
    Kind.VOLTAGE_SAG.value: "Voltage sag: low for all meters",
    Kind.COMMS_OUTAGE.value: "Comms outage: meters fall silent",
}
MODES = {
    TheftMode.SCALE.value: "A share of everything",
    TheftMode.OFFPEAK.value: "At night only",
    TheftMode.CAP.value: "Peaks cut off",
    TheftMode.BYPASS_ZERO.value: "Whole hours at zero",
}
DEFAULTS = {"kind": "theft", "feeder": "", "severity": "70", "share": "12", "minutes": "240", "mode": "scale"}
LIMITS = {"severity": (1, 100, "percent"), "share": (1, 100, "percent"), "minutes": (15, 86_400, "minutes")}
# The domain's names of what we asked for under another.
FIELD_OF = {"feederId": "feeder", "durationMinutes": "minutes", "meterIds": "feeder"}


@dataclass
class ScenarioForm:
    """What was typed, and what is wrong with it."""

    values: dict[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    errors: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def read(form: FormData) -> "ScenarioForm":
        """The form as it was sent; a field that was not sent keeps its default."""
        return ScenarioForm({name: typed(form, name) if name in form else usual for name, usual in DEFAULTS.items()})

    def wish(self) -> Wish | None:
        """What is asked of the domain; None where a field is wrong, which `errors` then says."""
        numbers = {name: self._number(name) for name in LIMITS}
        if self.values["kind"] not in KINDS:
            self.errors["kind"] = "Choose one of the three."
        if self.values["mode"] not in MODES:
            self.errors["mode"] = "Choose one of the four."
        if not self.values["feeder"]:
            self.errors["feeder"] = "Choose a feeder."
        if self.errors:
            return None
        return Wish(
            Kind(self.values["kind"]),
            self.values["feeder"],
            numbers["minutes"],
            severity=numbers["severity"] / 100,
            share=numbers["share"] / 100,
            mode=TheftMode(self.values["mode"]),
        )

    def _number(self, name: str) -> float:
        low, high, unit = LIMITS[name]
        try:
            value = float(self.values[name].replace(",", ".").removesuffix("%").strip())
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.errors[name] = f"Give a number from {low} to {high:,} {unit}."
        return value

    def refused(self, error: Invalid) -> None:
        """Put the domain's words at the fields they are about."""
        for entry in error.errors:
            name = FIELD_OF.get(str(entry.get("field")), str(entry.get("field")))
            self.errors[name if name in self.values else "feeder"] = str(entry["message"])
        if not self.errors:
            self.errors["feeder"] = error.detail
