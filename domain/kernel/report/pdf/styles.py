"""Sizes and colours of the PDF, in points."""

from dataclasses import dataclass

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle

from domain.kernel.charts import theme
from domain.kernel.report.brand import Brand, ReportOptions
from domain.kernel.report.pdf.fonts import BOLD, MONO, SANS

MILLIMETRE = 72 / 25.4
SIDE, TOP, BOTTOM = 18 * MILLIMETRE, 21 * MILLIMETRE, 23 * MILLIMETRE
INK, MUTED, LINE, RAISED = (HexColor(value) for value in (theme.INK, theme.MUTED, theme.LINE, "#f3f5f8"))
ALARM = HexColor("#b3261e")
CELL_PAD = 4.0


@dataclass(frozen=True)
class Sheet:
    """The paper with its margins."""

    width: float
    height: float

    @property
    def column(self) -> float:
        """Width of the text."""
        return self.width - 2 * SIDE

    @property
    def depth(self) -> float:
        """Height of the text."""
        return self.height - TOP - BOTTOM


def sheet_of(options: ReportOptions) -> Sheet:
    """A4 or Letter."""
    return Sheet(*(A4 if options.page_size == "A4" else LETTER))


def _style(name: str, font: str, size: float, leading: float, color: Color = INK, **more: object) -> ParagraphStyle:
    # Words without a blank, such as hashes, break where the line ends.
    options = {"splitLongWords": 1, "allowWidows": 0, "allowOrphans": 0, "embeddedHyphenation": 0} | more
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=leading, textColor=color, **options)


class Styles:
    """The paragraph styles of one brand."""

    def __init__(self, brand: Brand) -> None:
        self.primary, self.accent = HexColor(brand.primary), HexColor(brand.accent)
        self.body = _style("body", SANS, 9.5, 13.6, spaceAfter=6)
        self.lead = _style("lead", SANS, 12, 18.5, spaceAfter=14)
        self.note = _style("note", SANS, 8, 11, MUTED, spaceBefore=4, spaceAfter=8)
        self.bold = _style("bold", BOLD, 9.5, 13.6, spaceBefore=8, spaceAfter=3, keepWithNext=1)
        self.mono = _style("mono", MONO, 8, 11, spaceAfter=6)
        self.advice_mark = _style("advice-mark", BOLD, 7.5, 10, MUTED)
        self.bullet = _style(
            "bullet", SANS, 9.5, 13.6, leftIndent=12, bulletIndent=2, bulletFontName=SANS, spaceAfter=2
        )
        self.headings = {
            1: _style("h1", BOLD, 18, 23, self.primary, spaceBefore=20, spaceAfter=8),
            2: _style("h2", BOLD, 13, 17, spaceBefore=16, spaceAfter=5),
            3: _style("h3", BOLD, 10.5, 14, spaceBefore=10, spaceAfter=4),
        }
        self.caption = _style("caption", SANS, 8, 11, MUTED, spaceBefore=3, spaceAfter=12)
        self.table_caption = _style("table-caption", SANS, 8, 11, MUTED, spaceBefore=9, spaceAfter=4)
        self.finding = _style("finding", BOLD, 11.5, 15, spaceBefore=8, spaceAfter=2)
        self.measure = _style("measure", SANS, 8.5, 11.5, MUTED, spaceAfter=6)
        self.contents = _style("contents", SANS, 10, 17)

    def cell(self, align: str, is_mono: bool, is_bold: bool, is_head: bool = False) -> ParagraphStyle:
        """Of a table's cell."""
        font = BOLD if is_bold or is_head else MONO if is_mono else SANS
        size, leading = (7.5, 9.5) if is_head else (7.1, 10) if is_mono else (8.2, 10.8)
        side = TA_RIGHT if align == "right" else TA_LEFT
        color = MUTED if is_head else INK
        return _style(f"cell-{align}-{is_mono}-{is_bold}-{is_head}", font, size, leading, color, alignment=side)
