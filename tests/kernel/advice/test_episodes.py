"""A signal is an episode, and it has one set of suggestions, however often it is looked at."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from domain.kernel.advice import signals
from domain.kernel.advice.episode import next_episode
from domain.kernel.advice.model import Evaluation, Severity, Signal, Verdict
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from tests.conftest import Database
from tests.kernel.advice.looks import DAY, LESSON, METER, look, rows, take
from tests.makers import make_tenant


@pytest.fixture(autouse=True)
def tenant(database: Database) -> str:
    return make_tenant("T")


def test_ten_nights_of_the_same_data_are_one_episode_and_one_set_of_suggestions() -> None:
    for night in range(10):
        take(look(on=night))
    assert [(one.state, one.opened_on, one.last_evaluated_on) for one in rows("signals")] == [
        ("OPEN", DAY, DAY + timedelta(days=9))
    ]
    assert len(rows("signal_evaluations")) == 10
    assert len(rows("suggestions")) == len(rows("proposals")) == 1


def test_the_same_look_again_changes_nothing() -> None:
    first = take(look())
    for _ in range(3):
        again = take(look())
        assert (again.is_known, again.made) == (True, ())
        assert again.signal is not None
        assert first.signal is not None
        assert again.signal.signal_id == first.signal.signal_id
    assert len(rows("signal_evaluations")) == len(rows("suggestions")) == 1


def test_between_the_bounds_an_open_episode_stays_and_a_closed_one_stays_closed() -> None:
    take(look("STAYS"))
    assert rows("signals") == []
    take(look("OPENS", on=1))
    assert take(look("STAYS", on=2)).change == "KEPT"
    assert take(look("CLOSES", on=3)).change == "CLOSED"
    assert take(look("STAYS", on=4)).change == "NONE"
    assert [(one.state, one.closed_on) for one in rows("signals")] == [("CLOSED", DAY + timedelta(days=3))]
    assert len(rows("signal_evaluations")) == 5


def test_only_after_closing_a_new_episode_begins_with_suggestions_of_its_own() -> None:
    for verdict, on in (("OPENS", 0), ("CLOSES", 1), ("OPENS", 2)):
        take(look(verdict, on=on))
    assert sorted((one.number, one.state) for one in rows("signals")) == [(1, "CLOSED"), (2, "OPEN")]
    assert len({one.source_signal_id for one in rows("suggestions")}) == len(rows("suggestions")) == 2


def test_an_episode_that_becomes_worse_adds_what_is_missing_and_repeats_nothing() -> None:
    take(look(severity="LOW"))
    assert [one.suggestion_type for one in take(look(on=1, severity="HIGH")).made] == ["LOOK_TWICE"]
    assert take(look(on=2, severity="LOW")).made == ()
    assert take(look(on=3, severity="HIGH")).made == ()
    assert sorted(one.suggestion_type for one in rows("suggestions")) == ["LOOK_AT_IT", "LOOK_TWICE"]


def test_a_day_that_is_computed_anew_moves_nothing_that_later_days_have_settled() -> None:
    take(look(on=5))
    assert take(look("CLOSES", on=3)).change == "KEPT"
    take(look("CLOSES", on=6))
    assert take(look("OPENS", on=4, value=0.9)).change == "NONE"
    assert [one.state for one in rows("signals")] == ["CLOSED"]


def test_two_at_once_open_one_episode() -> None:
    with ThreadPoolExecutor(8) as pool:
        changes = [one.change for one in pool.map(lambda n: take(look(value=n / 10)), range(8))]
    assert sorted(changes) == ["KEPT"] * 7 + ["OPENED"]
    assert len(rows("signals")) == len(rows("suggestions")) == 1


def test_the_database_keeps_a_second_open_episode_out() -> None:
    take(look())
    with transaction("T", DbRole.OWNER) as connection, pytest.raises(Exception, match="signals_one_open"):
        connection.execute(
            text(
                "INSERT INTO signals (tenant_id, signal_id, room, signal_type, subject_type, subject_id, number,"
                " severity, ruleset, opened_on, last_evaluated_on) SELECT tenant_id, gen_random_uuid(), room,"
                " signal_type, subject_type, subject_id, 2, severity, ruleset, opened_on, last_evaluated_on"
                " FROM signals"
            )
        )


def test_old_signals_are_put_away_and_their_suggestions_stay() -> None:
    take(look(about=LESSON))
    take(look("CLOSES", on=1, about=LESSON))
    take(look())
    with transaction("T", DbRole.MACHINE) as connection:
        assert signals.archive(connection, DAY + timedelta(days=180)) == 1
        assert signals.archive(connection, DAY + timedelta(days=180)) == 0
        seen = connection.execute(text("SELECT course_id, package_version, state FROM analytics_signals")).one()
        assert tuple(seen) == ("bread", 3, "ARCHIVED")
        told = connection.execute(text("SELECT course_id, target_id, type, status FROM content_suggestions")).one()
        assert tuple(told) == ("bread", "lesson:m01l02", "LOOK_AT_IT", "OPEN")


VERDICTS = st.lists(
    st.tuples(st.sampled_from(list(Verdict)), st.sampled_from(list(Severity)), st.integers(0, 1)), max_size=30
)


@given(VERDICTS)
def test_however_things_go_one_episode_is_open_at_a_time_and_numbers_rise(
    seen: list[tuple[Verdict, Severity, int]],
) -> None:
    standing: Signal | None = None
    on: date = DAY
    for verdict, severity, days in seen:
        on += timedelta(days=days)
        opened = severity if verdict is Verdict.OPENS else None
        found, change = next_episode(standing, Evaluation(METER, on, verdict, "2026-1", opened), "T")
        if change == "OPENED":
            assert standing is None or not standing.is_open
            assert found is not None
            assert found.number == 1 + (standing.number if standing else 0)
        if change == "CLOSED":
            assert standing is not None
            assert standing.is_open
            assert verdict is Verdict.CLOSES
        assert (found is None) == (change == "NONE")
        standing = found or standing
