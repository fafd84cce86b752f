"""The page around the text: running head, foot with the three sentences and what identifies it, the draft's mark."""

import hashlib
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate
from reportlab.platypus.flowables import Flowable

from domain.kernel.report.blocks import Document
from domain.kernel.report.pdf.fonts import BOLD, MONO, SANS, runs, width
from domain.kernel.report.pdf.styles import ALARM, BOTTOM, INK, LINE, MUTED, SIDE, TOP, Sheet, Styles
from domain.kernel.report.pdf.tagging import Structure, artifact

BAND = 190.0
FOOT_SIZE = 7.0


class Template(BaseDocTemplate):  # type: ignore[misc]
    """One pass over the document; remembers where each heading came to stand and how many pages there are."""

    def __init__(
        self,
        document: Document,
        sheet: Sheet,
        styles: Styles,
        total: int,
        logo: tuple[bytes, str] | None,
        into: io.BytesIO,
    ) -> None:
        super().__init__(
            into,
            pagesize=(sheet.width, sheet.height),
            title=document.title,
            author=document.author,
            subject=document.subject,
            creator=document.renderer,
            lang=document.language,
            invariant=1,
            pageCompression=1,
        )
        self.found: dict[str, int] = {}
        self._document, self._sheet, self._styles, self._total, self._logo = document, sheet, styles, total, logo
        text = Frame(SIDE, BOTTOM, sheet.column, sheet.depth, 0, 0, 0, 0, id="text")
        front = Frame(SIDE, BOTTOM, sheet.column, sheet.height - BOTTOM - 15 * 72 / 25.4, 0, 0, 0, 0, id="front")
        self.addPageTemplates(
            [
                PageTemplate("cover", [front], onPage=self._band, onPageEnd=self._foot),
                PageTemplate("text", [text], onPage=self._head, onPageEnd=self._foot),
            ]
        )

    def typeset(self, story: Sequence[Flowable]) -> int:
        """Lay the story out; returns the number of pages."""
        self.build(list(story), canvasmaker=self._canvas)
        return int(self.page)

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802
        """A heading goes into the bookmarks, and its page is remembered."""
        heading = getattr(flowable, "heading", None)
        if heading is not None:
            level, words, key = heading
            self.canv.bookmarkHorizontal(key, 0, flowable.height + 8)
            self.canv.addOutlineEntry(words, key, level - 1, closed=level > 1)
            self.found.setdefault(key, self.page)

    def _canvas(self, *arguments: Any, **options: Any) -> Canvas:
        canvas: Any = _Canvas(*arguments, **{**options, "initialFontName": SANS})
        canvas.structure, canvas.is_measuring = Structure(), self._total == 0
        document = canvas._doc
        # The only date is the content's own, whatever the machine's clock or environment says; the id follows content.
        made = datetime.fromisoformat(self._document.made_at)
        document._timeStamp = _Stamp((made.year, made.month, made.day, made.hour, made.minute, made.second))
        digest = hashlib.sha256(f"{self._document.identity}|{self._document.mark}".encode()).hexdigest()[:32].encode()
        document._ID = b"\n[<" + digest + b"><" + digest + b">]\n"
        canvas.setViewerPreference("DisplayDocTitle", "true")
        canvas.showOutline()
        return canvas

    def _band(self, canvas: Any, _: Any) -> None:
        sheet = self._sheet
        with artifact(canvas):
            canvas.saveState()
            canvas.setFillColor(self._styles.primary)
            canvas.rect(0, sheet.height - BAND, sheet.width, BAND, stroke=0, fill=1)
            canvas.setFillColor(self._styles.accent)
            canvas.rect(0, sheet.height - BAND - 4, sheet.width, 4, stroke=0, fill=1)
            canvas.restoreState()
        if self._logo is not None:
            self._draw_logo(canvas, *self._logo)

    def _draw_logo(self, canvas: Any, data: bytes, alt: str) -> None:
        picture = ImageReader(io.BytesIO(data))
        wide, high = picture.getSize()
        scale = min(130 / wide, 44 / high)
        wide, high = wide * scale, high * scale
        x, y = self._sheet.width - SIDE - wide, self._sheet.height - 36 - high
        canvas.structure.begin("Figure", alt)
        canvas._code.append(f"/Figure <</MCID {canvas.structure.mark(canvas.getPageNumber())}>> BDC")
        canvas.saveState()
        canvas.setFillColorRGB(1, 1, 1)
        canvas.roundRect(x - 6, y - 6, wide + 12, high + 12, 3, stroke=0, fill=1)
        canvas.drawImage(picture, x, y, wide, high, mask="auto")
        canvas.restoreState()
        canvas._code.append("EMC")
        canvas.structure.end()

    def _head(self, canvas: Any, _: Any) -> None:
        y = self._sheet.height - TOP + 18
        with artifact(canvas):
            canvas.saveState()
            canvas.setStrokeColor(LINE)
            canvas.setLineWidth(0.6)
            canvas.line(SIDE, y - 6, self._sheet.width - SIDE, y - 6)
            room = self._sheet.column * 0.47
            write(canvas, SIDE, y, fitting(self._document.running_head, SANS, 8, room), SANS, 8, MUTED)
            name = fitting(self._document.author, BOLD, 8, room)
            write(canvas, self._sheet.width - SIDE - width(name, BOLD, 8), y, name, BOLD, 8, MUTED)
            canvas.restoreState()

    def _foot(self, canvas: Any, _: Any) -> None:
        document, sheet = self._document, self._sheet
        top = BOTTOM - 16
        with artifact(canvas):
            canvas.saveState()
            canvas.setStrokeColor(LINE)
            canvas.setLineWidth(0.6)
            canvas.line(SIDE, top, sheet.width - SIDE, top)
            write(canvas, SIDE, top - 11, " ".join(document.sentences), SANS, FOOT_SIZE + 0.4, INK)
            pages = f"Page {canvas.getPageNumber()} of {self._total}"
            write(canvas, sheet.width - SIDE - width(pages, SANS, 8), top - 11, pages, SANS, 8, INK)
            size = min(6.6, 6.6 * sheet.column / width(document.identity, MONO, 6.6))
            write(canvas, SIDE, top - 22, document.identity, MONO, size, MUTED)
            if document.mark:
                self._draw_mark(canvas, document.mark)
            canvas.restoreState()

    def _draw_mark(self, canvas: Any, mark: str) -> None:
        """Across the page, over everything and through it."""
        sheet = self._sheet
        size = 54.0
        canvas.saveState()
        canvas.translate(sheet.width / 2, sheet.height / 2)
        canvas.rotate(52)
        canvas.setFillColor(ALARM, alpha=0.085)
        canvas.setFont(BOLD, size)
        canvas.drawCentredString(0, -size / 3, mark)
        canvas.restoreState()


class _Canvas(Canvas):  # type: ignore[misc]
    """Writes the structure when the last page is shown."""

    structure: Structure
    is_measuring: bool

    def _make_preamble(self) -> None:
        """Without a font that nothing is drawn with."""
        self._preamble = "1 0 0 1 0 0 cm"

    def save(self) -> None:
        """Show what is left, then write."""
        if len(self._code):
            self.showPage()
        if not self.is_measuring:
            self.structure.write(self)
            super().save()


class _Stamp:
    """An instant as reportlab asks for it."""

    def __init__(self, parts: tuple[int, int, int, int, int, int]) -> None:
        self.YMDhms = parts
        self.dhh = self.dmm = 0
        self.tzname = "UTC"


def write(canvas: Any, x: float, y: float, words: str, font: str, size: float, color: Any) -> None:
    """Put one line of words on the canvas."""
    text = canvas.beginText(x, y)
    canvas.setFillColor(color)
    for name, part in runs(words, font):
        text.setFont(name, size)
        text.textOut(part)
    canvas.drawText(text)


def fitting(words: str, font: str, size: float, room: float) -> str:
    """The words, or as many letters of them as the room takes."""
    if width(words, font, size) <= room:
        return words
    kept = len(words)
    while kept > 1 and width(f"{words[:kept]}…", font, size) > room:
        kept -= 1
    return f"{words[:kept]}…"
