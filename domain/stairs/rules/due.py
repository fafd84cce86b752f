"""When the next visit of a routine falls due: counted from the last approved one. Pure."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

# How many months lie between two visits of a routine.
MONTHS = {"monthly": 1, "six_monthly": 6, "annual": 12}
WARN_DAYS = 30
State = Literal["never", "overdue", "soon", "later"]


@dataclass(frozen=True)
class Routine:
    """One routine of a building: local dates of its last approved visit and of the next one that is planned."""

    building_id: str
    building_name: str
    frequency: str
    last_on: date | None
    planned_on: date | None

    @property
    def due_on(self) -> date | None:
        """The day by which it is tested again; None where it never was."""
        return None if self.last_on is None else months_after(self.last_on, MONTHS[self.frequency])

    def state_on(self, today: date) -> State:
        """How urgent it is."""
        due = self.due_on
        if due is None:
            return "never"
        if due < today:
            return "overdue"
        return "soon" if (due - today).days <= WARN_DAYS else "later"


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last one of a shorter month."""
    whole = day.month - 1 + months
    year, month = day.year + whole // 12, whole % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
