"""A signal is an episode: it opens once, stays while things are between the bounds, and closes once.

A state and a rate give the next state, and nothing else does; so the same night evaluated again, or ten nights of the
same data, are one episode.
"""

from dataclasses import dataclass, replace
from typing import Literal

from domain.courses.insight.rules.ruleset import SignalRule
from domain.courses.insight.rules.wilson import Rate

Change = Literal["OPENED", "CLOSED", "KEPT", "NONE"]


@dataclass(frozen=True)
class Episode:
    """One episode of a signal of a target.

    Attributes:
        number: 1 for the target's first, rising.
        severity: by the last rate that would have opened it.
        opened_at, closed_at: the as-of instants of the evaluations that did it.
    """

    number: int
    severity: str
    opened_at: int
    closed_at: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has not closed."""
        return self.closed_at is None


@dataclass(frozen=True)
class Step:
    """The state after an evaluation (None: there has been no episode), and what changed."""

    episode: Episode | None
    change: Change


def step(previous: Episode | None, found: Rate, rule: SignalRule, as_of: int) -> Step:
    """The state that follows from the last episode of a target and its rate now.

    With too few to judge by nothing opens and nothing closes. Between the bounds, and exactly on one, all stays.
    """
    opens = rule.opens_at(found)
    if previous is None or not previous.is_open:
        if not opens:
            return Step(previous, "NONE")
        number = 1 if previous is None else previous.number + 1
        return Step(Episode(number, rule.severity_of(found), as_of), "OPENED")
    if rule.closes_at(found):
        return Step(replace(previous, closed_at=as_of), "CLOSED")
    return Step(replace(previous, severity=rule.severity_of(found)) if opens else previous, "KEPT")
