"""The report as PDF bytes."""

from domain.grid.outages.report.compose import compose
from domain.grid.outages.rules.summary import ReplaySummary
from domain.kernel.report.brand import Brand, ReportOptions, ReportSignature
from domain.kernel.report.pdf.render import pdf_of


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
    return pdf_of(compose(summary, brand, options, edition, signature), brand, options)
