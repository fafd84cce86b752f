"""The description of a course: what it is about, for whom, and what a reviewer must know of how it was made."""

from domain.courses.authoring.generation.offline.choose import is_frame
from domain.courses.authoring.generation.offline.subject import SUBJECTS, Subject, subject
from domain.courses.content.request import SyllabusRequest

STYLES = {
    "lecture": "Each lesson explains first and lets the learner try afterwards.",
    "socratic": "Each lesson begins with a question to think about before reading on.",
    "project_based": "Modules end with a project that draws on their lessons.",
    "practical": "Each lesson ends with something to do, on real material where there is any.",
    "exam_prep": "Each lesson ends with questions to answer without looking back. Quizzes are passed at 80 %.",
}
KNOWN_CONSTRAINTS = {
    "ExamFocused": "Quizzes are passed at 80 %.",
    "ProjectBased": "Modules end with a project.",
    "Practical": "Every lesson has something to do.",
    "NoVideo": "Text and exercises alone, no video.",
    "Accessible": "Nothing depends on pictures, sound or colour.",
}
LONGEST_WISHES = 400


def described(known: Subject, request: SyllabusRequest, practises: bool) -> str:
    """The description, its parts in a fixed order."""
    audience = " ".join(request.target_audience.split())
    parts = [known.description, f"Written for: {audience}."]
    style = STYLES[request.teaching_style]
    parts.append(" ".join([style, *(told for told in _honoured(request) if told not in style)]))
    if practises:
        parts.append(
            "The time asked for is longer than the lessons need. The rest is guided practice on the learner's own "
            "material, which may be shortened."
        )
    parts += _notes(request)
    return "\n\n".join(parts)


def _honoured(request: SyllabusRequest) -> list[str]:
    return [KNOWN_CONSTRAINTS[name] for name in KNOWN_CONSTRAINTS if name in request.constraints]


def _notes(request: SyllabusRequest) -> list[str]:
    notes = []
    if is_frame(request.course_title):
        known = ", ".join(f"'{subject(name).title}'" for name in SUBJECTS)
        notes.append(
            "Note for the author: this is a frame. The offline author knows nothing about this topic; structure, times "
            "and exercises are in place, and every lesson's explanation is still to be written by a person or by a "
            f"configured model. Subjects that it knows: {known}."
        )
    if request.language.partition("-")[0] != "en":
        notes.append(
            f"Note for the author: the language asked for is {request.language}. The offline author writes English; "
            "the text is to be translated before it is approved."
        )
    wishes = [" ".join(wish.split()) for wish in request.constraints if wish not in KNOWN_CONSTRAINTS]
    if wishes:
        told = "; ".join(wishes)
        told = told if len(told) <= LONGEST_WISHES else f"{told[:LONGEST_WISHES].rstrip()} ..."
        notes.append(f"Note for the author: asked for and to be checked by a person: {told}.")
    return notes
