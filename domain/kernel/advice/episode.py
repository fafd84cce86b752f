"""How an episode goes on: pure. A state and a verdict give the next state, and nothing else does.

So the same day evaluated again, or ten days of the same data, are one episode.
"""

from dataclasses import replace
from datetime import date
from typing import Literal

from domain.kernel.advice.model import Evaluation, Severity, Signal, Verdict, signal_id_of

Change = Literal["OPENED", "KEPT", "CLOSED", "NONE"]


def next_episode(previous: Signal | None, evaluation: Evaluation, tenant_id: str) -> tuple[Signal | None, Change]:
    """The episode that the evaluation belongs to, None where it belongs to none, and what changed.

    An evaluation of a day before the last one is kept without moving anything: a day that is computed anew does not
    close or open what later days have settled.
    """
    is_late = previous is not None and evaluation.evaluated_on < previous.last_evaluated_on
    if previous is None or not previous.is_open:
        if evaluation.verdict is not Verdict.OPENS or is_late:
            return None, "NONE"
        return _opened(previous, evaluation, tenant_id), "OPENED"
    if is_late:
        return previous, "KEPT"
    seen = replace(previous, last_evaluated_on=evaluation.evaluated_on)
    if evaluation.verdict is Verdict.CLOSES:
        return replace(seen, state="CLOSED"), "CLOSED"
    return replace(seen, severity=evaluation.severity or previous.severity), "KEPT"


def is_worse(previous: Signal | None, now: Signal) -> bool:
    """Whether an open episode has become more severe than it was."""
    return previous is not None and previous.is_open and now.is_open and now.severity.rank > previous.severity.rank


def _opened(previous: Signal | None, evaluation: Evaluation, tenant_id: str) -> Signal:
    number = 1 if previous is None else previous.number + 1
    on: date = evaluation.evaluated_on
    severity: Severity = evaluation.severity or Severity.LOW
    made = signal_id_of(tenant_id, evaluation.about, number)
    return Signal(made, evaluation.about, number, "OPEN", severity, evaluation.ruleset, on, on)
