"""Published versions as a tenant delivers them: its own courses, and those that others have licensed to it.

Who delivers a course is the bound tenant; who owns it may be another. Where both an own and a licensed course have the
same id, the own one is meant.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.courses.content.package import CoursePackage

_COLUMNS = (
    "v.tenant_id AS owner, v.syllabus_id AS course_id, v.version, v.title, v.language, v.level, v.lessons, v.minutes,"
    " v.content_hash, v.size_bytes, v.status, v.published_at"
)
_MINE_FIRST = "(v.tenant_id = NULLIF(current_setting('app.tenant', true), '')) DESC, v.tenant_id COLLATE \"C\""
MOST_LISTED = 500
MOST_PARSED = 24
MOST_PARSED_BYTES = 24_000_000


@dataclass(frozen=True)
class Version:
    """One published version of a course.

    Attributes:
        owner: the tenant whose course it is.
        course_id: the course, as its syllabus is named.
        minutes: planned time over all lessons.
        size_bytes: of the canonical text in UTF-8.
        status: PUBLISHED, or ARCHIVED when it was retired.
    """

    owner: str
    course_id: str
    version: int
    title: str
    language: str
    level: str
    lessons: int
    minutes: int
    content_hash: str
    size_bytes: int
    status: str
    published_at: datetime


def newest(connection: Connection, course_id: str) -> Version | None:
    """The newest version that stands published; None where there is none or every one was retired."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM v_course_packages AS v WHERE v.syllabus_id = :course AND v.status = 'PUBLISHED'"
            f" ORDER BY {_MINE_FIRST}, v.version DESC LIMIT 1"
        ),
        {"course": course_id},
    ).one_or_none()
    return None if row is None else _version(row)


def one(connection: Connection, owner: str, course_id: str, version: int) -> Version | None:
    """That version, retired or not; None where it is not there or its licence has ended."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM v_course_packages AS v"
            " WHERE v.tenant_id = :owner AND v.syllabus_id = :course AND v.version = :version"
        ),
        {"owner": owner, "course": course_id, "version": version},
    ).one_or_none()
    return None if row is None else _version(row)


def offered(connection: Connection) -> list[Version]:
    """The newest published version of each course, by title; at most 500."""
    rows = connection.execute(
        text(
            "SELECT * FROM (SELECT DISTINCT ON (v.syllabus_id)"
            f" {_COLUMNS} FROM v_course_packages AS v WHERE v.status = 'PUBLISHED'"
            f" ORDER BY v.syllabus_id, {_MINE_FIRST}, v.version DESC) AS found"
            ' ORDER BY title COLLATE "C", course_id COLLATE "C" LIMIT :most'
        ),
        {"most": MOST_LISTED},
    ).all()
    return [_version(row) for row in rows]


def pinned(connection: Connection, courses: Sequence[tuple[str, str, int]]) -> list[Version]:
    """Those versions (owner, course, version) that can be read, by title."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM v_course_packages AS v"
            " JOIN unnest(CAST(:owners AS text[]), CAST(:courses AS text[]), CAST(:versions AS int[]))"
            " AS wanted (owner, course, version) ON v.tenant_id = wanted.owner AND v.syllabus_id = wanted.course"
            ' AND v.version = wanted.version ORDER BY v.title COLLATE "C", v.syllabus_id COLLATE "C"'
        ),
        {
            "owners": [one[0] for one in courses],
            "courses": [one[1] for one in courses],
            "versions": [one[2] for one in courses],
        },
    ).all()
    return [_version(row) for row in rows]


def content(connection: Connection, version: Version) -> CoursePackage:
    """The content of a version, parsed and checked; kept by its hash, since it never changes."""
    kept = PARSED.get(version.content_hash)
    if kept is not None:
        return kept
    written = connection.execute(
        text(
            "SELECT content_text FROM course_packages"
            " WHERE tenant_id = :owner AND syllabus_id = :course AND version = :version"
        ),
        {"owner": version.owner, "course": version.course_id, "version": version.version},
    ).scalar_one()
    package = CoursePackage.model_validate_json(written)
    PARSED.keep(version.content_hash, package, version.size_bytes)
    return package


class Parsed:
    """Packages by the hash of their content: the last used, bounded in number and in bytes of their texts."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most, self.most_bytes = most, most_bytes
        self._kept: OrderedDict[str, tuple[CoursePackage, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, content_hash: str) -> CoursePackage | None:
        """The package with that hash, if it is here."""
        with self._lock:
            found = self._kept.get(content_hash)
            if found is None:
                return None
            self._kept.move_to_end(content_hash)
            return found[0]

    def keep(self, content_hash: str, package: CoursePackage, size_bytes: int) -> None:
        """Keep one more, and let go of those that were not used for longest."""
        with self._lock:
            self._kept[content_hash] = (package, size_bytes)
            self._kept.move_to_end(content_hash)
            while len(self._kept) > 1 and (len(self._kept) > self.most or self.size_bytes > self.most_bytes):
                self._kept.popitem(last=False)

    @property
    def size_bytes(self) -> int:
        """Bytes of the texts whose packages are kept."""
        return sum(size for _, size in self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)


PARSED = Parsed(MOST_PARSED, MOST_PARSED_BYTES)


def _version(row: Row[Any]) -> Version:
    return Version(**row._mapping)
