"""From the content to the whole document, before any layout."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.kernel.advisory import SENTENCES
from domain.kernel.charts.lettering import visible
from domain.kernel.report.blocks import Block, Cover, Document
from domain.kernel.report.brand import Brand, ReportOptions, ReportSignature
from domain.kernel.report.editions import DRAFT_MARK, require_fitting
from domain.stairs.report.identity import RENDERER_VERSION, Report, report_hash
from domain.stairs.report.sections import notice, period, proof
from domain.stairs.report.sections.cover import TITLE, cover
from domain.stairs.report.sections.faults import faults
from domain.stairs.report.sections.measured import measured, results
from domain.stairs.report.sections.summary import summary
from domain.stairs.report.telling import FREQUENCIES, Telling
from domain.stairs.rules.report_content import FaultNotice, PeriodReport, SessionReport


def compose(
    report: Report, brand: Brand, options: ReportOptions, edition: str, signature: ReportSignature | None
) -> Document:
    """The report's pieces in order.

    Raises:
        Invalid: edition and signature do not go together.
        Conflict: the signature is of other content.
    """
    content = report_hash(report, brand, options)
    require_fitting(signature, edition, content)
    telling = Telling(brand, zone_of(report.building.time_zone), content)
    if isinstance(report, SessionReport):
        return _of_session(telling, report, options, signature)
    if isinstance(report, PeriodReport):
        return _of_period(telling, report, options, signature)
    return _of_notice(telling, report, options, signature)


def _document(
    report: Report,
    options: ReportOptions,
    signature: ReportSignature | None,
    words: tuple[str, str, str],
    front: Cover,
    blocks: tuple[Block, ...],
) -> Document:
    title, subject, identity = words
    return Document(
        title=visible(f"{title}, {report.building.name}"),
        subject=visible(subject),
        author=visible(front.name),
        language=options.language,
        made_at=report.as_of,
        renderer=RENDERER_VERSION,
        running_head=f"{title}, {report.building.name}",
        mark="" if signature is not None else DRAFT_MARK,
        sentences=SENTENCES,
        identity=identity,
        cover=front,
        blocks=blocks,
    )


def _of_session(
    telling: Telling, report: SessionReport, options: ReportOptions, signature: ReportSignature | None
) -> Document:
    subject = f"{FREQUENCIES[report.visit.frequency]}, {report.building.name}, {report.visit.planned_for}"
    words = (TITLE, subject, f"Session {report.visit.session_id}   Content {telling.content}")
    blocks = (
        *summary(telling, report),
        *faults(telling, report.faults, "2 Faults"),
        *measured(telling, report, "3 Measurements"),
        *results(telling, report, "4 Every test"),
        *proof.instruments(telling, report.instruments, "5 Instruments and calibration"),
        *proof.rules(telling, report.rules, "6 Rules and limits"),
        *proof.observations(telling, report, "7 Observations"),
        *proof.evidence(telling, report, "8 Evidence"),
        *proof.provenance(telling, report, "9 Provenance"),
        *proof.signature_page(telling, signature, "10 Signature"),
    )
    return _document(report, options, signature, words, cover(telling, report, signature), blocks)


def _of_period(
    telling: Telling, report: PeriodReport, options: ReportOptions, signature: ReportSignature | None
) -> Document:
    subject = f"{report.building.name}, {report.begins_on} to {report.ends_on}"
    words = (
        period.TITLES[report.kind],
        subject,
        f"Building {report.building.building_id}   Content {telling.content}",
    )
    blocks = (
        *period.summary(telling, report),
        *period.visits(telling, report, "2 Visits"),
        *faults(telling, report.faults, "3 Faults"),
        *proof.instruments(telling, report.instruments, "4 Instruments and calibration"),
        *period.provenance(telling, report, "5 Provenance"),
        *proof.signature_page(telling, signature, "6 Signature"),
    )
    return _document(report, options, signature, words, period.cover(telling, report, signature), blocks)


def _of_notice(
    telling: Telling, report: FaultNotice, options: ReportOptions, signature: ReportSignature | None
) -> Document:
    words = (notice.TITLE, report.fault.description, f"Fault {report.fault.fault_id}   Content {telling.content}")
    blocks = (*notice.blocks(telling, report), *proof.signature_page(telling, signature, "4 Signature"))
    return _document(report, options, signature, words, notice.cover(telling, report, signature), blocks)


def zone_of(name: str) -> ZoneInfo:
    """The building's zone; UTC where its name is not known."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
