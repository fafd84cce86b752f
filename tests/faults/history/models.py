"""What each kind of thing would do if only one person at a time could touch it.

A model answers the states that can follow an act: none where the answer could not have been given, and every one that
is possible where no answer came. States can be hashed, so that a checker can remember where it has been.
"""

from collections.abc import Hashable, Iterable
from typing import Any, Protocol

from tests.faults.history.operations import Operation

State = Hashable
REFUSED = "refused"
# Whoever was never told that it claimed: its token is known to the database alone.
SOMEBODY = "somebody"


class Model(Protocol):
    """One kind of thing."""

    start: State

    def after(self, state: Any, one: Operation) -> Iterable[State]:
        """The states that can follow."""
        ...


class Once:
    """Something that one may have, for ever: a signature, a claim. Who has it may be told so again.

    `take` is told the holder's name or `refused`; `look` is told the holder, or None.
    """

    start: State = None

    def after(self, state: str | None, one: Operation) -> Iterable[State]:
        """The states that can follow."""
        if one.act == "look":
            return [state] if one.ended is None or one.told == state else []
        if one.ended is None:
            return [state or one.given]
        if one.told == REFUSED:
            return [state] if state not in {None, one.given} else []
        return [one.given] if one.told == one.given and state in {None, one.given} else []


class Claim:
    """A job that one worker may claim. It is told a token of its own; who was slower is told `refused`, also by a claim
    that then came to nothing, so that a refusal says little. `look` is told the token that holds it, or None.
    """

    start: State = None

    def after(self, state: str | None, one: Operation) -> Iterable[State]:
        """The states that can follow."""
        if one.ended is None:
            return [state if state is not None or one.act == "look" else SOMEBODY]
        if one.act == "look":
            return [one.told] if state == one.told or (state == SOMEBODY and one.told is not None) else []
        if one.told == REFUSED:
            return [state]
        return [one.told] if state is None else []


class Revisions:
    """Something with a number that grows by one with each change, and only for who knows the present number.

    `change` gives the number that it starts from and is told the next one, or `refused`; `look` is told the number.
    """

    def __init__(self, start: int = 1) -> None:
        self.start: State = start

    def after(self, state: int, one: Operation) -> Iterable[State]:
        """The states that can follow."""
        if one.act == "look":
            return [state] if one.ended is None or one.told == state else []
        fits = one.given == state
        if one.ended is None:
            return [state + 1 if fits else state]
        if one.told == REFUSED:
            return [] if fits else [state]
        return [state + 1] if fits and one.told == state + 1 else []


class Versions:
    """A list that only grows: each content gets the next number, once; the newest content keeps its number.

    `publish` gives a content and is told its number, or `refused`, which may have many reasons and changes nothing;
    `look` is told how many there are.
    """

    def __init__(self, *start: str) -> None:
        self.start: State = start

    def after(self, state: tuple[str, ...], one: Operation) -> Iterable[State]:
        """The states that can follow."""
        if one.act == "look":
            return [state] if one.ended is None or one.told == len(state) else []
        if one.told == REFUSED:
            return [state]
        following = state if one.given in state else (*state, one.given)
        if one.ended is None:
            return [following]
        return [following] if one.told == following.index(one.given) + 1 == len(following) else []
