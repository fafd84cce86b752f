"""The definitions once more, slowly and without arrays: sets and loops over rows, as one would explain them."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

from tests.courses.insight.made import DAY, at

Row = tuple[Any, ...]
HALF_HOUR, FOUR_HOURS, FORTNIGHT = 1_800 * 10**6, 14_400 * 10**6, 14 * DAY


def once(happened: list[Row]) -> list[dict[str, Any]]:
    """Each event id once; ids of the rows given here never differ in content."""
    names = ("id", "who", "course", "kind", "lesson", "at", "score", "passed")
    found = {row[0]: dict(zip(names, (*row, *[None] * (8 - len(row))), strict=True)) for row in happened}
    return [{**one, "at": at(one["at"])} for _, one in sorted(found.items())]


def figures(enrolled: list[Row], happened: list[Row], lessons: dict[str, int], as_of: int) -> dict[str, Any]:
    """Per course: E, revoked, completed; per lesson: viewers, completers, reached, stopped, matured, seconds, quiz."""
    events = [one for one in once(happened) if one["at"] <= as_of]
    return {course: _course(course, enrolled, events, size, as_of) for course, size in sorted(lessons.items())}


def _course(course: str, enrolled: list[Row], events: list[dict[str, Any]], size: int, as_of: int) -> dict[str, Any]:
    rows = defaultdict(list)
    for who, of, begun, *rest in enrolled:
        if of == course and at(begun) <= as_of:
            done, revoked = (None if one is None or at(one) > as_of else at(one) for one in (*rest, None, None)[:2])
            rows[who].append((at(begun), done, revoked))
    everybody = set(rows)
    active = {who for who in rows if any(revoked is None for *_, revoked in rows[who])}
    finished = {who for who in rows if any(done is not None for _, done, _ in rows[who])}
    own = [one for one in events if one["course"] == course]
    last = {
        who: max([min(begun for begun, *_ in rows[who]), *(one["at"] for one in own if one["who"] == who)])
        for who in everybody
    }
    matured = {who for who in everybody if who in finished or who not in active or as_of - last[who] >= FORTNIGHT}
    furthest: dict[str, int] = {}
    for one in own:
        if one["kind"] in {"lesson_viewed", "lesson_completed"}:
            furthest[one["who"]] = max(furthest.get(one["who"], -1), one["lesson"])
    time = seconds(events)
    return {
        "enrolled": len(active),
        "revoked": len(everybody - active),
        "completed": len(active & finished),
        "lessons": [
            {
                "viewers": len(active & _who(own, lesson, {"lesson_viewed", "lesson_completed"})),
                "completers": len(active & _who(own, lesson, {"lesson_completed"})),
                **_reach("", active, furthest, finished, lesson, size),
                **_reach("matured_", matured, furthest, finished, lesson, size),
                "times": sorted(time[who, course, lesson] for who in active if time[who, course, lesson]),
                **_quiz([one for one in own if one["lesson"] == lesson and one["who"] in active]),
            }
            for lesson in range(size)
        ],
    }


def _who(own: list[dict[str, Any]], lesson: int, kinds: set[str]) -> set[str]:
    return {one["who"] for one in own if one["lesson"] == lesson and one["kind"] in kinds}


def _reach(
    prefix: str, among: set[str], furthest: dict[str, int], finished: set[str], lesson: int, size: int
) -> dict[str, int]:
    here = {who for who in among if furthest.get(who, -1) >= lesson}
    on = finished if lesson == size - 1 else {who for who in here if furthest[who] > lesson}
    return {f"{prefix}reached": len(here), f"{prefix}stopped": len(here - on)}


def seconds(events: list[dict[str, Any]]) -> defaultdict[tuple[str, str, int], int]:
    """Microseconds by learner, course and lesson."""
    by_day: defaultdict[tuple[str, str, int, int], int] = defaultdict(int)
    for who in {one["who"] for one in events}:
        own = sorted((one for one in events if one["who"] == who), key=lambda one: (one["at"], one["id"]))
        for first, second in pairwise(own):
            gap = second["at"] - first["at"]
            if first["lesson"] is not None and first["kind"] != "lesson_left" and 0 < gap <= HALF_HOUR:
                by_day[who, first["course"], first["lesson"], first["at"] // DAY] += gap
    total: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    for (who, course, lesson, _), micros in by_day.items():
        total[who, course, lesson] += min(micros, FOUR_HOURS)
    return total


def _quiz(own: list[dict[str, Any]]) -> dict[str, int]:
    attempts, failed, passers, first_passers, retried = 0, 0, set(), 0, 0
    people = {one["who"] for one in own if one["kind"] == "quiz_passed" or _is_attempt(one)}
    for who in people:
        tries: list[bool | None] = []
        order = sorted((one for one in own if one["who"] == who), key=lambda one: (one["at"], _rank(one), one["id"]))
        told: list[bool | None] = []
        for one in order:
            if _is_attempt(one):
                tries.append(one["passed"])
                told.append(one["passed"])
            elif one["kind"] == "quiz_passed":
                passers.add(who)
                if not tries:
                    tries, told = [True], [True]
                elif told[-1] is None:
                    tries[-1] = True
        outcomes = [bool(one) for one in tries]
        attempts, failed = attempts + len(outcomes), failed + outcomes.count(False)
        first_passers, retried = first_passers + outcomes[0], retried + (len(outcomes) >= 3)
        if any(outcomes):
            passers.add(who)
    return {
        "attempts": attempts,
        "attempters": len(people),
        "failed": failed,
        "passers": len(passers),
        "first_passers": first_passers,
        "retried": retried,
    }


def _is_attempt(one: dict[str, Any]) -> bool:
    return one["kind"] == "quiz_attempted" and one["score"] is not None


def _rank(one: dict[str, Any]) -> int:
    return int(one["kind"] == "quiz_passed")
