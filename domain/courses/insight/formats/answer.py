"""A study's figures as JSON members: courses with their lessons and funnels, signals, totals."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.courses.insight.rules.episodes import step
from domain.courses.insight.rules.evaluations import Evaluation, evaluations
from domain.courses.insight.rules.facts import EventType
from domain.courses.insight.rules.figures import Figures
from domain.courses.insight.rules.funnels import ALWAYS, ViewFunnel, view_funnels
from domain.courses.insight.rules.progress import mean_progress_pct, rates_of
from domain.courses.insight.rules.quizzes import Quiz
from domain.courses.insight.rules.ruleset import SEVERITIES, Ruleset, SignalRule, ruleset
from domain.courses.insight.rules.times import LessonTime
from domain.courses.insight.rules.wilson import UNKNOWN, Rate, Z, rate, unknown_of

Members = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso_utc(micros: int) -> str:
    """An instant as ISO 8601 in UTC."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def answer_of(figures: Figures) -> Members:
    """All figures of a study, and the signals that they open under the shipped ruleset."""
    rules = ruleset()
    judged = evaluations(figures, rules)
    signals = _signals(judged, rules, figures.as_of)
    return {
        "as_of": iso_utc(figures.as_of),
        "ruleset": rules.version,
        "courses": _courses(figures),
        "signals": signals,
        "totals": _totals(figures, len(judged), len(signals)),
    }


def _courses(figures: Figures) -> list[Members]:
    found, facts = figures.courses, figures.facts
    completed, progress = figures.completed(found), mean_progress_pct(figures.standing, found)
    lessons, funnels = _lessons(figures), view_funnels(figures.standing, figures.events, ALWAYS)
    start = figures.standing.cells.start.tolist()
    return [
        {
            "course_id": course.course_id,
            "enrolled": int(found.enrolled[at]),
            "revoked": int(found.revoked[at]) if facts.revocations_known else None,
            "completed": completed[at].members(),
            "course_completion_pct": _percent(completed[at]),
            "mean_progress_pct": progress[at],
            "lessons": lessons[start[at] : start[at + 1]],
            "funnel": _funnel(funnels[at], has_views(figures), facts.completions_known),
        }
        for at, course in enumerate(facts.courses)
    ]


def has_views(figures: Figures) -> bool:
    """Whether any event is a view of a course's page; without, the funnel from it knows nothing."""
    return bool((figures.events.kind == EventType.COURSE_VIEW).any())


def _percent(found: Rate) -> float | None:
    return None if found.value is None or found.k is None or found.n is None else 100 * found.k / found.n


def _lessons(figures: Figures) -> list[Members]:
    counts, reached = figures.lessons, figures.reach.reached
    enrolled = figures.courses.enrolled[figures.standing.cells.course]
    completion = rates_of(counts.completers, counts.viewers)
    completion_enrolled = rates_of(counts.completers, enrolled)
    drop_off, matured = figures.drop_offs(figures.reach), figures.drop_offs(figures.matured_reach)
    lessons = [lesson for course in figures.facts.courses for lesson in course.lessons]
    return [
        {
            "lesson_idx": lesson.lesson_idx,
            "title": lesson.title,
            "planned_minutes": lesson.planned_minutes,
            "viewers": int(counts.viewers[at]),
            "completers": int(counts.completers[at]),
            "completion": completion[at].members(),
            "completion_enrolled": completion_enrolled[at].members(),
            "reached": int(reached[at]),
            "drop_off": drop_off[at].members(),
            "matured_drop_off": matured[at].members(),
            **_time(figures.times[at], figures.facts.times_known),
            "quiz": _quiz(figures.quizzes[at]),
        }
        for at, lesson in enumerate(lessons)
    ]


def _time(found: LessonTime, is_known: bool) -> Members:
    return {
        "seconds": found.seconds if is_known else None,
        "timed_learners": found.n if is_known else None,
        "avg_seconds": found.avg_seconds,
        "median_seconds": found.median_seconds,
    }


def _quiz(quiz: Quiz) -> Members:
    return {name: one.members() if isinstance(one, Rate) else one for name, one in _parts(quiz)}


def _parts(record: Quiz | ViewFunnel) -> list[tuple[str, Any]]:
    return [(name, getattr(record, name)) for name in record.__dataclass_fields__]


def _funnel(found: ViewFunnel, views_known: bool, completions_known: bool) -> Members:
    members = {name: one.members() if isinstance(one, Rate) else one for name, one in _parts(found)}
    if not views_known:
        members = {name: UNKNOWN.members() if isinstance(one, dict) else None for name, one in members.items()}
    elif not completions_known:
        members |= {"completed": None, "enrolled_to_completed": unknown_of(found.enrolled).members()}
    return members | {"purchases": None}


def _signals(judged: list[Evaluation], rules: Ruleset, as_of: int) -> list[Members]:
    """The evaluations that open a signal: the most severe first, then by how far the bound is beyond the threshold."""
    opened = []
    for number, one in enumerate(judged):
        rule = rules.rules[one.signal_type]
        episode = step(None, one.found, rule, as_of).episode
        if episode is not None:
            bound = rule.bound(one.found)
            margin = 0.0 if bound is None else abs(bound - rule.opens)
            order = (-SEVERITIES.index(episode.severity), -margin, number)
            opened.append((order, _signal(one, rule, episode.severity, rules.version)))
    return [members for _, members in sorted(opened, key=lambda pair: pair[0])]


def _signal(one: Evaluation, rule: SignalRule, severity: str, version: str) -> Members:
    return {
        "signal_type": one.signal_type,
        "severity": severity,
        "course_id": one.course.course_id,
        "target": rule.target,
        "lesson_idx": None if one.lesson is None else one.lesson.lesson_idx,
        "title": None if one.lesson is None else one.lesson.title,
        "metric": one.found.members() | {"z": Z},
        "thresholds": {"open": rule.opens, "close": rule.closes, "min_n": rule.min_n},
        "ruleset": version,
    }


def _totals(figures: Figures, judged: int, signals: int) -> Members:
    facts, courses = figures.facts, figures.courses
    enrolled, completed = int(courses.enrolled.sum()), int(courses.completed.sum())
    of_all = rate(completed, enrolled) if facts.completions_known else unknown_of(enrolled)
    active = figures.standing.enrolments.learner[figures.standing.is_active]
    return {
        "courses": len(facts.courses),
        "lessons": len(figures.standing.cells),
        "learners": len(set(active.tolist())),
        "enrolled": enrolled,
        "revoked": int(courses.revoked.sum()) if facts.revocations_known else None,
        "completed": of_all.members(),
        "seconds": sum(time.seconds for time in figures.times) if facts.times_known else None,
        "events": len(figures.events),
        "evaluations": judged,
        "signals": signals,
    }
