"""The report as PDF bytes: drawn twice, because the first page already says how many there are."""

import io

from domain.grid.outages.report.blocks import Figure
from domain.grid.outages.report.brand import Brand, ReportOptions, ReportSignature
from domain.grid.outages.report.compose import compose
from domain.grid.outages.report.pdf.fonts import register_fonts
from domain.grid.outages.report.pdf.layout import Layout
from domain.grid.outages.report.pdf.page import Template
from domain.grid.outages.report.pdf.styles import Styles, sheet_of
from domain.grid.outages.rules.summary import ReplaySummary
from domain.kernel.charts.vector import record

MOST_PASSES = 4


def render_pdf(
    summary: ReplaySummary,
    brand: Brand | None = None,
    edition: str = "draft",
    *,
    options: ReportOptions | None = None,
    signature: ReportSignature | None = None,
) -> bytes:
    """The draft or the signed edition; the same arguments give the same bytes, in any process at any time.

    Raises:
        Invalid: the summary is of another form, or edition and signature do not go together.
        Conflict: the signature is of other content.
    """
    brand, options = brand or Brand(), options or ReportOptions()
    document = compose(summary, brand, options, edition, signature)
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
