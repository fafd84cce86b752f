"""The editions of a report as files: draft and signed, as PDF and as the content's JSON, from the same content."""

from domain.kernel.canonical import canonical_json
from domain.kernel.report.brand import Brand, ReportOptions, ReportSignature
from domain.kernel.report.editions import DRAFT, SIGNED
from domain.kernel.report.pdf.render import pdf_of
from domain.stairs.report.compose import compose
from domain.stairs.report.identity import Report, signed_content

KIND = "stairs.compliance_report"
MEDIA_TYPES = {"pdf": "application/pdf", "json": "application/json"}


def render(
    report: Report, brand: Brand, options: ReportOptions, signature: ReportSignature | None = None
) -> dict[str, bytes]:
    """The bytes of both formats; signed where there is a signature, else the draft. The same content, the same bytes.

    Raises:
        Conflict: the signature is of other content.
    """
    edition = DRAFT if signature is None else SIGNED
    document = compose(report, brand, options, edition, signature)
    return {"json": canonical_json(signed_content(report, brand, options)), "pdf": pdf_of(document, brand, options)}
