"""Cause and effect: did each component do what the sequence expects, within its window from the trigger (R-12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from domain.stairs.rules.evaluation.notes import Note, blocks, observes
from domain.stairs.rules.evaluation.numbers import decimal_text, exact, json_number, plain, rounded
from domain.stairs.rules.evaluation.place import Step
from domain.stairs.rules.evaluation.submission import Event


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its exact time and its names as they are compared."""

    at: Fraction
    component: str
    action: str
    event: Event

    @property
    def order(self) -> tuple[Fraction, str, str, int]:
        """Earliest first; ties by name, so that the order of the list decides nothing."""
        return self.at, self.component, self.action, -1 if self.event.seq is None else self.event.seq


@dataclass(frozen=True, slots=True)
class Issue:
    """One way in which a step did not go as expected.

    Attributes:
        by_s: how far outside its window or its order, seconds; None where nothing was timed.
        at_s: when the step happened, seconds from the trigger.
        instead: what the component did instead.
    """

    step: Step
    code: str
    by_s: Fraction | None = None
    at_s: Fraction | None = None
    instead: str | None = None

    def members(self) -> dict[str, Any]:
        """As members of the result."""
        return {
            "step_order": self.step.step_order,
            "component_id": self.step.component_id,
            "expected_action": self.step.expected_action,
            "code": self.code,
            "by_s": None if self.by_s is None else json_number(rounded(self.by_s, 3)),
            "at_s": None if self.at_s is None else json_number(rounded(self.at_s, 3)),
            "expected_delay_seconds": json_number(self.step.expected_delay_seconds),
            "tolerance_seconds": json_number(self.step.tolerance_seconds),
            "instead": self.instead,
        }


def compare(sequence: Sequence[Step], events: Sequence[Event]) -> tuple[list[Issue], list[Note]]:
    """What did not go as the sequence expects, by step, and what else was noticed.

    Where the clock is in error no step is called early or late by it; one that did not happen at all still fails.
    """
    steps = sorted(sequence, key=lambda step: step.step_order)
    waiting = sorted((_happened(event) for event in events), key=lambda one: one.order)
    matched: dict[int, Happened] = {}
    for step in steps:
        if (found := _first(waiting, step)) is not None:
            waiting.remove(found)
            matched[step.step_order] = found
    clock = _clock(steps, matched)
    issues: list[Issue] = []
    for step in steps:
        if (own := matched.get(step.step_order)) is None:
            issues.append(_absent(step, waiting))
        elif not clock:
            issues += _timed(step, own, matched)
    return issues, [*clock, *_unlisted(waiting)]


def window(step: Step) -> tuple[Decimal, Decimal]:
    """The window of a step, seconds from the trigger, both ends included."""
    begin = step.expected_delay_seconds - step.tolerance_seconds
    return max(Decimal(0), begin), step.expected_delay_seconds + step.tolerance_seconds


def _name(text: str) -> str:
    return " ".join(text.split()).casefold()


def _happened(event: Event) -> Happened:
    return Happened(exact(event.t_s), _name(event.component_id), _name(event.action), event)


def _first(waiting: Sequence[Happened], step: Step) -> Happened | None:
    """The first unused occurrence of what the step expects."""
    component, action = _name(step.component_id), _name(step.expected_action)
    return next((one for one in waiting if (one.component, one.action) == (component, action)), None)


def _absent(step: Step, waiting: list[Happened]) -> Issue:
    """The component did something else, which is then used up, or nothing."""
    other = next((one for one in waiting if one.component == _name(step.component_id)), None)
    if other is None:
        return Issue(step, "MISSING")
    waiting.remove(other)
    return Issue(step, "WRONG_ACTION", at_s=other.at, instead=other.event.action)


def _timed(step: Step, own: Happened, matched: dict[int, Happened]) -> list[Issue]:
    """Too early, too late, and strictly before a step that should come before it; ties are fine."""
    begin, end = (exact(side) for side in window(step))
    issues = []
    if own.at < begin:
        issues.append(Issue(step, "EARLY", begin - own.at, own.at))
    if own.at > end:
        issues.append(Issue(step, "LATE", own.at - end, own.at))
    before = [one.at for order, one in matched.items() if order < step.step_order]
    if before and own.at < max(before):
        issues.append(Issue(step, "OUT_OF_ORDER", max(before) - own.at, own.at))
    return issues


def _clock(steps: Sequence[Step], matched: dict[int, Happened]) -> list[Note]:
    """Times that no clock could have told: before the trigger, or backwards against the numbers of the log.

    Only what the sequence lists is looked at; what a panel logged otherwise changes no verdict.
    """
    used = [matched[step.step_order] for step in steps if step.step_order in matched]
    notes = []
    negative = sorted({one.event.component_id for one in used if one.at < 0})
    if negative:
        notes.append(blocks("CLOCK_ERROR", f"{', '.join(negative)} acted before the trigger, by the times given."))
    numbered = sorted((one.event.seq, one.at) for one in used if one.event.seq is not None)
    if any(later < earlier for (_, earlier), (_, later) in pairwise(numbered)):
        notes.append(blocks("CLOCK_ERROR", "Time runs backwards along the numbers of the log."))
    return notes


def _unlisted(waiting: Sequence[Happened]) -> list[Note]:
    return [
        observes(
            "UNLISTED_ACTION",
            f"{one.event.component_id} {one.event.action} at {decimal_text(one.at)} s is in no step of the sequence.",
            component_id=one.event.component_id,
            action=one.event.action,
            t_s=json_number(rounded(one.at, 3)),
        )
        for one in waiting
    ]


def in_words(step: Step) -> str:
    """What was expected: 5 ± 2 s."""
    return f"{plain(step.expected_delay_seconds)} ± {plain(step.tolerance_seconds)} s"
