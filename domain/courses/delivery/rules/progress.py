"""How far a learner is, when the course is completed, and what stays completed in another version."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Carried:
    """What comes over from one version to another. Lessons by their id, which stays when a course is revised.

    Attributes:
        kept: (place in the new version, lesson) of what was completed and is still there, in the new order.
        dropped: lessons that were completed and are no longer there, in the old order.
        added: lessons of the new version that the old one did not have, in the new order.
    """

    kept: tuple[tuple[int, str], ...]
    dropped: tuple[str, ...]
    added: tuple[str, ...]


def carry(completed: Collection[str], before: Sequence[str], after: Sequence[str]) -> Carried:
    """What a learner who completed these lessons of the version `before` has completed of the version `after`."""
    done, there, former = set(completed), set(after), set(before)
    return Carried(
        kept=tuple((index, lesson) for index, lesson in enumerate(after) if lesson in done),
        dropped=tuple(lesson for lesson in before if lesson in done and lesson not in there),
        added=tuple(lesson for lesson in after if lesson not in former),
    )


def percent(completed: int, lessons: int) -> int:
    """Completed lessons in percent, cut to whole numbers: 100 is said of all of them alone."""
    return 100 * completed // lessons


def is_completed(
    lessons: Collection[str], completed: Collection[str], quizzes: Collection[str], passed: Collection[str]
) -> bool:
    """Whether the course is completed: every lesson of the version, and every one of its quizzes passed."""
    return set(lessons) <= set(completed) and set(quizzes) <= set(passed)
