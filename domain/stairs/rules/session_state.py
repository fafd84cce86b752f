"""The states of a test and of a session, what may follow what, and what keeps a session from its approval.

Compliance is not a state: a test that failed its limits is `completed`; `failed` means that it could not be carried
out, and may be tried again (R-06). A session is approved by another person than who tested, once nothing stands open
(R-17); after that nothing changes, and a correction is a new session that supersedes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.kernel.errors import Conflict, Invalid

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


def check_times(began: datetime, ended: datetime) -> None:
    """A test ends when it begins or after that.

    Raises:
        Invalid: RESULT_MALFORMED, it ends before.
    """
    if ended < began:
        raise Invalid(
            f"The test would end at {ended.isoformat()}, before its begin at {began.isoformat()}; nothing was stored.",
            hint="Check the device's clock and send the times again.",
            code="RESULT_MALFORMED",
        )


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
        (standing.open_tests, "TESTS_OPEN", "Tests neither completed nor skipped", "Carry them out or skip them."),
        (standing.indeterminate, "INDETERMINATE", "Tests without a verdict", "Complete their proof, or test again."),
        (standing.open_conflicts, "CONFLICTS_OPEN", "Results that contradict others", "Decide which one counts."),
        (standing.proposed_faults, "FAULTS_PROPOSED", "Faults to review", "Confirm, reclassify or dismiss them."),
        (standing.unacknowledged, "UNACKNOWLEDGED", "Observations to acknowledge", "Acknowledge each."),
    )
    found = [Hindrance(code, f"{text}: {count}.", hint) for count, code, text, hint in counted if count]
    if standing.status != "submitted":
        text = f"The session is {standing.status}, not submitted."
        found.insert(0, Hindrance("NOT_SUBMITTED", text, "Its technician submits it first."))
    if approver_id in standing.technician_ids:
        text = "Who tested cannot approve."
        found.append(Hindrance("SAME_PERSON", text, "Ask a person who carried out none of the tests."))
    return tuple(found)
