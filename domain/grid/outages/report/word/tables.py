"""Tables of the DOCX: fixed widths within the column, headings that repeat, rows that stay whole."""

from collections.abc import Sequence
from typing import Any

from docx.document import Document as Docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from domain.grid.outages.report.word.styles import CELL, CELL_HEAD, CELL_MONO, KPI_VALUE, MUTED, TABLE, rgb, styled
from domain.kernel.charts.lettering import visible
from domain.kernel.report import blocks as b


def add_table(word: Docx, block: b.Table, column: Emu) -> None:
    """The rows under their headings; the caption stands above already."""
    table = _new(word, len(block.rows) + 1, [c.share for c in block.columns], Emu(int(column * block.part)))
    _describe(table, f"Table {block.number}", block.caption)
    for cell, col in zip(table.rows[0].cells, block.columns, strict=True):
        _fill(cell, col.heading, CELL_HEAD, col.align)
    _repeat(table.rows[0])
    for place, (row, words) in enumerate(zip(list(table.rows)[1:], block.rows, strict=True)):
        _whole(row)
        for cell, col, text in zip(row.cells, block.columns, words, strict=True):
            is_bold = place in block.emphasis and not col.is_mono and len(text) <= 40
            _fill(cell, text, CELL_MONO if col.is_mono else CELL, col.align, is_bold, 5.9 if col.is_small else None)
        # A caption, its headings and two rows stay on one page; so does a short table.
        if place < 1 or len(block.rows) <= 3:
            _keep(row)
    _keep(table.rows[0])


def add_facts(word: Docx, rows: Sequence[tuple[str, str]], column: Emu, is_mono: bool = False) -> None:
    """Names with their values."""
    table = _new(word, len(rows), (26, 74), column, has_head=False)
    _describe(table, "Facts", ", ".join(name for name, _ in rows))
    for row, (name, value) in zip(table.rows, rows, strict=True):
        _whole(row)
        _fill(row.cells[0], name, CELL, "left", color=MUTED)
        _fill(row.cells[1], value, CELL_MONO if is_mono else CELL, "left")


def add_kpis(word: Docx, block: b.Kpis, column: Emu) -> None:
    """Three numbers a row, each with what it is and what it is to be seen against."""
    rows = -(-len(block.items) // 3)
    table = _new(word, rows, (1, 1, 1), column, has_head=False)
    _describe(table, "Key figures", "; ".join(f"{kpi.label} {kpi.value}" for kpi in block.items))
    _boxed(table)
    for place, kpi in enumerate(block.items):
        cell = table.rows[place // 3].cells[place % 3]
        _fill(cell, kpi.label, CELL, "left", color=MUTED)
        styled(cell.add_paragraph(visible(kpi.value)), KPI_VALUE)
        styled(cell.add_paragraph(visible(kpi.delta)), CELL)
    for row in table.rows:
        _whole(row)


def add_band(word: Docx, color: str, column: Emu) -> _Cell:
    """One cell of the brand's colour over the width."""
    table = _new(word, 1, (1,), column, has_head=False)
    _describe(table, "Cover", "Name of the utility and title of the report")
    cell = table.rows[0].cells[0]
    shade = parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{color.removeprefix("#")}"/>')
    margins = "".join(f'<w:{side} w:w="300" w:type="dxa"/>' for side in ("top", "left", "bottom", "right"))
    properties = cell._tc.get_or_add_tcPr()
    properties.append(shade)
    properties.append(parse_xml(f"<w:tcMar {nsdecls('w')}>{margins}</w:tcMar>"))
    return cell


def ruled(paragraph: Paragraph, color: str, is_dashed: bool) -> None:
    """A rule at the paragraph's left: dashed for what a machine suggests, solid for what a person signed."""
    rule = (
        f'<w:pBdr {nsdecls("w")}><w:left w:val="{"dashed" if is_dashed else "single"}" w:sz="16" w:space="10"'
        f' w:color="{color.removeprefix("#")}"/></w:pBdr>'
    )
    properties: Any = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        parse_xml(rule), "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )
    paragraph.paragraph_format.left_indent = Pt(14)


def _new(word: Docx, rows: int, shares: Sequence[float], width: Emu, has_head: bool = True) -> Table:
    table: Table = word.add_table(rows, len(shares), style=TABLE)
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    # Word counts in twentieths of a point, of 635 units each.
    widths = [Emu(int(width * share / sum(shares)) // 635 * 635) for share in shares]
    for column, each in zip(table.columns, widths, strict=True):
        column.width = each
    for row in table.rows:
        for cell, each in zip(row.cells, widths, strict=True):
            cell.width = each
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    if look is not None:
        for name in list(look.attrib):
            del look.attrib[name]
        look.set(qn("w:val"), "0020" if has_head else "0000")
        look.set(qn("w:firstRow"), "1" if has_head else "0")
    return table


def _fill(
    cell: _Cell,
    text: str,
    style: str,
    align: str,
    is_bold: bool = False,
    size: float | None = None,
    color: str | None = None,
) -> None:
    paragraph = cell.paragraphs[0]
    styled(paragraph, style)
    for place, line in enumerate(text.split("\n")):
        run = paragraph.add_run(visible(line))
        if place < text.count("\n"):
            run.add_break()
        run.bold = True if is_bold else None
        if size is not None:
            run.font.size = Pt(size)
        if color is not None:
            run.font.color.rgb = rgb(color)
    if align == "right":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _describe(table: Table, title: str, words: str) -> None:
    """Alternative text of the table."""
    for tag, text in (("w:tblCaption", title), ("w:tblDescription", words)):
        element = OxmlElement(tag)
        element.set(qn("w:val"), visible(text)[:250])
        table._tbl.tblPr.append(element)


def _repeat(row: Any) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    properties.append(OxmlElement("w:tblHeader"))


def _whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _keep(row: Any) -> None:
    for cell in row.cells:
        for paragraph in cell.paragraphs:
            paragraph.paragraph_format.keep_with_next = True


def _boxed(table: Table) -> None:
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="6" w:space="0" w:color="D9DEE5"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    # The schema has an order: borders before layout and look.
    later = next(child for child in table._tbl.tblPr if child.tag in {qn("w:tblLayout"), qn("w:tblLook")})
    later.addprevious(parse_xml(f"<w:tblBorders {nsdecls('w')}>{sides}</w:tblBorders>"))
