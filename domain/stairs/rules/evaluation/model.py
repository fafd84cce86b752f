"""What all parts of a case share: members that are not described here are refused, types are not guessed."""

import re
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

T = TypeVar("T")
_UNFIT = re.compile("[\x00\ud800-\udfff]")


class Part(BaseModel):
    """A part of a case: frozen, strict, without unknown members."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @field_validator("*")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        """No database keeps a NUL within a text, and no file half of a surrogate pair."""
        if isinstance(value, str) and _UNFIT.search(value):
            raise ValueError("holds a character that cannot be stored")
        return value


# Whole numbers that every column and every reader of JSON can hold.
Count = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
# Strict tuples would refuse the lists that JSON has.
Many = Annotated[tuple[T, ...], Field(strict=False)]
