"""States of tests and sessions: no way out of what is done, and nobody approves their own tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import Conflict, Invalid
from domain.stairs.rules.progress import progress_of
from domain.stairs.rules.session_state import (
    INSTANCE_MOVES,
    SESSION_MOVES,
    Standing,
    check_times,
    hindrances,
    move_instance,
    move_session,
)

NOW = datetime(2026, 2, 3, tzinfo=UTC)
CLEAN = {
    "status": "submitted",
    "open_tests": 0,
    "indeterminate": 0,
    "open_conflicts": 0,
    "proposed_faults": 0,
    "unacknowledged": 0,
    "technician_ids": frozenset({"T"}),
}


@given(st.sampled_from(sorted(INSTANCE_MOVES)), st.lists(st.sampled_from(sorted(INSTANCE_MOVES)), max_size=20))
def test_no_path_leads_out_of_completed_or_skipped(state: str, wanted: list[str]) -> None:
    done = state in {"completed", "skipped"}
    for then in wanted:
        try:
            state = move_instance(state, then)  # type: ignore[arg-type]
        except Conflict:
            continue
        assert not done, "left a final state"
        done = state in {"completed", "skipped"}


def test_r_06_failed_can_be_tried_again_and_completed_cannot() -> None:
    assert move_instance("failed", "pending") == "pending"
    with pytest.raises(Conflict) as refused:
        move_instance("completed", "pending")

    assert refused.value.code == "INSTANCE_STATE"
    assert "completed" in str(refused.value)


def test_the_moves_of_a_test_are_those_of_the_source() -> None:
    allowed = {(now, then) for now, then in product(INSTANCE_MOVES, repeat=2) if then in INSTANCE_MOVES[now]}

    assert allowed == {
        ("pending", "in_progress"),
        ("pending", "skipped"),
        ("in_progress", "completed"),
        ("in_progress", "failed"),
        ("in_progress", "skipped"),
        ("failed", "pending"),
    }


@pytest.mark.parametrize("then", sorted(SESSION_MOVES))
def test_r_17_an_approved_session_stays(then: str) -> None:
    with pytest.raises(Conflict) as refused:
        move_session("approved", then)  # type: ignore[arg-type]

    assert "supersedes" in refused.value.hint


def test_a_session_goes_from_draft_to_approved_through_a_return() -> None:
    state = "draft"
    for then in ("active", "submitted", "returned", "submitted", "approved"):
        state = move_session(state, then)  # type: ignore[arg-type]

    assert state == "approved"


def test_a_skip_counts_as_resolved_and_not_as_completed() -> None:
    found = progress_of({"total": 3, "completed": 2, "skipped": 1})

    assert (found.completion_pct, found.resolved_pct, found.pending) == (Decimal("66.7"), Decimal("100.0"), 0)


def test_a_session_without_tests_is_at_nought() -> None:
    found = progress_of({})

    assert (str(found.completion_pct), str(found.resolved_pct)) == ("0.0", "0.0")


def test_a_test_ends_when_it_begins_or_later() -> None:
    check_times(NOW, NOW)
    with pytest.raises(Invalid, match="before its begin"):
        check_times(NOW, NOW - timedelta(seconds=1))


def test_r_17_nothing_open_and_another_person_approves() -> None:
    assert not hindrances(Standing(**CLEAN), "R")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("status", "active", "NOT_SUBMITTED"),
        ("open_tests", 3, "TESTS_OPEN"),
        ("indeterminate", 1, "INDETERMINATE"),
        ("open_conflicts", 1, "CONFLICTS_OPEN"),
        ("proposed_faults", 1, "FAULTS_PROPOSED"),
        ("unacknowledged", 1, "UNACKNOWLEDGED"),
        ("technician_ids", frozenset({"R", "T"}), "SAME_PERSON"),
    ],
)
def test_r_17_each_thing_that_stands_open_hinders_approval(member: str, value: object, code: str) -> None:
    found = hindrances(Standing(**(CLEAN | {member: value})), "R")  # type: ignore[arg-type]

    assert [one.code for one in found] == [code]
    assert found[0].hint
