"""A document as PDF bytes: drawn twice, because the first page already says how many there are."""

import io

from domain.kernel.charts.vector import record
from domain.kernel.report.blocks import Document, Figure
from domain.kernel.report.brand import Brand, ReportOptions
from domain.kernel.report.pdf.fonts import register_fonts
from domain.kernel.report.pdf.layout import Layout
from domain.kernel.report.pdf.page import Template
from domain.kernel.report.pdf.styles import Styles, sheet_of

MOST_PASSES = 4


def pdf_of(document: Document, brand: Brand, options: ReportOptions) -> bytes:
    """The document laid out; the same arguments give the same bytes, in any process at any time."""
    register_fonts()
    sheet, styles = sheet_of(options), Styles(brand)
    drawings = {block.number: record(block.chart) for block in document.blocks if isinstance(block, Figure)}
    data = brand.logo_bytes()
    logo = None if data is None else (data, brand.logo_alt or f"Logo of {document.author}")
    pages: dict[str, int] = {}
    total = 0
    for _ in range(MOST_PASSES):
        into = io.BytesIO()
        template = Template(document, sheet, styles, total, logo, into)
        count = template.typeset(Layout(sheet, styles, drawings, pages).story(document))
        if (count, template.found) == (total, pages):
            break
        total, pages = count, template.found
    return into.getvalue()
