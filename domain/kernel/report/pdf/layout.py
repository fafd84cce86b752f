"""From the report's blocks to flowables: what belongs together stays on one page, and no heading stands alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.lib.colors import white
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import CondPageBreak, NextPageTemplate, PageBreak, Spacer
from reportlab.platypus.flowables import Flowable

from domain.kernel.charts.vector import Recorded
from domain.kernel.report import blocks as b
from domain.kernel.report.pdf.fonts import BOLD, SANS, width
from domain.kernel.report.pdf.page import BAND, fitting, write
from domain.kernel.report.pdf.pieces import Aside, Drawing, Rows, Text
from domain.kernel.report.pdf.styles import ALARM, CELL_PAD, INK, LINE, MUTED, Sheet, Styles
from domain.kernel.report.pdf.tagging import Begin, End, marked

PLENTY = 100_000.0
# Else reportlab names its own font, which is not embedded, although nothing is drawn with it.
PLAIN = ("FONT", (0, 0), (-1, -1), SANS, 8)


class Layout:
    """One pass; `pages` are those of the headings as the pass before found them."""

    def __init__(
        self, sheet: Sheet, styles: Styles, drawings: Mapping[int, Recorded], pages: Mapping[str, int]
    ) -> None:
        self._sheet, self._styles, self._drawings, self._pages = sheet, styles, drawings, pages

    def story(self, document: b.Document) -> list[Flowable]:
        """The whole document."""
        story = [*self._cover(document.cover), NextPageTemplate("text")]
        keys = iter(range(len(document.blocks)))
        pieces = [(block, self._piece(block, document, next(keys))) for block in document.blocks]
        for place, (block, flowables) in enumerate(pieces):
            if isinstance(block, b.Heading) and not _begins_page(document.blocks, place):
                story.append(CondPageBreak(self._needed(pieces[place:])))
            story += flowables
        return story

    def _needed(self, pieces: Sequence[tuple[b.Block, list[Flowable]]]) -> float:
        """Room that a heading and what it introduces need at least."""
        room = 0.0
        for block, flowables in pieces:
            if isinstance(block, b.PageBreak):
                break
            for flowable in flowables:
                if isinstance(flowable, CondPageBreak):
                    room += flowable.height
                    return float(min(room, self._sheet.depth))
                height = flowable.wrap(self._sheet.column, PLENTY)[1]
                room += min(height, 60.0) if isinstance(flowable, Text) and height > 60 else height
                room += flowable.getSpaceBefore() + flowable.getSpaceAfter()
            if not isinstance(block, b.Heading | b.Paragraph):
                break
        return float(min(room, self._sheet.depth))

    def _piece(self, block: b.Block, document: b.Document, place: int) -> list[Flowable]:
        match block:
            case b.Heading():
                text = Text(block.text, self._styles.headings[block.level], f"H{block.level}")
                text.heading = (block.level, block.text, f"heading-{place}")
                return [text]
            case b.Paragraph():
                return [Text(block.text, getattr(self._styles, block.look))]
            case b.Advice():
                mark = Text(block.mark.upper(), self._styles.advice_mark)
                return [Aside([mark, Text(block.text, self._styles.body)], MUTED, is_dashed=True)]
            case b.Bullets():
                items = [Text(item, self._styles.bullet, "LBody", bulletText="•") for item in block.items]
                return [
                    Begin("L"),
                    *(piece for item in items for piece in (Begin("LI"), item, End())),
                    End(),
                    Spacer(0, 8),
                ]
            case b.Facts():
                return [self._facts(block.rows, block.is_mono), Spacer(0, 10)]
            case b.Table():
                return self._table(block)
            case b.Figure():
                return self._figure(block)
            case b.Contents():
                return self._contents(document)
            case b.Kpis():
                return [self._kpis(block)]
            case b.PageBreak():
                return [PageBreak()]

    def _figure(self, block: b.Figure) -> list[Flowable]:
        styles, chart = self._styles, block.chart
        drawing = Drawing(self._drawings[block.number], self._sheet.column, chart.alt)
        pieces: list[Flowable] = [
            Text(chart.title, styles.finding),
            drawing,
            Text(f"Figure {block.number}. {chart.subtitle}.", styles.caption, "Caption"),
        ]
        room = sum(
            piece.wrap(self._sheet.column, PLENTY)[1] + piece.getSpaceBefore() + piece.getSpaceAfter()
            for piece in pieces
        )
        return [CondPageBreak(min(room, self._sheet.depth)), *pieces]

    def _table(self, block: b.Table) -> list[Flowable]:
        total = sum(column.share for column in block.columns)
        widths = [self._sheet.column * block.part * column.share / total for column in block.columns]
        head = [Text(column.heading, self._styles.cell(column.align, False, True, True)) for column in block.columns]
        body = [
            [
                Text(
                    cell,
                    self._cell(column, is_bold=place in block.emphasis and not column.is_mono and len(cell) <= 40),
                )
                for cell, column in zip(row, block.columns, strict=True)
            ]
            for place, row in enumerate(block.rows)
        ]
        table = Rows([head, *body], colWidths=widths, repeatRows=1, style=self._rules(), hAlign="LEFT")
        caption = Text(f"Table {block.number}. {block.caption}", self._styles.table_caption, "Caption")
        table.wrap(self._sheet.column, PLENTY)
        heights = table._rowHeights
        first = sum(heights[:3]) if len(heights) > 4 else sum(heights)
        room = min(first + 30, self._sheet.depth)
        after: Flowable = Text(block.note, self._styles.note) if block.note else Spacer(0, 10)
        return [CondPageBreak(room), caption, table, after]

    def _cell(self, column: b.Col, is_bold: bool) -> ParagraphStyle:
        style = self._styles.cell(column.align, column.is_mono, is_bold)
        return style.clone(f"{style.name}-small", fontSize=5.9, leading=8.6) if column.is_small else style

    def _rules(self) -> list[tuple[Any, ...]]:
        return [
            PLAIN,
            ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
            ("VALIGN", (0, 1), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.9, MUTED),
            ("LINEBELOW", (0, 1), (-1, -1), 0.5, LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), CELL_PAD),
            ("RIGHTPADDING", (0, 0), (-1, -1), CELL_PAD),
            ("TOPPADDING", (0, 0), (-1, -1), 3.6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4.2),
        ]

    def _facts(self, rows: Sequence[tuple[str, str]], is_mono: bool = False) -> Flowable:
        label = self._styles.cell("left", False, False).clone("fact-label", textColor=MUTED, fontSize=8.6, leading=12)
        value = self._styles.cell("left", is_mono, False).clone(
            "fact-value", fontSize=7.6 if is_mono else 9.2, leading=12
        )
        cells = [[Text(name, label), Text(words, value)] for name, words in rows]
        widths = [self._sheet.column * 0.26, self._sheet.column * 0.74]
        rules = [
            PLAIN,
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 3.4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4.4),
        ]
        return Rows(cells, colWidths=widths, style=rules, hAlign="LEFT")

    def _contents(self, document: b.Document) -> list[Flowable]:
        lines: list[Flowable] = [Text("Contents", self._styles.headings[2], "P"), Begin("TOC")]
        for place, block in enumerate(document.blocks):
            if isinstance(block, b.Heading):
                key = f"heading-{place}"
                lines.append(_Line(block, key, self._pages.get(key, 0), self._sheet.column))
        return [*lines, End()]

    def _kpis(self, block: b.Kpis) -> Flowable:
        column = self._sheet.column / 3
        label = self._styles.cell("left", False, False).clone("kpi-label", textColor=MUTED, fontSize=8.6, leading=12)
        delta = label.clone("kpi-delta", fontSize=8.2, leading=10.5, textColor=INK)
        cells = []
        for kpi in block.items:
            size = min(23.0, 23.0 * (column - 24) / max(width(kpi.value, BOLD, 23.0), 1.0))
            value = label.clone("kpi-value", fontName=BOLD, fontSize=size, leading=28, textColor=INK)
            cells.append([Text(kpi.label, label), Text(kpi.value, value), Text(kpi.delta, delta)])
        short = -len(cells) % 3
        rows = [[*cells, *([""] * short)][place : place + 3] for place in range(0, len(cells), 3)]
        rules = [
            PLAIN,
            ("BOX", (0, 0), (-1, -1), 0.8, LINE),
            ("INNERGRID", (0, 0), (-1, -1), 0.8, LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 10),
            ("TOPPADDING", (0, 0), (-1, -1), 8),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 10),
        ]
        return Rows(rows, colWidths=[column] * 3, style=rules, hAlign="LEFT")

    def _cover(self, cover: b.Cover) -> list[Flowable]:
        styles = self._styles
        on_band = styles.body.clone("band", textColor=white, fontSize=11, leading=15, rightIndent=150)
        title = styles.body.clone("band-title", textColor=white, fontName=BOLD, fontSize=32, leading=38)
        subtitle = styles.body.clone("band-subtitle", textColor=white, fontSize=14, leading=19)
        top: list[Flowable] = [Text(_short(cover.name, 90), on_band), Spacer(0, 30), Text(cover.title, title, "H1")]
        top += [Spacer(0, 4), Text(_short(cover.subtitle, 120), subtitle)]
        used = sum(piece.wrap(self._sheet.column, PLENTY)[1] for piece in top)
        # The band ends where the frame has used up this much; what follows stands beneath it.
        rest = max(BAND - 15 * 72 / 25.4 - used, 4.0)
        color = styles.primary if cover.is_signed else ALARM
        status = styles.body.clone("status", fontName=BOLD, fontSize=11, leading=15, textColor=color)
        advisory = styles.body.clone("advisory", fontSize=9.2, leading=13)
        box = [
            Text("SUGGESTED BY MACHINE", styles.advice_mark),
            *(Text(sentence, advisory) for sentence in cover.advisory),
        ]
        address = [Text(_short(line, 160), styles.note) for line in cover.address]
        return [
            *top,
            Spacer(0, rest + 18),
            Aside([Text(cover.status, status)], color, is_dashed=not cover.is_signed),
            Spacer(0, 6),
            self._kpis(cover.kpis),
            Spacer(0, 14),
            self._facts(cover.facts),
            Spacer(0, 12),
            Aside(box, MUTED, is_dashed=True),
            *address,
        ]


class _Line(Flowable):  # type: ignore[misc]
    """One line of the contents: words, dots, page; it leads to the heading."""

    def __init__(self, heading: b.Heading, key: str, page: int, column: float) -> None:
        super().__init__()
        self._heading, self._key, self._page, self._column = heading, key, page, column
        self.height = 19.0 if heading.level == 1 else 15.0

    def wrap(self, *_: float) -> tuple[float, float]:
        """The width that is given, and the height of one line."""
        return self._column, self.height

    def draw(self) -> None:
        """Words, dots, page, and the link."""
        is_first, canvas = self._heading.level == 1, self.canv
        font, size, left = (BOLD, 10.0, 0.0) if is_first else (SANS, 9.2, 14.0)
        words, page = fitting(self._heading.text, font, size, self._column - 60), str(self._page)
        with marked(canvas, "TOCI"):
            write(canvas, left, 4, words, font, size, INK)
            begin, end = left + width(words, font, size) + 6, self._column - width(page, SANS, size) - 6
            canvas.saveState()
            canvas.setStrokeColor(LINE)
            canvas.setDash([0.8, 3])
            canvas.line(begin, 6, end, 6)
            canvas.restoreState()
            write(canvas, self._column - width(page, SANS, size), 4, page, SANS, size, INK)
        canvas.linkRect("", self._key, (0, 0, self._column, self.height), relative=1, thickness=0)


def _begins_page(blocks: Sequence[b.Block], place: int) -> bool:
    return place > 0 and isinstance(blocks[place - 1], b.PageBreak)


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
