"""The editions of a report as files: draft and signed, PDF and DOCX, from the same content."""

from collections.abc import Sequence

from domain.grid.outages.report.pdf import render_pdf
from domain.grid.outages.report.word.render import render_docx
from domain.grid.outages.rules.summary import ReplaySummary
from domain.kernel.report.brand import Brand, ReportOptions, ReportSignature
from domain.kernel.report.editions import DRAFT, SIGNED

KIND = "grid.after_action_report"
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def render(
    summary: ReplaySummary,
    brand: Brand,
    options: ReportOptions,
    formats: Sequence[str],
    signature: ReportSignature | None = None,
) -> dict[str, bytes]:
    """The bytes of each format; signed where there is a signature, else the draft. The same content, the same bytes.

    Raises:
        Invalid: the summary is of another form.
        Conflict: the signature is of other content.
    """
    makers = {"pdf": render_pdf, "docx": render_docx}
    edition = DRAFT if signature is None else SIGNED
    return {one: makers[one](summary, brand, edition, options=options, signature=signature) for one in sorted(formats)}
