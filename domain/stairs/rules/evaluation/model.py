"""What all parts of a case share: members that are not described here are refused, types are not guessed."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Part(BaseModel):
    """A part of a case: frozen, strict, without unknown members."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


# Strict tuples would refuse the lists that JSON has.
Many = Annotated[tuple[T, ...], Field(strict=False)]
