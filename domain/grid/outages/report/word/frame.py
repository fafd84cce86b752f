"""The frame of each page of the DOCX: running head, foot with sentences, pages and identity, the draft's mark."""

from typing import Any

from docx.document import Document as Docx
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu, Pt
from docx.text.paragraph import Paragraph

from domain.grid.outages.report.word.styles import MONO, MUTED, column_of, rgb
from domain.kernel.charts.lettering import visible
from domain.kernel.report.blocks import Document


def frame(word: Docx, document: Document) -> None:
    """Head and foot of the section; the first page, the cover, has no running head."""
    section = word.sections[0]
    section.different_first_page_header_footer = True
    column = column_of(word)
    head = section.header.paragraphs[0]
    _tab_stop(head, column)
    head.add_run(f"{visible(document.running_head)}\t")
    head.add_run(visible(document.author)).bold = True
    for place, part in enumerate((section.header, section.first_page_header)):
        if document.mark:
            _mark(part.paragraphs[0], document.mark, place + 1)
    for foot in (section.footer, section.first_page_footer):
        _foot(foot, document, column)


def _foot(foot: Any, document: Document, column: Emu) -> None:
    first = foot.paragraphs[0]
    first.style = "Footer"
    _tab_stop(first, column)
    first.add_run(" ".join(document.sentences) + "\tPage ")
    field(first, "PAGE", "1")
    first.add_run(" of ")
    field(first, "NUMPAGES", "1")
    second = foot.add_paragraph(style="Footer")
    run = second.add_run(document.identity)
    run.font.name, run.font.size, run.font.color.rgb = MONO, Pt(6.2), rgb(MUTED)


def _tab_stop(paragraph: Paragraph, column: Emu) -> None:
    """One stop at the right edge; Word's own stops of head and foot are cleared."""
    stops = paragraph.paragraph_format.tab_stops
    style = paragraph.style
    for stop in list(style.paragraph_format.tab_stops) if style is not None else []:
        stops.add_tab_stop(stop.position, WD_TAB_ALIGNMENT.CLEAR)
    stops.add_tab_stop(column, WD_TAB_ALIGNMENT.RIGHT)


def field(paragraph: Paragraph, instruction: str, shown: str) -> None:
    """A field that Word keeps up to date, with what it shows until then."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("shown", shown), ("end", "")):
        run = paragraph.add_run()
        if kind == "shown":
            run.text = text
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        else:
            words = OxmlElement("w:instrText")
            words.set(qn("xml:space"), "preserve")
            words.text = f" {text} "
            run._r.append(words)


def _mark(paragraph: Paragraph, words: str, number: int) -> None:
    """The words across the page, as Word's own watermarks are made."""
    # The words are our own constant, never anybody's input.
    paragraph.add_run()._r.append(parse_xml(_WATERMARK.format(words=words, number=number)))


_WATERMARK = (
    f'<w:pict {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">'
    '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"'
    ' path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/>'
    '<v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/>'
    '<v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/></v:formulas>'
    '<v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/></v:shapetype>'
    '<v:shape id="DraftMark{number}" o:spid="_x0000_s10{number}" type="#_x0000_t136" alt="{words}"'
    ' style="position:absolute;margin-left:0;margin-top:0;width:560pt;height:52pt;rotation:308;z-index:-251658752;'
    "mso-position-horizontal:center;mso-position-horizontal-relative:page;mso-position-vertical:center;"
    'mso-position-vertical-relative:page" fillcolor="#b3261e" stroked="f"><v:fill opacity="6554f"/>'
    '<v:textpath style="font-family:&quot;IBM Plex Sans&quot;;font-size:1pt;font-weight:bold" string="{words}"/>'
    "</v:shape></w:pict>"
)
