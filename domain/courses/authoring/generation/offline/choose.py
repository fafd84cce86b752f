"""Which subject a title is about, and which known lesson a planned lesson is.

Titles are compared without case and spacing. Everything is found again from the approved syllabus alone, so that a
revision by a person keeps what it did not rename.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from domain.courses.authoring.generation.offline.subject import (
    SUBJECTS,
    KnownLesson,
    KnownModule,
    Mode,
    Subject,
    frame,
    modes,
    subject,
)

_WORD = re.compile(r"\w+")
LONGEST_TOPIC = 40


@dataclass(frozen=True)
class Found:
    """A known lesson, and the way in which it is practised if it is a practice of it."""

    lesson: KnownLesson
    mode: Mode | None = None


def plain(title: str) -> str:
    """A title as it is compared."""
    return unicodedata.normalize("NFC", " ".join(title.casefold().split()))


def topic_of(title: str) -> str:
    """The topic as it stands within other titles: one line, cut at a word."""
    line = " ".join(title.split())
    if len(line) <= LONGEST_TOPIC:
        return line
    cut = line[: LONGEST_TOPIC + 1].rpartition(" ")[0]
    return cut or line[:LONGEST_TOPIC]


def known_subject(title: str) -> Subject | None:
    """The subject of which most keywords stand in the title, if any does."""
    words = set(_WORD.findall(title.casefold()))
    hits = {name: sum(set(_WORD.findall(keyword)) <= words for keyword in subject(name).keywords) for name in SUBJECTS}
    best = max(SUBJECTS, key=lambda name: hits[name])
    return subject(best) if hits[best] else None


def subject_of(title: str) -> Subject:
    """The known subject, or the frame for this topic."""
    return known_subject(title) or frame(topic_of(title))


def practice_title(mode: Mode, lesson: KnownLesson, turn: int) -> str:
    """The title of a practice lesson; `turn` counts from 0."""
    return f"{mode.title}: {lesson.title}" + (f" (round {turn + 1})" if turn else "")


def find_lesson(title: str, course_title: str) -> Found | None:
    """The known lesson behind a planned lesson's title."""
    wanted = plain(re.sub(r" \(round \d+\)$", "", title))
    for known in _searched(course_title):
        for lesson in known.lessons:
            if wanted == plain(lesson.title):
                return Found(lesson)
            if wanted.endswith(plain(lesson.title)):
                mode = next((mode for mode in modes() if wanted == plain(practice_title(mode, lesson, 0))), None)
                if mode:
                    return Found(lesson, mode)
    return None


def find_module(title: str, course_title: str) -> KnownModule | None:
    """The known module behind a planned module's title."""
    wanted = plain(title)
    every = (module for known in _searched(course_title) for module in known.modules)
    return next((module for module in every if plain(module.title) == wanted), None)


def is_frame(title: str) -> bool:
    """Whether the author knows nothing about a topic."""
    return known_subject(title) is None


def _searched(course_title: str) -> Iterator[Subject]:
    yield subject_of(course_title)
    for name in SUBJECTS:
        yield subject(name)
