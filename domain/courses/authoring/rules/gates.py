"""The acts on courses: that a part is as it should be, and that a version is published, restored or retired."""

from domain.kernel.gates import Gate
from domain.kernel.principal import Role

_SIGNERS = frozenset({Role.REVIEWER, Role.ADMIN})
_OF_PART = "It can never change again, and packages may be made of it; a correction is a new revision."
SYLLABUS = Gate(
    kind="courses.syllabus",
    title="Syllabus",
    room="courses",
    roles=_SIGNERS,
    consequence="It can never change again, and its lessons, quizzes and projects may be drafted.",
    meaning="I have read this syllabus and its coverage, and approve it as the map of the course.",
)
LESSON = Gate(
    kind="courses.lesson",
    title="Lesson",
    room="courses",
    roles=_SIGNERS,
    consequence=_OF_PART,
    meaning="I have read this lesson, hold what it says to be right, and approve it.",
)
QUIZ = Gate(
    kind="courses.quiz",
    title="Quiz",
    room="courses",
    roles=_SIGNERS,
    consequence=_OF_PART,
    meaning="I have read every question and option, agree with the right ones, and approve the quiz.",
)
PROJECT = Gate(
    kind="courses.project",
    title="Project",
    room="courses",
    roles=_SIGNERS,
    consequence=_OF_PART,
    meaning="I have read the task and its rubric, and approve the project.",
)
# Each part was signed by another person than its author; a version puts them together and adds no word. So whoever
# wrote a part may publish what others have approved.
PUBLISH = Gate(
    kind="courses.publish",
    title="Publication of a course",
    room="courses",
    roles=_SIGNERS,
    consequence="Learners of the tenant see this version from now on; it can be retired, never changed.",
    meaning="I have seen what the version holds and what changes, and publish it.",
    four_eyes=False,
)
RESTORE = Gate(
    kind="courses.restore",
    title="Restoration of a version",
    room="courses",
    roles=_SIGNERS,
    consequence="The content of the earlier version becomes the newest version; those between stay readable.",
    meaning="I put the content of the earlier version in force again.",
    needs_hash=False,
    four_eyes=False,
)
RETIRE = Gate(
    kind="courses.retire",
    title="Retirement of a version",
    room="courses",
    roles=_SIGNERS,
    consequence="Nobody enrols in this version any more; who is enrolled in it keeps it.",
    meaning="I take this version out of the catalogue for the reason given.",
    needs_hash=False,
    four_eyes=False,
)

# By kind of content item.
OF_KIND: dict[str, Gate] = {"SYLLABUS": SYLLABUS, "LESSON": LESSON, "QUIZ": QUIZ, "PROJECT": PROJECT}
COURSE_GATES = (SYLLABUS, LESSON, QUIZ, PROJECT, PUBLISH, RESTORE, RETIRE)
