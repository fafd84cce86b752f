"""The page around the text: title and version above, page numbers and content hash beneath."""

from typing import Any

from domain.courses.delivery.exports.pdf.lines import lines_of, plain_signs
from domain.courses.delivery.exports.pdf.written import draw_signs
from domain.kernel.report.pdf.page import Template
from domain.kernel.report.pdf.styles import BOTTOM, INK, LINE, MUTED, SIDE, TOP
from domain.kernel.report.pdf.tagging import artifact


class CourseTemplate(Template):
    """The report's template with the furniture of a course, whose titles may be of any script."""

    def _head(self, canvas: Any, _: Any) -> None:
        y = self._sheet.height - TOP + 18
        with artifact(canvas):
            canvas.saveState()
            self._rule(canvas, y - 6)
            self._put(canvas, self._document.running_head, y, 8, MUTED)
            canvas.restoreState()

    def _foot(self, canvas: Any, _: Any) -> None:
        document, top = self._document, BOTTOM - 16
        with artifact(canvas):
            canvas.saveState()
            self._rule(canvas, top)
            self._put(canvas, document.sentences[0], top - 11, 7.4, INK)
            pages = lines_of(plain_signs(f"Page {canvas.getPageNumber()} of {self._total}"), 200, 8)[0]
            draw_signs(canvas, pages.signs, self._sheet.width - SIDE - pages.width, top - 11, 8, INK)
            identity = lines_of(plain_signs(document.identity, "code"), self._sheet.column, 6.4)[0]
            draw_signs(canvas, identity.signs, SIDE, top - 22, 6.4, MUTED)
            canvas.restoreState()

    def _rule(self, canvas: Any, y: float) -> None:
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.6)
        canvas.line(SIDE, y, self._sheet.width - SIDE, y)

    def _put(self, canvas: Any, words: str, y: float, size: float, color: Any) -> None:
        """One line of words at the left; what does not fit is left out, and said so."""
        lines = lines_of(plain_signs(words.replace("\n", " ")), self._sheet.column - 90, size)
        signs = lines[0].signs if len(lines) == 1 else (*lines[0].signs, *plain_signs("…"))
        draw_signs(canvas, signs, SIDE, y, size, color)
