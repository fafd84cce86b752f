"""The ways into a course: from the course's page (A), and from the shop (B).

A  viewed     V, distinct learners with a course_view in the window
   enrolled   E_v, those of V who enrolled at or after their first view in the window, by the as-of instant
   completed  those of E_v who completed
   Who enrolled in the window without such a view, and views by nobody known, stand apart: so no step exceeds 100 %.
B  purchased  P, purchases in the window; a refunded one stays in P and leaves the next two steps
   enrolled   P whose buyer is enrolled; completed: P whose buyer completed
"""

from dataclasses import dataclass

import numpy as np

from domain.courses.insight.rules.facts import NEVER, Events, EventType
from domain.courses.insight.rules.grouping import counts, least
from domain.courses.insight.rules.standing import Standing
from domain.courses.insight.rules.wilson import Rate, rate

Window = tuple[int, int]


@dataclass(frozen=True)
class ViewFunnel:
    """Funnel A of one course."""

    viewed: int
    enrolled: int
    completed: int
    view_to_enrolled: Rate
    enrolled_to_completed: Rate
    enrolled_without_view: int
    anonymous_views: int


@dataclass(frozen=True)
class PurchaseFunnel:
    """Funnel B of one course."""

    purchased: int
    enrolled: int
    completed: int
    refunded: int
    purchase_to_enrolled: Rate
    enrolled_to_completed: Rate


def view_funnels(standing: Standing, events: Events, window: Window) -> list[ViewFunnel]:
    """Funnel A of each course; `events` of which each stands once, the window from its begin until before its end."""
    size, enrolments = len(standing.courses), standing.enrolments
    views = events.where((events.kind == EventType.COURSE_VIEW) & _within(events.at, window))
    views = views.before(standing.until)
    known = views.where(views.learner >= 0)
    (course, learner), first_view = least([known.course, known.learner], known.at)
    enrolment = standing.enrolment_of(learner, course)
    there = enrolment >= 0
    there[there] &= standing.is_active[enrolment[there]]
    there[there] &= enrolments.enrolled_at[enrolment[there]] >= first_view[there]
    from_view = np.zeros(len(enrolments), np.bool_)
    from_view[enrolment[there]] = True
    others = standing.is_active & ~from_view & _within(enrolments.enrolled_at, window)
    columns = (
        counts(course, size),
        counts(enrolments.course[from_view], size),
        counts(enrolments.course[from_view & standing.is_completed], size),
        counts(enrolments.course[others], size),
        counts(views.course[views.learner < 0], size),
    )
    return [
        ViewFunnel(viewed, enrolled, done, rate(enrolled, viewed), rate(done, enrolled), unseen, anonymous)
        for viewed, enrolled, done, unseen, anonymous in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _within(
    at: np.ndarray[tuple[int], np.dtype[np.int64]], window: Window
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return (at >= window[0]) & (at < window[1])


ALWAYS: Window = (-NEVER, NEVER)
