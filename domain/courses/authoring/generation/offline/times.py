"""How a budget of minutes becomes lessons: which are taught, how much is practised, how long each takes.

Lessons take whole steps of five minutes, from 5 to 240, and together the budget to the nearest step.
"""

import heapq
from dataclasses import dataclass

from domain.courses.authoring.generation.offline.subject import KnownLesson

STEP_MIN = 5
LONGEST_STEPS = 48
# A lesson may be squeezed to 60 % and stretched to 160 % of the time that it takes at ease.
SQUEEZED = (3, 5)
STRETCHED = (8, 5)
# Practice sessions in minutes, the shortest that needs no more than so many for each known lesson.
SESSIONS = ((60, 3), (120, 6), (240, 1_000))


def chosen(lessons: list[KnownLesson], budget_min: int) -> list[KnownLesson]:
    """Those that fit into the budget when squeezed: the most important first, told in the subject's order."""
    order = sorted(range(len(lessons)), key=lambda index: (lessons[index].priority, index))
    kept = {order[0]}
    taken = lessons[order[0]].minutes
    for index in order[1:]:
        if (taken + lessons[index].minutes) * SQUEEZED[0] > budget_min * SQUEEZED[1]:
            break
        kept.add(index)
        taken += lessons[index].minutes
    return [lesson for index, lesson in enumerate(lessons) if index in kept]


@dataclass(frozen=True)
class Sessions:
    """How many practice sessions there are and what one takes at ease."""

    count: int
    minutes: int


def practice_sessions(lessons: list[KnownLesson], budget_min: int) -> Sessions:
    """What fills the budget beyond the lessons stretched as far as they go."""
    left = budget_min - sum(lesson.minutes for lesson in lessons) * STRETCHED[0] // STRETCHED[1]
    if left < SESSIONS[0][0] // 2:
        return Sessions(0, 0)
    for minutes, most in SESSIONS:
        count = -(-left // minutes)
        if count <= most * len(lessons):
            return Sessions(count, minutes)
    raise AssertionError(f"{budget_min} minutes need more practice than can be planned")


def apportioned(weights: list[int], total_min: int) -> list[int]:
    """Minutes for each weight, in steps of five within the bounds; they make the total to the nearest step.

    The next step goes to whoever has least for its weight, the earlier first.
    """
    steps = [1] * len(weights)
    left = (2 * total_min + STEP_MIN) // (2 * STEP_MIN) - len(weights)
    heap = [((have + 1) / weight, index) for index, (have, weight) in enumerate(zip(steps, weights, strict=True))]
    heapq.heapify(heap)
    for _ in range(left):
        _, index = heapq.heappop(heap)
        steps[index] += 1
        if steps[index] < LONGEST_STEPS:
            heapq.heappush(heap, ((steps[index] + 1) / weights[index], index))
    return [have * STEP_MIN for have in steps]
