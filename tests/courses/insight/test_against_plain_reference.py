"""The rules on columns against the same definitions written as loops over rows."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.courses.insight.rules.figures import Figures
from tests.courses.insight import plainly
from tests.courses.insight.made import at, study
from tests.courses.insight.test_insight_properties import TAUGHT, enrolment_rows, event_rows

Row = tuple[Any, ...]


def ours(found: Figures) -> dict[str, Any]:
    """Our figures in the reference's shape."""
    start = found.standing.cells.start.tolist()
    lessons = []
    for cell in range(len(found.standing.cells)):
        quiz = found.quizzes[cell]
        lessons.append(
            {
                "viewers": int(found.lessons.viewers[cell]),
                "completers": int(found.lessons.completers[cell]),
                "reached": int(found.reach.reached[cell]),
                "stopped": int(found.reach.stopped[cell]),
                "matured_reached": int(found.matured_reach.reached[cell]),
                "matured_stopped": int(found.matured_reach.stopped[cell]),
                "times": sorted(found.spent.micros[found.spent.cell == cell].tolist()),
                "attempts": quiz.attempts,
                "attempters": quiz.attempters,
                "failed": quiz.fail_rate.k,
                "passers": quiz.learner_pass_rate.k,
                "first_passers": quiz.first_attempt_pass_rate.k,
                "retried": quiz.retry_rate.k,
            }
        )
    return {
        course.course_id: {
            "enrolled": int(found.courses.enrolled[at_]),
            "revoked": int(found.courses.revoked[at_]),
            "completed": int(found.courses.completed[at_]),
            "lessons": lessons[start[at_] : start[at_ + 1]],
        }
        for at_, course in enumerate(found.facts.courses)
    }


INSTANTS = ["2026-03-01T12:00:00", "2026-03-03", "2026-03-16", "2026-04-01"]
# A pass of a learner who is nowhere enrolled makes outcomes known, whatever else is drawn.
KNOWN: Row = ("z", "zoe", "C", "quiz_passed", 0, "2026-03-01")


@settings(max_examples=300, deadline=None)
@given(enrolment_rows(), event_rows(), st.sampled_from(INSTANTS))
def test_every_count_is_that_of_the_plain_definition(enrolled: list[Row], happened: list[Row], as_of: str) -> None:
    happened = [*happened, KNOWN]
    found = Figures(study(enrolled, happened, TAUGHT).facts, at(as_of))
    assert ours(found) == plainly.figures(enrolled, happened, {"C": 4, "D": 4}, at(as_of))
