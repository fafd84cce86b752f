"""Which lesson serves which outcome: the matrix that a reviewer looks at before signing a syllabus."""

from dataclasses import dataclass

from domain.courses.content.syllabus import Syllabus


@dataclass(frozen=True)
class Coverage:
    """One outcome's row: by lesson (in the course's order), the ids of the objectives that serve it."""

    outcome: str
    by_lesson: tuple[tuple[str, ...], ...]

    @property
    def lessons(self) -> int:
        """How many lessons serve it."""
        return sum(1 for objectives in self.by_lesson if objectives)


def coverage_matrix(syllabus: Syllabus) -> list[Coverage]:
    """One row for each outcome, in order; its cells are the lessons of `syllabus.lessons`."""
    return [
        Coverage(
            outcome,
            tuple(
                tuple(objective.id for objective in lesson.objectives if index in objective.outcome_indexes)
                for lesson in syllabus.lessons
            ),
        )
        for index, outcome in enumerate(syllabus.outcomes)
    ]
