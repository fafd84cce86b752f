"""The ruleset as it is specified, when signals open and close, and what is judged."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.courses.insight.rules.episodes import Episode, Step, step
from domain.courses.insight.rules.evaluations import evaluations
from domain.courses.insight.rules.ruleset import CURRENT, SIGNAL_TYPES, SignalRule, adopted_ruleset, ruleset, ruleset_of
from domain.courses.insight.rules.wilson import Rate, rate, unknown_of
from domain.kernel.canonical import content_hash
from domain.kernel.errors import NotFound
from tests.conftest import ROOT
from tests.courses.insight.made import figures

RULES = ruleset(CURRENT).rules
FILE = ROOT / "domain/courses/insight/rules/rulesets/2026-1.json"
# Type: target, least n, opens, closes, severities, as the specification's table has them.
SPECIFIED = {
    "LOW_COURSE_COMPLETION": ("COURSE", 30, 0.50, 0.55, (0.50, 0.40, 0.25)),
    "LOW_LESSON_COMPLETION": ("LESSON", 30, 0.60, 0.65, (0.60, 0.45, 0.30)),
    "HIGH_DROP_OFF": ("LESSON", 30, 0.10, 0.08, (0.10, 0.15, 0.25)),
    "LOW_QUIZ_PASS_RATE": ("QUIZ", 30, 0.85, 0.88, (0.85, 0.70, 0.50)),
    "HIGH_QUIZ_RETRY": ("QUIZ", 30, 0.20, 0.15, (0.20, 0.35, 0.50)),
    "LOW_TIME_ON_LESSON": ("LESSON", 30, 0.50, 0.45, (0.50, 0.65, 0.80)),
    "HIGH_TIME_ON_LESSON": ("LESSON", 30, 0.30, 0.25, (0.30, 0.45, 0.60)),
    "HIGH_REFUND_RATE": ("COURSE", 20, 0.05, 0.04, (0.05, 0.10, 0.20)),
}
Row = tuple[Any, ...]


def at_bound(rule: SignalRule, edge: float, n: int = 1000) -> Rate:
    """A rate whose judged bound is exactly the edge."""
    return replace(rate(n // 2, n), **({"high": edge} if rule.is_low else {"low": edge}))


def valued(value: float, n: int = 1000) -> Rate:
    return rate(round(value * n), n)


def test_the_ruleset_is_the_specified_one() -> None:
    assert tuple(RULES) == SIGNAL_TYPES == tuple(SPECIFIED)
    found = {name: (rule.target, rule.min_n, rule.opens, rule.closes, rule.severity) for name, rule in RULES.items()}
    assert found == SPECIFIED
    assert {name: rule.min_age_days for name, rule in RULES.items() if rule.min_age_days} == {
        "LOW_COURSE_COMPLETION": 30,
        "LOW_LESSON_COMPLETION": 14,
    }


def test_the_shipped_ruleset_never_changes() -> None:
    assert ruleset("2026-1").sha256 == SHIPPED_SHA256


SHIPPED_SHA256 = "5378c65d45201f39c01e1e09542f1e64fb8f8a61263017484188c1276192e241"


def test_a_ruleset_that_is_not_shipped_is_refused() -> None:
    with pytest.raises(NotFound, match="no signal ruleset '2025-9'"):
        ruleset("2025-9")


@pytest.mark.parametrize("wrong", ["closes", "severity", "missing", "share", "min_n"])
def test_a_ruleset_that_contradicts_itself_is_refused(wrong: str) -> None:
    content = json.loads(FILE.read_text(encoding="utf-8"))
    if wrong == "missing":
        content["rules"].pop()
    elif wrong == "closes":
        content["rules"][0]["closes"]["than"] = "0.45"
    elif wrong == "share":
        content["rules"][0]["closes"]["than"] = "55"
    elif wrong == "min_n":
        content["rules"][0]["min_n"] = "30"
    else:
        content["rules"][0]["severity"]["HIGH"] = "0.60"
    with pytest.raises(ValueError, match=r"contradict|does not have each|between 0 and 1|whole numbers"):
        ruleset_of(content)


def test_an_adopted_ruleset_judges_what_it_names_and_nothing_else() -> None:
    content = json.loads(FILE.read_text(encoding="utf-8"))
    content["rules"] = [one for one in content["rules"] if one["signal_type"] == "HIGH_DROP_OFF"]
    content["rules"].append(content["rules"][0] | {"signal_type": "OF_ANOTHER_COPY"})
    adopted = adopted_ruleset(content)
    assert (set(adopted.rules), adopted.sha256) == ({"HIGH_DROP_OFF"}, content_hash(content))
    enrolled: list[Row] = [(f"u{one:02}", "C", "2026-01-01") for one in range(30)]
    happened: list[Row] = [
        (f"{one}", f"u{one:02}", "C", "lesson_viewed", 0, "2026-01-02T10:00:00") for one in range(30)
    ]
    found = evaluations(figures(enrolled, happened, [("C", 0)]), adopted)
    assert {one.signal_type for one in found} == {"HIGH_DROP_OFF"}


@pytest.mark.parametrize(("k", "n", "opens"), [(5, 30, False), (9, 30, True), (9, 29, False), (0, 0, False)])
def test_drop_off_of_5_of_30_is_silent_of_9_of_30_opens_and_of_9_of_29_is_silent(k: int, n: int, opens: bool) -> None:
    found = step(None, rate(k, n), RULES["HIGH_DROP_OFF"], 1)
    assert found == (Step(Episode(1, "MEDIUM", 1), "OPENED") if opens else Step(None, "NONE"))


def test_drop_off_in_a_course_opens_at_9_of_30_and_not_at_5() -> None:
    def opened(gone: int, learners: int) -> list[str]:
        enrolled: list[Row] = [(f"u{one:02}", "C", "2026-01-01") for one in range(learners)]
        happened: list[Row] = [
            (f"{one}-{lesson}", f"u{one:02}", "C", "lesson_viewed", lesson, "2026-01-02T10:00:00")
            for one in range(learners)
            for lesson in range(1 if one < gone else 2)
        ]
        found = evaluations(figures(enrolled, happened, [("C", 0), ("C", 1)]), ruleset())
        return [
            one.signal_type
            for one in found
            if one.lesson and one.lesson.lesson_idx == 0 and RULES[one.signal_type].opens_at(one.found)
            if one.signal_type == "HIGH_DROP_OFF"
        ]

    assert opened(5, 30) == []
    assert opened(9, 30) == ["HIGH_DROP_OFF"]
    assert opened(9, 29) == []


@pytest.mark.parametrize("name", SIGNAL_TYPES)
def test_a_signal_opens_beyond_its_bound_and_not_on_it(name: str) -> None:
    rule = RULES[name]
    beyond = -1e-9 if rule.is_low else 1e-9
    assert step(None, at_bound(rule, rule.opens), rule, 1) == Step(None, "NONE")
    assert step(None, at_bound(rule, rule.opens + beyond), rule, 1).change == "OPENED"


@pytest.mark.parametrize("name", SIGNAL_TYPES)
def test_an_open_signal_stays_on_its_closing_bound_and_closes_beyond_it(name: str) -> None:
    rule, open_one = RULES[name], Episode(1, "LOW", 1)
    assert valued(rule.closes).value == rule.closes
    assert step(open_one, valued(rule.closes), rule, 2) == Step(open_one, "KEPT")
    beyond = rule.closes + (0.001 if rule.is_low else -0.001)
    assert step(open_one, valued(beyond), rule, 2) == Step(Episode(1, "LOW", 1, 2), "CLOSED")


@pytest.mark.parametrize("name", SIGNAL_TYPES)
def test_between_the_bounds_each_keeps_its_state(name: str) -> None:
    rule = RULES[name]
    between = valued((rule.opens + rule.closes) / 2)
    closed, open_one = Episode(1, "LOW", 1, 5), Episode(2, "HIGH", 6)
    assert step(None, between, rule, 9) == Step(None, "NONE")
    assert step(closed, between, rule, 9) == Step(closed, "NONE")
    assert step(open_one, between, rule, 9) == Step(open_one, "KEPT")


@pytest.mark.parametrize("name", SIGNAL_TYPES)
def test_with_too_few_nothing_opens_and_nothing_closes(name: str) -> None:
    rule, open_one = RULES[name], Episode(1, "LOW", 1)
    bad, good = (0, rule.min_n - 1), (rule.min_n - 1, rule.min_n - 1)
    worst, best = (rate(*bad), rate(*good)) if rule.is_low else (rate(*good), rate(*bad))
    assert step(None, worst, rule, 1) == Step(None, "NONE")
    assert step(open_one, best, rule, 2) == Step(open_one, "KEPT")
    assert step(open_one, rate(0, 0), rule, 2) == Step(open_one, "KEPT")
    assert step(open_one, unknown_of(500), rule, 2) == Step(open_one, "KEPT")


@pytest.mark.parametrize("name", SIGNAL_TYPES)
def test_severity_is_by_the_bound(name: str) -> None:
    rule = RULES[name]
    beyond = -1e-9 if rule.is_low else 1e-9
    low, medium, high = rule.severity
    found = [rule.severity_of(at_bound(rule, edge)) for edge in (low + beyond, medium, medium + beyond, high)]
    assert found == ["LOW", "LOW", "MEDIUM", "MEDIUM"]
    assert rule.severity_of(at_bound(rule, high + beyond)) == "HIGH"


def test_severity_follows_the_rate_while_it_would_open_and_stays_between_the_bounds() -> None:
    rule = RULES["HIGH_DROP_OFF"]
    episode = step(None, rate(12, 100), rule, 1).episode
    assert episode is None
    episode = step(None, rate(20, 100), rule, 1).episode
    assert episode == Episode(1, "LOW", 1)
    worse = step(episode, rate(60, 100), rule, 2)
    assert worse == Step(Episode(1, "HIGH", 1), "KEPT")
    assert step(worse.episode, rate(9, 100), rule, 3) == Step(Episode(1, "HIGH", 1), "KEPT")


def test_ten_nights_of_the_same_are_one_episode_and_a_new_one_only_follows_a_closed_one() -> None:
    rule, episode = RULES["HIGH_DROP_OFF"], None
    changes = []
    for night in range(10):
        found = step(episode, rate(30, 60), rule, night)
        episode, changes = found.episode, [*changes, found.change]
    assert changes == ["OPENED", *["KEPT"] * 9]
    assert episode == Episode(1, "HIGH", 0)
    closed = step(episode, rate(1, 60), rule, 10)
    assert closed == Step(Episode(1, "HIGH", 0, 10), "CLOSED")
    assert step(closed.episode, rate(30, 60), rule, 11) == Step(Episode(2, "HIGH", 11), "OPENED")


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=30), st.sampled_from(SIGNAL_TYPES))
def test_an_evaluation_made_twice_changes_nothing_more(nights: list[tuple[int, int]], name: str) -> None:
    rule, once, twice = RULES[name], None, None
    for night, pair in enumerate(nights):
        found = rate(min(pair), max(pair))
        once = step(once, found, rule, night).episode
        twice = step(step(twice, found, rule, night).episode, found, rule, night).episode
        assert once == twice
        assert once is None or once.closed_at is None or once.closed_at > once.opened_at


def test_only_enrolments_of_30_days_and_views_of_14_days_are_judged() -> None:
    enrolled: list[Row] = [("ann", "C", "2026-05-02"), ("bob", "C", "2026-05-02T00:00:00.000001")]
    happened: list[Row] = [
        ("e1", "ann", "C", "lesson_viewed", 0, "2026-05-18"),
        ("e2", "bob", "C", "lesson_viewed", 0, "2026-05-18T00:00:00.000001"),
        ("e3", "bob", "C", "lesson_completed", 0, "2026-05-20T10:00:00"),
    ]
    found = {one.signal_type: one.found for one in evaluations(figures(enrolled, happened), ruleset())}
    assert found["LOW_COURSE_COMPLETION"] == rate(0, 1)
    assert found["LOW_LESSON_COMPLETION"] == rate(0, 1)


def test_time_is_judged_against_the_plan_and_only_of_viewers_whose_time_is_known() -> None:
    enrolled: list[Row] = [(who, "C", "2026-03-01") for who in ("ann", "bob", "cat", "dan", "eve")]
    # Planned 4 minutes: under 60 s is short, over 480 s long; exactly 60 s and 480 s are neither. eve has no gap.
    happened: list[Row] = []
    for who, seconds in (("ann", 59), ("bob", 60), ("cat", 480), ("dan", 481)):
        happened.append((f"{who}1", who, "C", "lesson_viewed", 0, "2026-03-02T10:00:00"))
        ended = f"2026-03-02T10:{seconds // 60:02}:{seconds % 60:02}"
        happened.append((f"{who}2", who, "C", "lesson_left", 0, ended))
    happened.append(("eve1", "eve", "C", "lesson_viewed", 0, "2026-03-02T10:00:00"))
    # fay's time is known, but she is no viewer.
    enrolled.append(("fay", "C", "2026-03-01"))
    happened.append(("fay1", "fay", "C", "quiz_attempted", 0, "2026-03-02T10:00:00", 50, True))
    happened.append(("fay2", "fay", "C", "lesson_left", 0, "2026-03-02T10:00:10"))
    found = {
        one.signal_type: one.found for one in evaluations(figures(enrolled, happened, [("C", 0, "A", 4)]), ruleset())
    }
    assert (found["LOW_TIME_ON_LESSON"], found["HIGH_TIME_ON_LESSON"]) == (rate(1, 4), rate(1, 4))
    without_plan = evaluations(figures(enrolled, happened, [("C", 0)]), ruleset())
    assert not {"LOW_TIME_ON_LESSON", "HIGH_TIME_ON_LESSON"} & {one.signal_type for one in without_plan}


def test_what_cannot_be_known_is_not_judged() -> None:
    enrolled: list[Row] = [("ann", "C", "2026-03-01")]
    happened: list[Row] = [("e1", "ann", "C", "lesson_viewed", 0, "2026-03-02")]
    found = evaluations(figures(enrolled, happened, [("C", 0, "A", 4)], completions_known=False), ruleset())
    assert [one.signal_type for one in found] == ["LOW_LESSON_COMPLETION"]
