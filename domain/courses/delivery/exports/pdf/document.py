"""A course as PDF bytes: laid out twice, because the contents already say on which page each section stands."""

import io

from domain.courses.delivery.exports.pdf.furniture import CourseTemplate
from domain.courses.delivery.exports.pdf.letters import register_letters
from domain.courses.delivery.exports.pdf.story import Story
from domain.courses.delivery.exports.plan import Plan
from domain.kernel.report.blocks import Cover, Document, Kpis
from domain.kernel.report.brand import Brand, ReportOptions
from domain.kernel.report.pdf.styles import Styles, sheet_of

MOST_PASSES = 4
RENDERER = "Countersign course 1"
# Content has no date of its own, and a clock's would make two exports of it differ.
UNDATED = "1980-01-01T00:00:00+00:00"


def course_pdf(plan: Plan) -> bytes:
    """The course laid out on A4; the same content and version give the same bytes, in any process at any time."""
    register_letters()
    options = ReportOptions()
    sheet, styles, document = sheet_of(options), Styles(Brand()), _described(plan)
    pages: dict[str, int] = {}
    total = 0
    for _ in range(MOST_PASSES):
        into = io.BytesIO()
        template = CourseTemplate(document, sheet, styles, total, None, into)
        count = template.typeset(Story(plan, sheet.column, pages).all())
        if (count, template.found) == (total, pages):
            break
        total, pages = count, template.found
    return into.getvalue()


def _described(plan: Plan) -> Document:
    """What the file says of itself, and what stands on each page; its body is the course's own story."""
    package = plan.package
    named = f"{package.title} · version {plan.version}"
    cover = Cover("Course", package.title, "", "", True, (), Kpis(()), (), ())
    return Document(
        title=named,
        subject=f"Course of {package.totals.lessons} lessons",
        author="Countersign",
        language=package.language,
        made_at=UNDATED,
        renderer=RENDERER,
        running_head=named,
        mark="",
        sentences=(f"Version {plan.version} of the course. Quizzes are printed without their answers.",),
        identity=f"course {package.syllabus_id} v{plan.version} · content {plan.content_hash}",
        cover=cover,
        blocks=(),
    )
