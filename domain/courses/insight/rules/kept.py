"""Figures from what lasts of events: the same formulas when the events themselves are long gone."""

from dataclasses import dataclass
from functools import cached_property

from domain.courses.insight.rules.figures import Figures
from domain.courses.insight.rules.quizzes import Attempts
from domain.courses.insight.rules.sessions import Credits
from domain.courses.insight.rules.standing import Activity, LessonState, Standing, standing_of
from domain.courses.insight.rules.times import TimeSpent, time_spent


@dataclass(frozen=True)
class KeptFigures(Figures):
    """Figures whose events were taken in before; `facts` has none.

    Attributes:
        state: what each learner opened and completed.
        active: when each learner was last active.
        credited: credited time; of whatever days together.
        tried: every attempt, in their order.
    """

    state: LessonState
    active: Activity
    credited: Credits
    tried: Attempts

    @cached_property
    def standing(self) -> Standing:
        """How every enrolment stands."""
        return standing_of(self.facts, self.state, self.active, self.as_of + 1)

    @cached_property
    def spent(self) -> TimeSpent:
        """Credited time of E."""
        return time_spent(self.standing, self.credited)

    @cached_property
    def attempts(self) -> Attempts:
        """All attempts until then."""
        return self.tried.where(self.tried.at <= self.as_of)
