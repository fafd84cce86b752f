"""Active time by the session-gap rule: what lies between two events of a learner, where it is short enough to believe.

A learner's events over all courses are ordered by (time, event id). For each consecutive pair with gap g: if the first
event names a lesson, is not lesson_left, and 0 < g <= 1,800 s, then g is credited to that lesson on the UTC day of the
first event. A longer gap credits nothing, since nobody knows how much of it was learning. At most 14,400 s count per
learner, lesson and day. The sum is a lower bound of the time spent.
"""

from dataclasses import dataclass

import numpy as np

from domain.courses.insight.rules.facts import DAY, NO_LESSON, SECOND, Columns, Events, EventType
from domain.courses.insight.rules.grouping import Ints, ordered, sums

LONGEST_GAP_S = 1_800
DAY_CAP_S = 14_400


@dataclass(frozen=True)
class Credits(Columns):
    """Credited time. Grain: learner, course, lesson and UTC day; only rows with time, `micros` in microseconds."""

    learner: Ints
    course: Ints
    lesson: Ints
    day: Ints
    micros: Ints


def credits_of(events: Events) -> Credits:
    """The credited time of events of which each stands once.

    The closing event of a pair may lie on the next day: whoever fetches one day takes 1,800 s more.
    """
    known = events.where(events.learner >= 0)
    rows = known.where(ordered([known.learner, known.at, known.event]))
    gap = np.diff(rows.at)
    first = rows.where(np.arange(max(len(rows) - 1, 0)))
    counts = (np.diff(rows.learner) == 0) & (gap > 0) & (gap <= LONGEST_GAP_S * SECOND)
    counts &= (first.lesson != NO_LESSON) & (first.kind != EventType.LESSON_LEFT)
    first, gap = first.where(counts), gap[counts]
    (learner, course, lesson, day), micros = sums([first.learner, first.course, first.lesson, first.at // DAY], gap)
    return Credits(learner, course, lesson, day, np.minimum(micros, DAY_CAP_S * SECOND))
