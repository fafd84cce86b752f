"""A course as a sequence of flowables: cover, contents, one section a lesson, quizzes without answers, projects."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from reportlab.lib.colors import white
from reportlab.platypus import CondPageBreak, NextPageTemplate, PageBreak, Spacer
from reportlab.platypus.flowables import Flowable

from domain.courses.content import markup
from domain.courses.content.lesson import Concept
from domain.courses.content.package import PackagedLesson, PackagedProject, PackagedQuiz
from domain.courses.delivery.exports.pdf.contents import ContentsLine
from domain.courses.delivery.exports.pdf.letters import Face
from domain.courses.delivery.exports.pdf.lines import Sign, lines_of, plain_signs, signs_of
from domain.courses.delivery.exports.pdf.written import QUIET, Look, Written
from domain.courses.delivery.exports.plan import Page, Part, Plan
from domain.kernel.report.pdf.page import BAND
from domain.kernel.report.pdf.styles import MILLIMETRE
from domain.kernel.report.pdf.tagging import Begin, End

BODY = Look()
LEAD = Look(size=9, leading=12, color=QUIET, after=10)
NOTE = Look(size=8.5, leading=12, color=QUIET, after=8)
EYEBROW = Look(size=9, leading=12, color=QUIET, after=2, keep=True)
PART = Look(size=11, leading=15, after=14, color=QUIET, keep=True)
TITLE = Look(size=20, leading=25, after=4, keep=True)
HEAD = Look(size=12.5, leading=16, before=12, after=5, keep=True)
SMALL = Look(size=10, leading=13.5, before=8, after=3, keep=True)
CODE = Look(size=8.4, leading=11.6, after=8, ground=True)
STEP = 16.0
ROOM = 110.0
OPTIONS = "ABCD"


class Story:
    """One pass; `pages` are those of the headings as the pass before found them."""

    def __init__(self, plan: Plan, column: float, pages: Mapping[str, int]) -> None:
        self._plan, self._column, self._pages = plan, column, pages

    def all(self) -> list[Flowable]:
        """The whole course."""
        story = [*self._cover(), NextPageTemplate("text"), PageBreak(), *self._contents()]
        for part in self._plan.parts:
            for page in part.pages:
                if not isinstance(page.item, PackagedQuiz):
                    story.append(PageBreak())
                    story += self._part_heading(part, page)
                story += self._page(page)
        return story

    def _cover(self) -> Iterator[Flowable]:
        package = self._plan.package
        on_band = Look(size=11, leading=15, color=white, after=26)
        name = plain_signs(package.title, "strong")
        # The band takes three lines at most; a long title is set smaller.
        size = next((size for size in (27.0, 22.0, 17.0) if len(lines_of(name, self._column, size)) <= 2), 15.0)
        top = [
            Written(plain_signs("Course"), on_band),
            Written(name, Look(size=size, leading=size * 1.22, color=white, after=4), "H1"),
            Written(plain_signs(f"{package.level.capitalize()} level"), Look(size=13, leading=18, color=white)),
        ]
        used = sum(piece.wrap(self._column, 0)[1] + piece.spaceAfter for piece in top)
        yield from top
        yield Spacer(0, max(BAND - 15 * MILLIMETRE - used, 4) + 24)
        totals = package.totals
        facts: tuple[tuple[str, str, Face], ...] = (
            ("Version", str(self._plan.version), "plain"),
            ("Lessons", f"{totals.lessons}, about {totals.minutes:,} minutes", "plain"),
            ("Quizzes", f"{totals.quizzes}, printed without their answers", "plain"),
            ("Projects", str(totals.projects), "plain"),
            ("Language", package.language, "plain"),
            ("Course", package.syllabus_id, "code"),
            ("Content hash", self._plan.content_hash, "code"),
        )
        for label, value, face in facts:
            yield Written(plain_signs(label), EYEBROW)
            yield Written(plain_signs(value, face), Look(size=9.5, leading=13))
        yield Spacer(0, 8)
        yield Written(
            plain_signs(
                "Made from the approved content of this version; the same content always gives this hash. Reading on"
                " paper records no progress."
            ),
            NOTE,
        )

    def _contents(self) -> Iterator[Flowable]:
        yield Written(plain_signs("Contents", "strong"), TITLE, "P")
        yield Spacer(0, 8)
        yield Begin("TOC")
        for part in self._plan.parts:
            yield ContentsLine(part.title, part.id, self._pages.get(part.id, 0), self._column, is_first=True)
            for page in part.pages:
                yield ContentsLine(page.title, page.id, self._pages.get(page.id, 0), self._column, is_first=False)
        yield End()

    def _part_heading(self, part: Part, page: Page) -> Iterator[Flowable]:
        """The module's title stands above each of its lessons; it is a heading above the first."""
        is_first = page is part.pages[0]
        line = Written(plain_signs(part.title), PART, "H1" if is_first else "P")
        if is_first:
            line.heading = (1, part.title, part.id)
        yield line

    def _page(self, page: Page) -> Iterator[Flowable]:
        if isinstance(page.item, PackagedQuiz):
            yield CondPageBreak(2 * ROOM)
            yield Spacer(0, 18)
        title = Written(plain_signs(page.title, "strong"), TITLE, "H2")
        title.heading = (2, page.title, page.id)
        yield title
        match page.item:
            case PackagedLesson():
                yield from self._lesson(page.item)
            case PackagedQuiz():
                yield from self._quiz(page.item)
            case PackagedProject():
                yield from self._project(page.item)

    def _lesson(self, lesson: PackagedLesson) -> Iterator[Flowable]:
        yield Written(plain_signs(f"About {lesson.duration_minutes} minutes"), LEAD)
        yield from _section("After this lesson you can")
        yield from _bullets(lesson.objectives)
        yield Spacer(0, 6)
        yield from _blocks(lesson.explanation.overview)
        for concept in lesson.explanation.concepts:
            yield from _concept(concept, "left" if self._plan.direction == "ltr" else "right")
        yield from _section("Key takeaways")
        yield from _bullets(lesson.key_takeaways)
        yield from _section("Practice")
        yield from _blocks(lesson.practice.prompt)
        yield from _small("What you should have at the end")
        yield from _blocks(lesson.practice.expected_outcome)

    def _quiz(self, quiz: PackagedQuiz) -> Iterator[Flowable]:
        many = "s" if len(quiz.questions) != 1 else ""
        told = f"{len(quiz.questions)} question{many}, {quiz.pass_threshold_pct} % to pass. Answers are given where the"
        yield Written(plain_signs(f"{told} course is taken, not here."), LEAD)
        for number, question in enumerate(quiz.questions, start=1):
            yield CondPageBreak(ROOM)
            asked = Look(before=6, after=4, indent=STEP + 4, keep=True)
            yield Written(signs_of(markup.inline_of(question.question), "strong"), asked, "P", f"{number}.")
            yield Begin("L")
            for letter, option in zip(OPTIONS, question.options, strict=True):
                yield Begin("LI")
                inside = Look(after=3, indent=2 * STEP + 22)
                yield Written(signs_of(markup.inline_of(option)), inside, "LBody", f"☐  {letter}")
                yield End()
            yield End()

    def _project(self, project: PackagedProject) -> Iterator[Flowable]:
        titles = {lesson.id: lesson.title for lesson in self._plan.package.lessons}
        yield Written(plain_signs(f"About {project.estimated_minutes} minutes"), LEAD)
        yield from _blocks(project.problem_statement)
        yield from _section("Draws on")
        yield from _items([plain_signs(titles[lesson]) for lesson in project.lesson_ids])
        yield from _section("Constraints")
        yield from _bullets(project.constraints)
        yield from _section("What to hand in")
        for deliverable in project.deliverables:
            yield from _small(f"{deliverable.name} ({deliverable.format})")
            yield from _blocks(deliverable.description)
        yield from _section("How it is judged")
        for criterion in project.rubric.criteria:
            yield from _small(f"{criterion.name}, {criterion.weight_pct} %")
            for level in criterion.levels:
                words = plain_signs(f"{level.label}, {level.points} points: ", "strong")
                yield Written(words + signs_of(markup.inline_of(level.descriptor)), BODY.within(STEP))


def _section(words: str) -> Iterator[Flowable]:
    yield CondPageBreak(ROOM / 2)
    yield Written(plain_signs(words, "strong"), HEAD, "H3")


def _small(words: str) -> Iterator[Flowable]:
    yield CondPageBreak(ROOM / 2)
    yield Written(plain_signs(words, "strong"), SMALL, "H4")


def _concept(concept: Concept, side: Literal["left", "right"]) -> Iterator[Flowable]:
    yield from _section(concept.title)
    yield from _blocks(concept.explanation)
    if concept.example is not None:
        yield Written(plain_signs("Example", "strong"), EYEBROW.within(STEP, side), "H4")
        yield from _blocks(concept.example, BODY.within(STEP, side))


def _bullets(texts: Sequence[str]) -> Iterator[Flowable]:
    yield from _items([signs_of(markup.inline_of(text)) for text in texts])


def _items(items: Sequence[list[Sign]]) -> Iterator[Flowable]:
    yield Begin("L")
    for signs in items:
        yield Begin("LI")
        yield Written(signs, Look(after=3, indent=STEP), "LBody", "•")
        yield End()
    yield End()
    yield Spacer(0, 4)


def _blocks(text: str, look: Look = BODY) -> Iterator[Flowable]:
    for block in markup.blocks_of(text):
        yield from _block(block, look)


def _block(block: markup.Block, look: Look) -> Iterator[Flowable]:
    match block:
        case markup.Paragraph(inside):
            yield Written(signs_of(inside), look)
        case markup.CodeBlock(code):
            for part in _pieces(code):
                yield Written(plain_signs(part, "code"), CODE.within(look.indent, look.rule), "Code")
        case markup.Listing(start, items):
            yield Begin("L")
            for place, item in enumerate(items):
                marker = "•" if start is None else f"{start + place}."
                yield Begin("LI")
                yield from _item(item, look.within(STEP + (6 if start is not None else 0), look.rule), marker)
                yield End()
            yield End()
            yield Spacer(0, 4)


def _item(item: tuple[markup.Block, ...], look: Look, marker: str) -> Iterator[Flowable]:
    first, rest = (item[0], item[1:]) if item and isinstance(item[0], markup.Paragraph) else (None, item)
    inside = signs_of(first.inside) if first is not None else plain_signs(" ")
    yield Written(inside, Look(look.size, look.leading, after=3, indent=look.indent, rule=look.rule), "LBody", marker)
    for block in rest:
        yield from _block(block, look)


def _pieces(code: str) -> Iterator[str]:
    """Code in pieces that a page can take; blanks at a line's begin stay."""
    lines = [line.replace(" ", "\u00a0") if line.startswith(" ") else line for line in code.split("\n")]
    for begin in range(0, len(lines), 40):
        yield "\n".join(lines[begin : begin + 40])
