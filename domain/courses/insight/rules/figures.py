"""All figures of a set of facts at an instant, by course and lesson: what study mode prints, what a night keeps."""

from dataclasses import dataclass
from functools import cached_property

from domain.courses.insight.rules.facts import Events, Facts, distinct_events
from domain.courses.insight.rules.progress import CourseCounts, LessonCounts, course_counts, lesson_counts
from domain.courses.insight.rules.quizzes import Attempts, Quiz, attempts_of, quizzes
from domain.courses.insight.rules.reach import Reach, reach
from domain.courses.insight.rules.sessions import credits_of
from domain.courses.insight.rules.standing import Standing, standing
from domain.courses.insight.rules.times import LessonTime, TimeSpent, lesson_times, time_spent
from domain.courses.insight.rules.wilson import Rate, rate, unknown_of


@dataclass(frozen=True)
class Figures:
    """The facts up to and including `as_of`, and what follows; each part is computed when it is asked for.

    Attributes:
        as_of: microseconds since 1970 UTC; what happened at that instant counts.
    """

    facts: Facts
    as_of: int

    @cached_property
    def events(self) -> Events:
        """Events up to `as_of`, each once."""
        return distinct_events(self.facts.events).before(self.as_of + 1)

    @cached_property
    def standing(self) -> Standing:
        """How every enrolment stands."""
        return standing(self.facts, self.as_of + 1)

    @cached_property
    def courses(self) -> CourseCounts:
        """Enrolments by course."""
        return course_counts(self.standing)

    @cached_property
    def lessons(self) -> LessonCounts:
        """Viewers and completers by cell."""
        return lesson_counts(self.standing)

    @cached_property
    def reach(self) -> Reach:
        """How far E got."""
        return reach(self.standing, self.standing.is_active)

    @cached_property
    def matured_reach(self) -> Reach:
        """How far those got of whom nothing more is expected, revoked enrolments with them."""
        return reach(self.standing, self.standing.is_matured(self.as_of))

    @cached_property
    def spent(self) -> TimeSpent:
        """Credited time of E."""
        return time_spent(self.standing, credits_of(self.events))

    @cached_property
    def times(self) -> list[LessonTime]:
        """Time by cell."""
        return lesson_times(self.standing, self.spent)

    @cached_property
    def attempts(self) -> Attempts:
        """All attempts at quizzes that the events tell of."""
        return attempts_of(self.events, self.facts.scores_known)

    @cached_property
    def quizzes(self) -> list[Quiz]:
        """Quiz figures by cell."""
        return quizzes(self.standing, self.attempts, self.facts.outcomes_known)

    def completed(self, found: CourseCounts) -> list[Rate]:
        """The completion of each course; without a numerator where completions are not told."""
        rows = zip(found.completed.tolist(), found.enrolled.tolist(), strict=True)
        return [rate(k, n) if self.facts.completions_known else unknown_of(n) for k, n in rows]

    def drop_offs(self, found: Reach) -> list[Rate]:
        """The drop-off at each cell; at a last lesson it needs completions."""
        last = set((self.standing.cells.start[1:] - 1).tolist())
        rows = enumerate(zip(found.stopped.tolist(), found.reached.tolist(), strict=True))
        return [
            unknown_of(n) if cell in last and not self.facts.completions_known else rate(k, n) for cell, (k, n) in rows
        ]
