"""The answers of a quiz in the form in which a ZIP carries them: not plainly read, and no secret.

A package that is graded in the browser holds what it is graded by; whoever has the file and wants the answers gets
them. The form keeps them from being read in passing, in a page's source or by a search. A course whose quizzes count
is graded on the server (`docs/courses.md`, limits).
"""

import base64
import itertools
import json

from domain.courses.content.markup import html_of
from domain.courses.content.package import PackagedQuiz


def masked_answers(quiz: PackagedQuiz) -> str:
    """Right options and explanations by question id: JSON, masked by the quiz' content hash, as base64."""
    told = {
        question.id: {"right": question.correct_index, "why": html_of(question.explanation)}
        for question in quiz.questions
    }
    plain = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    mask = itertools.cycle(quiz.content_hash.encode())
    return base64.b64encode(bytes(byte ^ other for byte, other in zip(plain, mask, strict=False))).decode()
