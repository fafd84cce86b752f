"""The report as DOCX bytes, from the same blocks as the PDF."""

import io
from typing import Any

import docx
from docx.document import Document as Docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph

from domain.grid.outages.report.compose import compose
from domain.grid.outages.report.word.frame import field, frame
from domain.grid.outages.report.word.packaging import describe, embed_fonts, packed
from domain.grid.outages.report.word.styles import (
    ADVICE,
    ALARM,
    BAND,
    CELL_HEAD,
    CELL_MONO,
    FINDING,
    LEAD,
    MUTED,
    NOTE,
    STATUS,
    column_of,
    rgb,
    set_up,
    styled,
)
from domain.grid.outages.report.word.tables import add_band, add_facts, add_kpis, add_table, ruled
from domain.grid.outages.rules.summary import ReplaySummary
from domain.kernel.charts.lettering import visible
from domain.kernel.charts.render import to_print_png
from domain.kernel.report import blocks as b
from domain.kernel.report.brand import Brand, ReportOptions, ReportSignature

LOOKS = {"body": "Normal", "lead": LEAD, "note": NOTE, "bold": "Heading 3", "mono": CELL_MONO}
FIXED_NAMES = 20_000


def render_docx(
    summary: ReplaySummary,
    brand: Brand | None = None,
    edition: str = "draft",
    *,
    options: ReportOptions | None = None,
    signature: ReportSignature | None = None,
) -> bytes:
    """The same edition as `render_pdf` makes of the same arguments, as DOCX bytes; refuses what that refuses."""
    brand, options = brand or Brand(), options or ReportOptions()
    document = compose(summary, brand, options, edition, signature)
    word = docx.Document()
    set_up(word, brand, options)
    frame(word, document)
    writer = _Writer(word, document, brand)
    writer.cover()
    for place, block in enumerate(document.blocks):
        writer.write(block, place)
    describe(word, document)
    embed_fonts(word)
    return packed(word)


class _Writer:
    """Writes blocks to the end of the document."""

    def __init__(self, word: Docx, document: b.Document, brand: Brand) -> None:
        self._word, self._document, self._brand = word, document, brand
        self._column = column_of(word)
        self._begins_page = False

    def cover(self) -> None:
        """The first page."""
        cover = self._document.cover
        cell = add_band(self._word, self._brand.primary, self._column)
        first = cell.paragraphs[0]
        styled(first, BAND)
        first.add_run(visible(cover.name))
        logo = self._brand.logo_bytes()
        if logo is not None:
            picture = first.insert_paragraph_before(style=BAND).add_run().add_picture(io.BytesIO(logo), height=Pt(40))
            _alt(picture, "Logo", self._brand.logo_alt or f"Logo of {cover.name}")
        styled(cell.add_paragraph(visible(cover.title)), "Title")
        styled(cell.add_paragraph(visible(cover.subtitle)), "Subtitle")
        self._gap(14)
        status = self._add(visible(cover.status), STATUS)
        color = self._brand.primary if cover.is_signed else ALARM
        status.runs[0].font.color.rgb = rgb(color)
        ruled(status, color, is_dashed=not cover.is_signed)
        self._gap(8)
        add_kpis(self._word, cover.kpis, self._column)
        self._gap(10)
        add_facts(self._word, cover.facts, self._column)
        self._gap(8)
        self._aside("Suggested by machine", cover.advisory)
        for line in cover.address:
            self._add(visible(line), NOTE)

    def write(self, block: b.Block, place: int) -> None:
        """Write one block of the document, in its order."""
        match block:
            case b.PageBreak():
                self._begins_page = True
            case b.Heading():
                heading = self._word.add_heading(visible(block.text), block.level)
                heading.paragraph_format.page_break_before = self._begins_page
                self._begins_page = False
                _bookmark(heading, f"heading_{place}", FIXED_NAMES + place)
            case b.Paragraph():
                self._add(visible(block.text), LOOKS[block.look])
            case b.Advice():
                self._aside(block.mark, (block.text,))
            case b.Bullets():
                for item in block.items:
                    self._add(visible(item), "List Bullet")
            case b.Facts():
                add_facts(self._word, block.rows, self._column, block.is_mono)
                self._gap(8)
            case b.Kpis():
                add_kpis(self._word, block, self._column)
            case b.Table():
                self._caption("Table", block.number, block.caption).paragraph_format.keep_with_next = True
                add_table(self._word, block, self._column)
                self._add(visible(block.note), NOTE) if block.note else self._gap(8)
            case b.Figure():
                self._figure(block)
            case b.Contents():
                self._contents()

    def _figure(self, block: b.Figure) -> None:
        self._add(visible(block.chart.title), FINDING)
        paragraph = self._word.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        picture = paragraph.add_run().add_picture(io.BytesIO(to_print_png(block.chart)), width=self._column)
        _alt(picture, f"Figure {block.number}", block.chart.alt)
        self._caption("Figure", block.number, f"{block.chart.subtitle}.")

    def _caption(self, kind: str, number: int, words: str) -> Any:
        paragraph = self._add(f"{kind} ", "Caption")
        field(paragraph, f"SEQ {kind} \\* ARABIC", str(number))
        paragraph.add_run(f". {visible(words)}")
        return paragraph

    def _contents(self) -> None:
        """Links to the headings; pages are Word's to know."""
        self._add("Contents", FINDING)
        for place, block in enumerate(self._document.blocks):
            if isinstance(block, b.Heading):
                paragraph = self._word.add_paragraph()
                paragraph.paragraph_format.space_after = Pt(3)
                paragraph.paragraph_format.left_indent = Pt(14 * (block.level - 1))
                link = OxmlElement("w:hyperlink")
                link.set(qn("w:anchor"), f"heading_{place}")
                link.set(qn("w:history"), "1")
                run = paragraph.add_run(visible(block.text))
                run.bold = block.level == 1
                link.append(run._r)
                paragraph._p.append(link)

    def _aside(self, mark: str, lines: tuple[str, ...]) -> None:
        head = self._add(visible(mark).upper(), CELL_HEAD)
        head.paragraph_format.keep_with_next = True
        ruled(head, MUTED, is_dashed=True)
        for line in lines:
            ruled(self._add(visible(line), ADVICE), MUTED, is_dashed=True)
        self._gap(8)

    def _add(self, words: str, style: str) -> Paragraph:
        return styled(self._word.add_paragraph(words), style)

    def _gap(self, points: float) -> None:
        shape = self._word.add_paragraph().paragraph_format
        shape.space_after, shape.line_spacing = Pt(0), Pt(points)


def _alt(picture: Any, title: str, words: str) -> None:
    inline = picture._inline
    # Without these a reader may assume a distance, and push the picture past the margin.
    for side in ("distT", "distB", "distL", "distR"):
        inline.set(side, "0")
    properties = inline.docPr
    properties.set("title", visible(title))
    properties.set("descr", visible(words)[:1200])


def _bookmark(paragraph: Any, name: str, number: int) -> None:
    begin, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    begin.set(qn("w:id"), str(number))
    begin.set(qn("w:name"), name)
    end.set(qn("w:id"), str(number))
    paragraph._p.insert(1, begin)
    paragraph._p.append(end)
