"""The states of a test and of a session, what may follow what, and how far a session has come.

Compliance is not a state: a test that failed its limits is `completed`; `failed` means that it could not be carried
out, and may be tried again (R-06). A session is approved by another person than who tested, once nothing stands open
(R-17); after that nothing changes, and a correction is a new session that supersedes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from domain.kernel.errors import Conflict
from domain.stairs.rules.evaluation.numbers import rounded

InstanceStatus = Literal["pending", "in_progress", "completed", "skipped", "failed"]
SessionStatus = Literal["draft", "active", "submitted", "returned", "approved", "void"]

INSTANCE_MOVES: Mapping[InstanceStatus, frozenset[InstanceStatus]] = {
    "pending": frozenset({"in_progress", "skipped"}),
    "in_progress": frozenset({"completed", "failed", "skipped"}),
    "failed": frozenset({"pending"}),
    "completed": frozenset(),
    "skipped": frozenset(),
}
SESSION_MOVES: Mapping[SessionStatus, frozenset[SessionStatus]] = {
    "draft": frozenset({"active", "void"}),
    "active": frozenset({"submitted", "void"}),
    "submitted": frozenset({"returned", "approved", "void"}),
    "returned": frozenset({"active", "submitted", "void"}),
    "approved": frozenset(),
    "void": frozenset(),
}
# In these a technician's results are taken.
TAKES_RESULTS: frozenset[SessionStatus] = frozenset({"active", "returned"})


def move_instance(now: InstanceStatus, then: InstanceStatus) -> InstanceStatus:
    """The state that a test takes.

    Raises:
        Conflict: it does not follow the present one.
    """
    if then not in INSTANCE_MOVES[now]:
        raise Conflict(
            f"A test that is {now} cannot become {then}; it stays {now}.",
            hint=f"From {now} it can become {_named(INSTANCE_MOVES[now])}.",
            code="INSTANCE_STATE",
        )
    return then


def move_session(now: SessionStatus, then: SessionStatus) -> SessionStatus:
    """The state that a session takes.

    Raises:
        Conflict: it does not follow the present one.
    """
    if then not in SESSION_MOVES[now]:
        hint = f"From {now} it can become {_named(SESSION_MOVES[now])}."
        if now == "approved":
            hint = "Correct an approved session by a new one that supersedes it."
        raise Conflict(f"A session that is {now} cannot become {then}.", hint=hint, code="SESSION_STATE")
    return then


def _named(states: frozenset[InstanceStatus] | frozenset[SessionStatus]) -> str:
    return " or ".join(sorted(states)) or "nothing else"


def check_times(started_at: datetime | None, completed_at: datetime | None) -> None:
    """A test that is done has an end, and not before its begin.

    Raises:
        Conflict: it has none, or it ends before it begins.
    """
    if completed_at is None:
        raise Conflict("A test without a time of completion is not completed.", hint="Say when it was done.")
    if started_at is not None and completed_at < started_at:
        raise Conflict(
            f"The test would end at {completed_at.isoformat()}, before its begin at {started_at.isoformat()}.",
            hint="Check the device's clock and send the times again.",
            code="CLOCK_ERROR",
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a session has come.

    Attributes:
        completed_pct: carried out, of all (the source's figure; never 100 after a skip).
        resolved_pct: carried out or skipped, of all.
    """

    total: int
    completed: int
    skipped: int
    open: int
    completed_pct: Decimal
    resolved_pct: Decimal


def progress_of(statuses: Mapping[InstanceStatus, int]) -> Progress:
    """Progress from the count of tests in each state; percentages with one decimal, 0.0 without tests."""
    total = sum(statuses.values())
    completed, skipped = statuses.get("completed", 0), statuses.get("skipped", 0)
    return Progress(
        total=total,
        completed=completed,
        skipped=skipped,
        open=total - completed - skipped,
        completed_pct=_share(completed, total),
        resolved_pct=_share(completed + skipped, total),
    )


def _share(part: int, total: int) -> Decimal:
    return rounded(Fraction(100 * part, total), 1) if total else Decimal("0.0")


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands open in a session when somebody would approve it; counts of tests, conflicts and faults.

    Attributes:
        unacknowledged: observations that a reviewer must acknowledge and has not.
        technician_ids: everyone who carried out or submitted a test of it.
    """

    status: SessionStatus
    open_tests: int
    indeterminate: int
    open_conflicts: int
    proposed_faults: int
    unacknowledged: int
    technician_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One reason why a session cannot be approved now, and what to do about it."""

    code: str
    text: str
    hint: str


def hindrances(standing: Standing, approver_id: str) -> Sequence[Hindrance]:
    """Everything that stands between a session and this person's approval; empty: it can be signed."""
    counted = (
        (standing.open_tests, "TESTS_OPEN", "tests are neither completed nor skipped", "Carry them out or skip them."),
        (standing.indeterminate, "INDETERMINATE", "tests have no verdict", "Complete their proof, or test again."),
        (standing.open_conflicts, "CONFLICTS_OPEN", "results contradict each other", "Decide which one counts."),
        (standing.proposed_faults, "FAULTS_PROPOSED", "faults await review", "Confirm, reclassify or dismiss them."),
        (standing.unacknowledged, "UNACKNOWLEDGED", "observations are not acknowledged", "Acknowledge each."),
    )
    found = [Hindrance(code, f"{count} {text}.", hint) for count, code, text, hint in counted if count]
    if standing.status != "submitted":
        text = f"The session is {standing.status}, not submitted."
        found.insert(0, Hindrance("NOT_SUBMITTED", text, "Its technician submits it first."))
    if approver_id in standing.technician_ids:
        text = "Who tested cannot approve."
        found.append(Hindrance("SAME_PERSON", text, "Ask a person who carried out none of the tests."))
    return tuple(found)
