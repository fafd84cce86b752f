"""How far learners got, and where they stopped.

reached(k)          learners with any viewed or completed lesson at k or beyond; so it never rises with k
drop_off(k)         (reached(k) - reached(k+1)) / reached(k); at the last lesson those who reached it and did not
                    complete the course, of those who reached it
matured_drop_off(k) the same over enrolments of which nothing more is expected: completed, revoked, or without activity
                    for 14 days. Signals use it, since a learner who is still at work has not dropped out
"""

from dataclasses import dataclass

import numpy as np

from domain.courses.insight.rules.grouping import Ints, Mask, counts
from domain.courses.insight.rules.standing import Standing


@dataclass(frozen=True)
class Reach:
    """Of each cell: who reached it, and who of them went no further (at the last lesson: did not complete)."""

    reached: Ints
    stopped: Ints


def furthest_cells(standing: Standing, until: int | None = None) -> Ints:
    """The furthest cell that each enrolment reached, -1 for none; with `until`, of what was opened before."""
    furthest = np.full(len(standing.enrolments), -1, np.int64)
    rows = slice(None) if until is None else standing.lessons.opened_at < until
    np.maximum.at(furthest, standing.enrolment[rows], standing.cell[rows])
    return furthest


def reach(standing: Standing, of: Mask) -> Reach:
    """How far the enrolments of `of` got."""
    furthest, size = furthest_cells(standing), len(standing.cells)
    began = of & (furthest >= 0)
    here = counts(furthest[began], size)
    reached = reached_from(here, standing.cells.start)
    stopped = here.copy()
    last = standing.cells.start[1:][np.diff(standing.cells.start) > 0] - 1
    unfinished = counts(furthest[began & ~standing.is_completed], size)
    stopped[last] = unfinished[last]
    return Reach(reached, stopped)


def reached_from(stopped_at: Ints, start: Ints) -> Ints:
    """How many got to each cell, from how many have each as their furthest: sums from the course's end backwards."""
    total = np.concatenate((np.cumsum(stopped_at[::-1])[::-1], [0]))
    beyond_course = np.repeat(total[start[1:]], np.diff(start))
    reached: Ints = total[:-1] - beyond_course
    return reached
