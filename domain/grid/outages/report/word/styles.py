"""The styles of the DOCX: Word's own names where it has them, so that a utility can restyle the report in one place."""

from typing import Any, cast

from docx.document import Document as Docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from domain.kernel.charts import theme
from domain.kernel.report.brand import Brand, ReportOptions

SANS, MONO = "IBM Plex Sans", "IBM Plex Mono"
TABLE = "Countersign Table"
CELL, CELL_HEAD, CELL_MONO = "Countersign Cell", "Countersign Cell Head", "Countersign Cell Mono"
LEAD, NOTE, FINDING, ADVICE = "Countersign Lead", "Countersign Note", "Countersign Finding", "Countersign Advice"
KPI_VALUE, BAND, STATUS = "Countersign Number", "Countersign Band", "Countersign Status"
SIDE, TOP, BOTTOM = Mm(18), Mm(22), Mm(25)
INK, MUTED, ALARM = theme.INK, theme.MUTED, "#b3261e"


def rgb(color: str) -> RGBColor:
    """#rrggbb as Word's."""
    return RGBColor.from_string(color.removeprefix("#").upper())


def set_up(document: Docx, brand: Brand, options: ReportOptions) -> None:
    """Paper, language and styles."""
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(210), Mm(297)) if options.page_size == "A4" else (Pt(612), Pt(792))
    section.left_margin = section.right_margin = SIDE
    section.top_margin, section.bottom_margin = TOP, BOTTOM
    section.header_distance, section.footer_distance = Mm(10), Mm(9)
    _language(document, options.language)
    _style(document, "Normal", size=9.5, after=6, line=1.35)
    primary = brand.primary
    _style(document, "Title", size=30, bold=True, color="#ffffff", after=2, line=1.15)
    _style(document, "Subtitle", size=14, color="#ffffff", after=0, line=1.2)
    _style(document, "Heading 1", size=18, bold=True, color=primary, before=20, after=8, line=1.2, next_too=True)
    _style(document, "Heading 2", size=13, bold=True, before=16, after=5, line=1.2, next_too=True)
    _style(document, "Heading 3", size=10.5, bold=True, before=10, after=4, line=1.2, next_too=True)
    _style(document, "Caption", size=8, color=MUTED, before=4, after=8, line=1.25)
    _style(document, "List Bullet", size=9.5, after=2, line=1.35)
    _style(document, "Header", size=8, color=MUTED, line=1.2)
    _style(document, "Footer", size=7.4, line=1.3)
    _style(document, LEAD, size=12, after=14, line=1.35)
    _style(document, NOTE, size=8, color=MUTED, before=4, after=10, line=1.3)
    _style(document, FINDING, size=11.5, bold=True, before=8, after=4, line=1.25, next_too=True)
    _style(document, ADVICE, size=9.5, before=0, after=0, line=1.35)
    _style(document, CELL, size=8.2, line=1.2)
    _style(document, CELL_HEAD, size=7.5, bold=True, color=MUTED, line=1.2)
    _style(document, CELL_MONO, size=7.1, font=MONO, line=1.2)
    _style(document, KPI_VALUE, size=20, bold=True, line=1.2)
    _style(document, BAND, size=11, color="#ffffff", after=24, line=1.3)
    _style(document, STATUS, size=11, bold=True, line=1.3)
    document.styles.element.append(parse_xml(_TABLE_STYLE))


def styled(paragraph: Paragraph, name: str) -> Paragraph:
    """Give the paragraph a style by its id; looking styles up by name each time takes longer than all the rest."""
    properties: Any = paragraph._p.get_or_add_pPr()
    properties.style = name.replace(" ", "")
    return paragraph


def column_of(document: Docx) -> Emu:
    """Width of the text."""
    section = document.sections[0]
    edges = (section.page_width, section.left_margin, section.right_margin)
    width, left, right = (int(edge) if edge is not None else 0 for edge in edges)
    return Emu(width - left - right)


def _language(document: Docx, language: str) -> None:
    defaults = document.styles.element.find(qn("w:docDefaults"))
    for name in ("w:lang",):
        for found in defaults.iter(qn(name)):
            found.set(qn("w:val"), language)
            found.set(qn("w:eastAsia"), language)


def _style(
    document: Docx,
    name: str,
    *,
    size: float,
    font: str = SANS,
    bold: bool = False,
    color: str = INK,
    before: float = 0,
    after: float = 0,
    line: float = 1.0,
    next_too: bool = False,
) -> None:
    """Set a style of Word's, or add one of our own."""
    names = {style.name for style in document.styles}
    if name not in names:
        added = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        added.quick_style = True
    style = cast(ParagraphStyle, document.styles[name])
    style.font.name, style.font.size, style.font.bold, style.font.italic = font, Pt(size), bold, False
    style.font.color.rgb = rgb(color)
    fonts = style.element.rPr.rFonts
    for attribute in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(attribute), None)
    for attribute in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(attribute), font)
    shape = style.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(before), Pt(after), line
    shape.keep_with_next, shape.widow_control = next_too, True
    shape.alignment = WD_ALIGN_PARAGRAPH.LEFT
    _without_border(style)


def _without_border(style: Any) -> None:
    """Word's own Title is underlined."""
    properties = style.element.pPr
    border = None if properties is None else properties.find(qn("w:pBdr"))
    if border is not None:
        properties.remove(border)
    spacing = style.element.rPr.find(qn("w:spacing"))
    if spacing is not None:
        style.element.rPr.remove(spacing)


_RULE, _HEAD_RULE = theme.LINE.removeprefix("#"), theme.MUTED.removeprefix("#")
_TABLE_STYLE = f"""
<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="CountersignTable">
  <w:name w:val="{TABLE}"/>
  <w:basedOn w:val="TableNormal"/>
  <w:uiPriority w:val="99"/>
  <w:qFormat/>
  <w:tblPr>
    <w:tblBorders>
      <w:bottom w:val="single" w:sz="4" w:space="0" w:color="{_RULE}"/>
      <w:insideH w:val="single" w:sz="4" w:space="0" w:color="{_RULE}"/>
    </w:tblBorders>
    <w:tblCellMar>
      <w:top w:w="60" w:type="dxa"/><w:left w:w="80" w:type="dxa"/>
      <w:bottom w:w="60" w:type="dxa"/><w:right w:w="80" w:type="dxa"/>
    </w:tblCellMar>
  </w:tblPr>
  <w:tblStylePr w:type="firstRow">
    <w:tblPr/>
    <w:tcPr>
      <w:tcBorders><w:bottom w:val="single" w:sz="8" w:space="0" w:color="{_HEAD_RULE}"/></w:tcBorders>
      <w:vAlign w:val="bottom"/>
    </w:tcPr>
  </w:tblStylePr>
</w:style>
""".strip()
