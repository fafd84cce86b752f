"""What was typed into a form of these pages, and what is wrong with it, told at its field."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from api.forms import typed
from domain.kernel.errors import CountersignError, Invalid


@dataclass
class Filled:
    """Values by field, as text; errors by field, and one that is about the whole."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    refusal: CountersignError | None = None

    @staticmethod
    def read(form: FormData, usual: Mapping[str, str]) -> "Filled":
        """The form as it was sent; a field that was not sent keeps its usual value."""
        return Filled({name: typed(form, name, 2000) if name in form else value for name, value in usual.items()})

    @property
    def is_good(self) -> bool:
        """Whether nothing was refused."""
        return not self.errors and self.refusal is None

    @property
    def status(self) -> int:
        """The status of the page that shows it again."""
        return self.refusal.status if self.refusal else 422 if self.errors else 200

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Keep a refusal within the block for the page, at its field where it names one."""
        try:
            yield
        except CountersignError as error:
            at = {str(entry.get("field")): str(entry["message"]) for entry in error.errors}
            self.errors |= {name: error.detail for name in at if name in self.values}
            if not self.errors:
                self.refusal = error

    def until(self, name: str, zone: ZoneInfo) -> datetime | None:
        """The end of a local day that was typed; None where nothing was.

        Raises:
            Invalid: not a date.
        """
        if not self.values[name]:
            return None
        try:
            day = date.fromisoformat(self.values[name])
            return datetime.combine(day + timedelta(days=1), time(), zone)
        except (ValueError, OverflowError) as cause:
            raise Invalid("Write a date like 2027-03-31.", errors=[{"field": name, "message": "no date"}]) from cause

    def whole(self, name: str) -> int:
        """A whole number that was typed.

        Raises:
            Invalid: not a number.
        """
        if not self.values[name].isascii() or not self.values[name].isdigit() or len(self.values[name]) > 9:
            raise Invalid("Give a whole number.", errors=[{"field": name, "message": "no whole number"}])
        return int(self.values[name])
