"""What was typed into a form of these pages, and what is wrong with it, told at its field."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from api.forms import typed
from domain.kernel.errors import CountersignError, Invalid

Shape = TypeVar("Shape", bound=BaseModel)
_NUMBER, _DAY, _ONE = "Give a number.", "Write a date like 2027-03-31.", "Choose one."
# What a shape finds wrong with a member, by its name for that, as it is told at a field.
WORDS = {
    "missing": "Needed.",
    "too_short": "At least one is needed.",
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "float_parsing": _NUMBER,
    "int_parsing": "Give a whole number.",
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "time_parsing": "Write a time like 06:00.",
    "literal_error": _ONE,
    "uuid_parsing": _ONE,
}


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
    def telling(self, *, by_field: bool = False) -> Iterator[None]:
        """Keep a refusal within the block for the page, at its field where it names one.

        With `by_field` each field says what the refusal says of it, for refusals that name several.
        """
        try:
            yield
        except CountersignError as error:
            at = {str(entry.get("field")): str(entry["message"]) for entry in error.errors}
            told = {name: sentence(message) if by_field else error.detail for name, message in at.items()}
            self.errors |= {name: words for name, words in told.items() if name in self.values}
            if not self.errors:
                self.refusal = error

    def shaped(self, shape: type[Shape], **more: Any) -> Shape | None:
        """What was typed as the door takes it; None where something is wrong, which is then told at its field.

        An empty field is one that was not sent. `more` is what no field holds.
        """
        try:
            return shape.model_validate({name: value for name, value in self.values.items() if value} | more)
        except ValidationError as cause:
            fields = {one.alias: name for name, one in shape.model_fields.items()}
            for one in cause.errors():
                place = str(one["loc"][0]) if one["loc"] else next(iter(self.values))
                name = fields.get(place, place)
                self.errors.setdefault(name, WORDS.get(one["type"]) or sentence(one["msg"]))
            return None

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
            raise Invalid(_DAY, errors=[{"field": name, "message": "no date"}]) from cause

    def whole(self, name: str) -> int:
        """A whole number that was typed.

        Raises:
            Invalid: not a number.
        """
        if not self.values[name].isascii() or not self.values[name].isdigit() or len(self.values[name]) > 9:
            raise Invalid("Give a whole number.", errors=[{"field": name, "message": "no whole number"}])
        return int(self.values[name])


def sentence(words: str) -> str:
    """What a shape says of a wrong member, as one reads it at a field."""
    told = words.removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return f"{told[:1].upper()}{told[1:]}."
