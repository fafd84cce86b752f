"""Flowables that mark what they draw: paragraphs, tables that leave no row alone, figures as vector, advice."""

from typing import Any

from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, Table
from reportlab.platypus.flowables import Flowable

from domain.kernel.charts.vector import Recorded, Stroke, Words
from domain.kernel.report.pdf.fonts import BOLD, SANS, markup, runs
from domain.kernel.report.pdf.tagging import artifact, marked

HEAD_ROWS = 1


class Text(Paragraph):  # type: ignore[misc]
    """A paragraph with its tag. `heading` is (level, words, key) of what goes into bookmarks and contents."""

    def __init__(self, text: str | None, style: ParagraphStyle, tag: str = "P", **more: Any) -> None:
        # reportlab makes the halves of a split paragraph from fragments and no text.
        super().__init__(None if text is None else markup(text, style.fontName), style, **more)
        self.tag = tag
        self.heading: tuple[int, str, str] | None = None

    def split(self, width: float, height: float) -> list[Flowable]:
        """Both halves keep the tag."""
        parts: list[Flowable] = super().split(width, height)
        for part in parts:
            part.tag = self.tag
        if parts:
            parts[0].heading = self.heading
        return parts

    def draw(self) -> None:
        """Draw it, marked for readers that speak."""
        with marked(self.canv, self.tag):
            super().draw()


class Rows(Table):  # type: ignore[misc]
    """A table with repeated headings that never leaves fewer than two rows on either side of a page's end."""

    def __init__(self, cells: Any, **options: Any) -> None:
        super().__init__(cells, **{"renderCB": _tell, **options})

    def split(self, width: float, height: float) -> list[Flowable]:
        """The parts; empty where the table had better begin on the next page."""
        parts: list[Flowable] = super().split(width, height)
        if len(parts) != 2 or not self.repeatRows:
            return parts
        before, after = (len(part._cellvalues) - HEAD_ROWS for part in parts)
        if before >= 2 and after == 1:
            parts = super().split(width, sum(parts[0]._rowHeights[:-1]) + 0.1)
            before = len(parts[0]._cellvalues) - HEAD_ROWS if len(parts) == 2 else 0
        return parts if before >= 2 or before + after < 3 else []


def _tell(table: Any, event: str, *of: Any) -> None:
    """Reportlab tells what it is about to draw; the table's tree grows with it."""
    canvas, structure = table.canv, table.canv.structure
    if event in {"startBG", "startLines"}:
        canvas._code.append("/Artifact BMC")
    elif event in {"endBG", "endLines"}:
        canvas._code.append("EMC")
    elif event == "startTable":
        structure.begin("Table")
    elif event == "startRow":
        structure.begin("TR")
    elif event == "startCell":
        is_head = bool(table.repeatRows) and of[0] < HEAD_ROWS
        structure.begin("TH" if is_head else "TD", is_heading_cell=is_head)
    elif event in {"endCell", "endRow", "endTable"}:
        structure.end()


class Drawing(Flowable):  # type: ignore[misc]
    """A chart as vector, scaled to a width; one figure with its alternative text to a screen reader."""

    def __init__(self, recorded: Recorded, width: float, alt: str) -> None:
        super().__init__()
        self._recorded, self._scale, self._alt = recorded, width / recorded.width, alt
        self.width, self.height = width, recorded.height * self._scale

    def wrap(self, *_: float) -> tuple[float, float]:
        """Its size within the width that is given."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw, marked as one figure."""
        with marked(self.canv, "Figure", self._alt):
            self.canv.saveState()
            self.canv.scale(self._scale, self._scale)
            for mark in self._recorded.marks:
                _stroke(self.canv, mark) if isinstance(mark, Stroke) else _words(self.canv, mark)
            self.canv.restoreState()


def _stroke(canvas: Any, mark: Stroke) -> None:
    canvas.saveState()
    if mark.clip is not None:
        clip = canvas.beginPath()
        clip.rect(*mark.clip)
        canvas.clipPath(clip, stroke=0, fill=0)
    path = canvas.beginPath()
    for operator, at in mark.moves:
        if operator == "M":
            path.moveTo(*at)
        elif operator == "L":
            path.lineTo(*at)
        elif operator == "C":
            path.curveTo(*at)
        else:
            path.close()
    if mark.fill is not None:
        canvas.setFillColorRGB(*mark.fill[:3], alpha=mark.fill[3])
    if mark.line is not None:
        canvas.setStrokeColorRGB(*mark.line[:3], alpha=mark.line[3])
        canvas.setLineWidth(mark.width)
        canvas.setLineCap(mark.cap)
        canvas.setLineJoin(mark.join)
        if mark.dashes:
            canvas.setDash(list(mark.dashes))
    canvas.drawPath(path, stroke=int(mark.line is not None), fill=int(mark.fill is not None))
    canvas.restoreState()


def _words(canvas: Any, mark: Words) -> None:
    canvas.saveState()
    canvas.translate(mark.x, mark.y)
    if mark.angle:
        canvas.rotate(mark.angle)
    text = canvas.beginText(0, 0)
    canvas.setFillColorRGB(*mark.color[:3], alpha=mark.color[3])
    for name, part in runs(mark.text, BOLD if mark.is_bold else SANS):
        text.setFont(name, mark.size)
        text.textOut(part)
    canvas.drawText(text)
    canvas.restoreState()


class Aside(Flowable):  # type: ignore[misc]
    """Flowables beside a vertical rule: dashed for what a machine suggests, solid for what a person signed."""

    def __init__(self, inside: list[Flowable], color: Any, is_dashed: bool) -> None:
        super().__init__()
        self._inside, self._color, self._is_dashed = inside, color, is_dashed
        self.spaceBefore, self.spaceAfter = 6, 10

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        """As high as what stands beside the rule."""
        self.width = width
        self._heights = [piece.wrap(width - 14, 10_000)[1] for piece in self._inside]
        self.height = sum(self._heights) + 2
        return self.width, self.height

    def draw(self) -> None:
        """The rule, then the words."""
        with artifact(self.canv):
            self.canv.saveState()
            self.canv.setStrokeColor(self._color)
            self.canv.setLineWidth(2)
            if self._is_dashed:
                self.canv.setDash([4, 3])
            self.canv.line(1, 0, 1, self.height)
            self.canv.restoreState()
        y = self.height
        for piece, height in zip(self._inside, self._heights, strict=True):
            y -= height
            piece.drawOn(self.canv, 14, y)
