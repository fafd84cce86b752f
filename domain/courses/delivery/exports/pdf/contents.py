"""A line of the table of contents."""

from reportlab.platypus.flowables import Flowable

from domain.courses.delivery.exports.pdf.letters import Face
from domain.courses.delivery.exports.pdf.lines import lines_of, plain_signs
from domain.courses.delivery.exports.pdf.written import draw_signs
from domain.kernel.report.pdf.styles import INK, LINE
from domain.kernel.report.pdf.tagging import marked


class ContentsLine(Flowable):  # type: ignore[misc]
    """Words, dots, page; it leads to the heading. Words that are too long end where the dots would begin."""

    def __init__(self, words: str, key: str, page: int, column: float, *, is_first: bool) -> None:
        super().__init__()
        self._words, self._key, self._page, self._column = words.replace("\n", " "), key, page, column
        self._face: Face = "strong" if is_first else "plain"
        self._left, self._size = (0.0, 10.5) if is_first else (14.0, 9.8)
        self.height = 24.0 if is_first else 16.5

    def wrap(self, *_: float) -> tuple[float, float]:
        """The width that is given, and the height of one line."""
        return self._column, self.height

    def draw(self) -> None:
        """Words, dots, page, and the link."""
        canvas, size = self.canv, self._size
        room = self._column - self._left - 50
        lines = lines_of(plain_signs(self._words, self._face), room, size)
        signs, wide = lines[0].signs, lines[0].width
        if len(lines) > 1:
            signs, wide = (*signs, *plain_signs("…", self._face)), wide + size
        page = lines_of(plain_signs(str(self._page)), 60, size)[0]
        with marked(canvas, "TOCI"):
            draw_signs(canvas, signs, self._left, 4, size, INK)
            canvas.saveState()
            canvas.setStrokeColor(LINE)
            canvas.setDash([0.8, 3])
            canvas.line(self._left + wide + 6, 6, self._column - page.width - 6, 6)
            canvas.restoreState()
            draw_signs(canvas, page.signs, self._column - page.width, 4, size, INK)
        canvas.linkRect("", self._key, (0, 0, self._column, self.height), relative=1, thickness=0)
