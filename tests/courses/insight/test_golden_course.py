"""One small course that can be counted on a page: every figure of it by hand.

Course C has lessons 0 to 3 of 10 minutes. As of 2026-06-01:

            enrolled    lessons viewed      completed   last event  course
ann         03-01       0 1 2 3             0 1 2 3     03-04       completed 03-04
bob         03-01       0 1                 0           03-02       -
cat         05-25       0 . 2 (skips 1)     0           05-26       -            still at work
dan         03-01       0 1                 0 1         03-03       revoked 03-10
eve         03-01       -                   -           -           -
gus         03-01       . 1c                1           03-02       -            completed 1 without a view
fay is not enrolled and viewed lesson 0.
"""

from typing import Any

import pytest

from domain.courses.insight.rules.progress import mean_progress_pct
from domain.courses.insight.rules.wilson import rate, unknown_of
from tests.courses.insight.made import figures

Row = tuple[Any, ...]

ENROLLED: list[Row] = [
    ("ann", "C", "2026-03-01", "2026-03-04T09:30:00"),
    ("bob", "C", "2026-03-01"),
    ("cat", "C", "2026-05-25"),
    ("dan", "C", "2026-03-01", None, "2026-03-10"),
    ("eve", "C", "2026-03-01"),
    ("gus", "C", "2026-03-01"),
]
SEEN = [
    ("ann", "viewed", 0, "2026-03-01T09:00:00"),
    ("ann", "completed", 0, "2026-03-01T09:10:00"),
    ("ann", "viewed", 1, "2026-03-02T09:00:00"),
    ("ann", "completed", 1, "2026-03-02T09:20:00"),
    ("ann", "viewed", 2, "2026-03-03T09:00:00"),
    ("ann", "completed", 2, "2026-03-03T09:05:00"),
    ("ann", "viewed", 3, "2026-03-04T09:00:00"),
    ("ann", "completed", 3, "2026-03-04T09:30:00"),
    ("bob", "viewed", 0, "2026-03-01T10:00:00"),
    ("bob", "completed", 0, "2026-03-01T10:30:00"),
    ("bob", "viewed", 1, "2026-03-02T10:00:00"),
    ("cat", "viewed", 0, "2026-05-25T10:00:00"),
    ("cat", "completed", 0, "2026-05-25T10:20:00"),
    ("cat", "viewed", 2, "2026-05-26T10:00:00"),
    ("dan", "viewed", 0, "2026-03-02T10:00:00"),
    ("dan", "completed", 0, "2026-03-02T10:10:00"),
    ("dan", "viewed", 1, "2026-03-03T10:00:00"),
    ("dan", "completed", 1, "2026-03-03T10:10:00"),
    ("gus", "completed", 1, "2026-03-02T10:00:00"),
    ("fay", "viewed", 0, "2026-03-02T10:00:00"),
]
HAPPENED: list[Row] = [
    (f"e{number:02}", who, "C", f"lesson_{what}", lesson, when) for number, (who, what, lesson, when) in enumerate(SEEN)
]
TAUGHT: list[Row] = [("C", number, f"Lesson {number}", 10.0) for number in range(4)]


def test_enrolled_leaves_out_the_revoked_and_keeps_those_who_did_nothing() -> None:
    found = figures(ENROLLED, HAPPENED, TAUGHT).courses
    assert (found.enrolled.tolist(), found.revoked.tolist(), found.completed.tolist()) == ([5], [1], [1])


def test_course_completion_and_mean_progress() -> None:
    found = figures(ENROLLED, HAPPENED, TAUGHT)
    assert found.completed(found.courses) == [rate(1, 5)]
    # ann 4, bob 1, cat 1, eve 0, gus 1 of 4 lessons each: 7 of 20.
    assert mean_progress_pct(found.standing, found.courses) == [35.0]


def test_viewers_and_completers_are_distinct_enrolled_learners() -> None:
    found = figures(ENROLLED, HAPPENED, TAUGHT).lessons
    assert found.viewers.tolist() == [3, 3, 2, 1]  # 0: ann bob cat; 1: ann bob gus; 2: ann cat; 3: ann
    assert found.completers.tolist() == [3, 2, 1, 1]


def test_reached_never_rises_and_skipping_ahead_counts_as_reaching() -> None:
    found = figures(ENROLLED, HAPPENED, TAUGHT).reach
    # Furthest: ann 3, bob 1, cat 2, gus 1.
    assert found.reached.tolist() == [4, 4, 2, 1]
    assert found.stopped.tolist() == [0, 2, 1, 0]


def test_drop_off_is_of_those_who_reached_the_lesson() -> None:
    found = figures(ENROLLED, HAPPENED, TAUGHT)
    assert found.drop_offs(found.reach) == [rate(0, 4), rate(2, 4), rate(1, 2), rate(0, 1)]


def test_matured_drop_off_waits_for_those_at_work_and_counts_the_revoked() -> None:
    found = figures(ENROLLED, HAPPENED, TAUGHT)
    # Matured: ann (completed), bob and gus (quiet), dan (revoked), eve (quiet, reached nothing). cat is at work.
    assert found.drop_offs(found.matured_reach) == [rate(0, 4), rate(3, 4), rate(0, 1), rate(0, 1)]


@pytest.mark.parametrize(
    ("as_of", "stopped"),
    # cat's last event is of 2026-05-26T10:00: 14 days later to the second, and a microsecond before.
    [("2026-06-09T10:00:00", [0, 3, 1, 0]), ("2026-06-09T09:59:59.999999", [0, 3, 0, 0])],
)
def test_fourteen_days_without_activity_mature_a_learner(as_of: str, stopped: list[int]) -> None:
    assert figures(ENROLLED, HAPPENED, TAUGHT, as_of).matured_reach.stopped.tolist() == stopped


def test_at_the_last_lesson_drop_off_is_not_finishing() -> None:
    enrolled: list[Row] = [("ann", "C", "2026-03-01", "2026-03-05"), ("bob", "C", "2026-03-01")]
    happened: list[Row] = [(who, who, "C", "lesson_viewed", 1, "2026-03-02T10:00:00") for who in ("ann", "bob")]
    found = figures(enrolled, happened, [("C", 0), ("C", 1)])
    assert found.drop_offs(found.reach) == [rate(0, 2), rate(1, 2)]


def test_time_is_of_learners_who_have_any() -> None:
    times = figures(ENROLLED, HAPPENED, TAUGHT).times
    # Lesson 0: ann 600, cat 1200, bob 1800 s; of lesson 1 only ann, 1200 s: gus and bob have no measured gap.
    assert (times[0].n, times[0].seconds, times[0].avg_seconds, times[0].median_seconds) == (3, 3600, 1200, 1200)
    assert (times[1].n, times[1].seconds, times[1].avg_seconds, times[1].median_seconds) == (1, 1200, 1200, 1200)
    assert (times[2].n, times[2].avg_seconds) == (1, 300)
    assert (times[3].n, times[3].avg_seconds) == (1, 1800)


def test_the_median_of_an_even_number_is_between_the_two_in_the_middle() -> None:
    enrolled: list[Row] = [(who, "C", "2026-03-01") for who in "abcd"]
    happened: list[Row] = []
    for number, (who, minutes) in enumerate(zip("abcd", (1, 2, 5, 20), strict=True)):
        happened.append((f"{number}a", who, "C", "lesson_viewed", 0, "2026-03-02T10:00:00"))
        happened.append((f"{number}b", who, "C", "lesson_left", 0, f"2026-03-02T10:{minutes:02}:00"))
    (time,) = figures(enrolled, happened).times
    assert (time.n, time.avg_seconds, time.median_seconds) == (4, 420, 210)


def test_nobody_has_no_figure() -> None:
    found = figures([("ann", "C", "2026-03-01")], [], TAUGHT)
    assert [one.value for one in found.drop_offs(found.reach)] == [None] * 4
    assert [one.avg_seconds for one in found.times] == [None] * 4
    assert [one.learner_pass_rate.value for one in found.quizzes] == [None] * 4
    assert [one.attempts_per_learner for one in found.quizzes] == [None] * 4
    revoked = figures([("ann", "C", "2026-03-01", None, "2026-03-02")], [], TAUGHT)
    assert [one.value for one in revoked.completed(revoked.courses)] == [None]
    assert mean_progress_pct(revoked.standing, revoked.courses) == [None]


def test_what_happened_after_the_instant_is_not_known_and_at_it_is() -> None:
    before = figures(ENROLLED, HAPPENED, TAUGHT, "2026-03-04T09:29:59")
    assert before.completed(before.courses) == [rate(0, 5)]  # cat is not enrolled yet, dan not yet revoked
    at_it = figures(ENROLLED, HAPPENED, TAUGHT, "2026-03-04T09:30:00")
    assert at_it.completed(at_it.courses) == [rate(1, 5)]
    assert at_it.lessons.completers.tolist() == [3, 3, 1, 1]


def test_a_gap_that_closes_at_the_instant_counts_and_after_it_does_not() -> None:
    instants = ("2026-03-01T09:10:00", "2026-03-01T09:09:59.999999")
    assert [figures(ENROLLED, HAPPENED, TAUGHT, one).times[0].seconds for one in instants] == [600, 0]


def test_of_rows_with_one_id_that_differ_the_earliest_counts() -> None:
    enrolled: list[Row] = [("ann", "C", "2026-03-01")]
    rows: list[Row] = [
        ("e1", "ann", "C", "lesson_viewed", 2, "2026-03-02T10:00:01"),
        ("e1", "ann", "C", "lesson_completed", 1, "2026-03-02T10:00:00"),
        ("e1", "ann", "C", "lesson_viewed", 3, "2026-03-02T10:00:02"),
    ]
    for happened in (rows, rows[::-1]):
        found = figures(enrolled, happened, TAUGHT)
        assert found.lessons.viewers.tolist() == found.lessons.completers.tolist() == [0, 1, 0, 0]


def test_without_completions_they_are_unknown_and_not_none() -> None:
    found = figures([row[:3] for row in ENROLLED], HAPPENED, TAUGHT, completions_known=False)
    assert found.completed(found.courses) == [unknown_of(6)]
    assert found.drop_offs(found.reach)[-1] == unknown_of(1)
    assert found.drop_offs(found.reach)[1] == rate(3, 5)


def test_enrolling_twice_is_one_enrolment_and_enrolling_anew_lifts_a_revocation() -> None:
    twice: list[Row] = [
        ("ann", "C", "2026-03-01", None, "2026-03-10"),
        ("ann", "C", "2026-04-01", "2026-05-01"),
        ("bob", "C", "2026-03-01", None, "2026-03-10"),
        ("bob", "C", "2026-03-01", None, "2026-03-12"),
    ]
    found = figures(twice, []).courses
    assert (found.enrolled.tolist(), found.revoked.tolist(), found.completed.tolist()) == ([1], [1], [1])
    in_between = figures(twice, [], as_of="2026-03-20").courses
    assert (in_between.enrolled.tolist(), in_between.revoked.tolist()) == ([0], [2])


def test_courses_stand_apart() -> None:
    other = [(who, "D", *rest) for who, _, *rest in ENROLLED[:2]]
    found = figures([*ENROLLED, *other], HAPPENED, [*TAUGHT, ("D", 0)])
    assert found.courses.enrolled.tolist() == [5, 2]
    assert found.lessons.viewers.tolist() == [3, 3, 2, 1, 0]
    assert found.reach.reached.tolist() == [4, 4, 2, 1, 0]
