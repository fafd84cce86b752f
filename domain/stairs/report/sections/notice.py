"""The notice of one fault: what was found where, what it means, what to look at first, and by when it was due."""

from domain.kernel.advisory import SENTENCES
from domain.kernel.charts.words import NONE
from domain.kernel.report.blocks import Advice, Block, Cover, Facts, Figure, Heading, Kpi, Kpis, PageBreak, Paragraph
from domain.kernel.report.brand import ReportSignature
from domain.kernel.report.words import title_case, utc
from domain.stairs.report.figures import sequence_figure
from domain.stairs.report.identity import RENDERER_VERSION
from domain.stairs.report.sections.cover import status
from domain.stairs.report.telling import MEASURES, Telling, limits, person, result, review
from domain.stairs.rules.report_content import FaultNotice

TITLE = "Notice of a fault"


def cover(telling: Telling, notice: FaultNotice, signature: ReportSignature | None) -> Cover:
    """The first page."""
    fault, building = notice.fault, notice.building
    return Cover(
        name=telling.brand.name or notice.tenant_name,
        title=TITLE,
        subtitle=f"Stair pressurisation, {building.name}",
        status=status(telling, signature, "Written by machine; a technician or manager signs it to the owner."),
        is_signed=signature is not None,
        facts=(
            ("To", f"the owner of {building.name}"),
            ("Address", building.address or "not recorded"),
            ("Finding", fault.description),
            ("Found", telling.at(fault.detected_at)),
            ("Tested by", ", ".join(person(one) for one in notice.technicians) or "not recorded"),
            ("Review", review(fault)),
            ("Fault", fault.fault_id[:8]),
        ),
        kpis=_kpis(telling, notice),
        advisory=SENTENCES,
        address=tuple(telling.brand.address),
    )


def _kpis(telling: Telling, notice: FaultNotice) -> Kpis:
    fault, one = notice.fault, notice.instance
    meaning = (fault.standard_class or "no class recorded").replace("_", " ")
    day, _, clock = telling.at(fault.notice_due_at).rpartition(" ")
    return Kpis(
        (
            Kpi("Severity", title_case(fault.severity), f"class {fault.defect_classification}, {meaning}"),
            Kpi("Result", NONE if one is None else result(one), "" if one is None else MEASURES[one.measurement_type]),
            Kpi("Notice due", day or NONE, clock),
        )
    )


def blocks(telling: Telling, notice: FaultNotice) -> list[Block]:
    """The finding, then what to look at, then by what it can be checked."""
    fault = notice.fault
    told: list[Block] = [
        PageBreak(),
        Heading(1, "1 What was found"),
        Paragraph(f"{fault.description}.", "lead"),
        *_figure(telling, notice),
        Facts(_measured(telling, notice)),
        Heading(1, "2 What to do"),
    ]
    told.append(Advice(fault.action_required) if fault.action_required else Paragraph("Nothing is suggested."))
    told.append(
        Paragraph(
            "Until it is mended the stair may not keep smoke out, or people in it may not get out, as it was designed"
            " to. Who is responsible for the building decides what is done meanwhile."
            if fault.severity == "critical"
            else "Who is responsible for the building decides by when it is mended."
        )
    )
    facts = (
        ("Fault", fault.fault_id),
        ("Test", NONE if notice.instance is None else notice.instance.instance_id),
        ("Session", notice.session_id or NONE),
        ("Content of this notice, SHA-256", telling.content),
        ("As of", utc(notice.as_of)),
        ("Renderer and form", f"{RENDERER_VERSION}, {notice.form}"),
    )
    return [*told, Heading(1, "3 Provenance"), Facts(facts, is_mono=True)]


def _figure(telling: Telling, notice: FaultNotice) -> list[Figure]:
    if notice.instance is None or not notice.instance.steps:
        return []
    chart = sequence_figure(notice.instance)
    return [] if chart is None else [telling.figure(chart)]


def _measured(telling: Telling, notice: FaultNotice) -> tuple[tuple[str, str], ...]:
    fault, one, rule = notice.fault, notice.instance, notice.rule
    rows = [("Review", review(fault) + (f": {fault.review_reason}" if fault.review_reason else ""))]
    if one is not None:
        unit = f" {one.unit}" if one.unit else ""
        rows = [
            ("Test", one.identifier),
            ("Result", result(one)),
            ("Limits in force", limits(one) + (unit if limits(one) != NONE else "")),
            ("Baseline", NONE if one.baseline is None else f"{one.baseline}{unit}"),
            *rows,
        ]
    if rule is not None:
        state = "verified" if rule.verified else "source not verified"
        rows.append(
            ("Rule", f"{rule.rule_code} of {rule.version}, as recorded: {rule.reference_standard or NONE} ({state})")
        )
    rows.append(("Notice due", telling.at(fault.notice_due_at)))
    return tuple(rows)
