"""From the summary to the whole report, before any layout."""

from domain.grid.outages.charts.reading import zone_of
from domain.grid.outages.report.identity import RENDERER_VERSION, checked, report_content_hash
from domain.grid.outages.report.sections.course import supply, timeline, where
from domain.grid.outages.report.sections.cover import cover
from domain.grid.outages.report.sections.findings import findings
from domain.grid.outages.report.sections.provenance import glossary, provenance, signature_page
from domain.grid.outages.report.sections.reliability import quality, reliability
from domain.grid.outages.report.sections.summary import executive_summary
from domain.grid.outages.report.sections.told import Telling
from domain.grid.outages.rules.summary import ReplaySummary
from domain.kernel.advisory import SENTENCES
from domain.kernel.charts.lettering import visible
from domain.kernel.report.blocks import Document
from domain.kernel.report.brand import Brand, ReportOptions, ReportSignature
from domain.kernel.report.editions import DRAFT_MARK, require_fitting


def compose(
    summary: ReplaySummary,
    brand: Brand,
    options: ReportOptions,
    edition: str,
    signature: ReportSignature | None,
) -> Document:
    """The report's pieces in order.

    Raises:
        Invalid: the summary is of another form, or edition and signature do not go together.
        Conflict: the signature is of other content.
    """
    content = report_content_hash(checked(summary), brand, options)
    require_fitting(signature, edition, content)
    telling = Telling(summary, brand, zone_of(summary))
    outage = summary.outage
    front = cover(telling, signature)
    return Document(
        title=visible(f"After-action report, outage {outage.outage_id}"),
        subject=visible(f"Outage {outage.outage_id} on {outage.feeder_name}, {outage.started_at}"),
        author=visible(front.name),
        language=options.language,
        made_at=summary.generated_at,
        running_head=f"After-action report, outage {outage.outage_id}",
        mark="" if signature is not None else DRAFT_MARK,
        sentences=SENTENCES,
        renderer=RENDERER_VERSION,
        identity=f"Replay {summary.replay_id}   Content {content}",
        cover=front,
        blocks=(
            *executive_summary(telling),
            *where(telling),
            *supply(telling),
            *timeline(telling),
            *findings(telling),
            *reliability(telling),
            *quality(telling),
            *provenance(telling, content),
            *glossary(telling),
            *signature_page(telling, signature),
        ),
    )
