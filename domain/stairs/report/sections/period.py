"""An owner's logbook and the data of a yearly statement: visits, faults and proof of a building over a period."""

from domain.kernel.advisory import SENTENCES
from domain.kernel.charts.words import NONE, number
from domain.kernel.report.blocks import Block, Col, Contents, Cover, Facts, Heading, Kpi, Kpis, PageBreak, Paragraph
from domain.kernel.report.brand import ReportSignature
from domain.kernel.report.words import utc
from domain.stairs.report.identity import RENDERER_VERSION
from domain.stairs.report.sections.cover import status
from domain.stairs.report.telling import FREQUENCIES, Telling, in_order, person
from domain.stairs.rules.report_content import PeriodReport, RoutineLine, VisitLine

TITLES = {"logbook": "Logbook of stair pressurisation", "yearly_statement": "Yearly statement of stairs"}
VISIT_COLUMNS = (
    Col("Visit", 40),
    Col("Tested by, approved by", 84),
    Col("Tests", 18, "right"),
    Col("Comply", 22, "right"),
    Col("Do not", 20, "right"),
    Col("Not proven, skipped", 28, "right"),
    Col("Session's content, SHA-256", 66, is_mono=True, is_small=True),
)
ROUTINE_COLUMNS = (Col("Routine", 50), Col("Due", 20, "right"), Col("Approved", 20, "right"), Col("Schedule", 50))


def cover(telling: Telling, report: PeriodReport, signature: ReportSignature | None) -> Cover:
    """The first page."""
    building = report.building
    rest = (
        "Data for the statement; nobody has signed it yet." if report.kind == "yearly_statement" else "Not signed yet."
    )
    return Cover(
        name=telling.brand.name or report.tenant_name,
        title=TITLES[report.kind],
        subtitle=f"{building.name}, {report.begins_on} to {report.ends_on}",
        status=status(telling, signature, rest),
        is_signed=signature is not None,
        facts=(
            ("Building", building.name),
            ("Address", building.address or "not recorded"),
            ("Jurisdiction", building.jurisdiction or "not recorded"),
            ("Classification", building.classification or "not recorded"),
            ("Stairs", ", ".join(report.stairs) or "none"),
            ("Period", f"{report.begins_on} to {report.ends_on}, both included"),
            ("Ruleset", report.ruleset or "more than one, or none"),
        ),
        kpis=kpis(report),
        advisory=SENTENCES,
        address=tuple(telling.brand.address),
    )


def kpis(report: PeriodReport) -> Kpis:
    """Visits, tests, faults."""
    approved = [one for one in report.visits if one.status == "approved"]
    standing = [one for one in report.faults if one.status == "open" and one.review_state != "dismissed"]
    grave = sum(one.severity == "critical" for one in standing)
    resolved = sum(one.status == "resolved" for one in report.faults)
    tests = sum(one.tests for one in approved)
    passed = sum(one.compliant for one in approved)
    share = f"{number(100 * passed / tests, 1)} % comply" if tests else NONE
    return Kpis(
        (
            Kpi("Approved visits", number(len(approved)), f"{number(len(report.visits) - len(approved))} not approved"),
            Kpi("Tests", number(tests), share),
            Kpi("Did not comply", number(sum(one.non_compliant for one in approved)), "in approved visits"),
            Kpi("Open faults", number(len(standing)), f"{number(grave)} critical"),
            Kpi("Resolved faults", number(resolved), f"of {number(len(report.faults))} found"),
            Kpi("Instruments", number(len(report.instruments)), "used in the period"),
        )
    )


def summary(telling: Telling, report: PeriodReport) -> list[Block]:
    """What was due and what was done."""
    missed = [one for one in report.routines if one.done < one.due]
    told = (
        "Every routine that the schedule asks for in the period was tested and approved."
        if report.routines and not missed
        else "; ".join(f"{_name(one)}: {one.done} of {one.due} due visits are approved" for one in missed) + "."
        if missed
        else "No routine is published for the building."
    )
    standing = in_order([one for one in report.faults if one.status == "open" and one.review_state != "dismissed"])
    faults = (
        f"{number(len(standing))} faults stand open, the gravest: {standing[0].description}."
        if standing
        else "No fault stands open."
    )
    rows = [
        (_name(one), number(one.due), number(one.done), "verified" if one.is_due_verified else "source not verified")
        for one in report.routines
    ]
    blocks: list[Block] = [PageBreak(), Heading(1, "1 Summary"), Paragraph(told, "lead"), Paragraph(faults, "lead")]
    if rows:
        blocks.append(telling.table("Routines of the period", ROUTINE_COLUMNS, rows, part=0.8))
    if report.kind == "yearly_statement":
        blocks.append(
            Paragraph(
                "This is the data for the statement that the building's jurisdiction asks for, as the records hold it."
                " Which form, which clauses and which deadline apply, the person who signs decides."
            )
        )
    return [*blocks, Contents()]


def _name(one: RoutineLine) -> str:
    return FREQUENCIES[one.frequency]


def visits(telling: Telling, report: PeriodReport, heading: str) -> list[Block]:
    """Each visit with who tested, who approved, and what came of it."""
    blocks: list[Block] = [Heading(1, heading)]
    if not report.visits:
        return [*blocks, Paragraph("No visit fell into the period.")]
    rows = [_visit(telling, one) for one in report.visits]
    return [*blocks, telling.table("Visits, in the order of their dates", VISIT_COLUMNS, rows, most=500)]


def _visit(telling: Telling, one: VisitLine) -> tuple[str, ...]:
    by = ", ".join(person(each) for each in one.technicians) or "not recorded"
    approval = (
        f"{person(one.approved_by)}, {telling.at(one.approved_at)}"
        if one.approved_at
        else f"not approved ({one.status})"
    )
    return (
        f"{FREQUENCIES[one.frequency]}\n{one.tested_on or one.planned_for}",
        f"{by}\n{approval}",
        number(one.tests),
        number(one.compliant),
        number(one.non_compliant),
        f"{number(one.indeterminate)}, {number(one.skipped)}",
        one.content_hash or NONE,
    )


def provenance(telling: Telling, report: PeriodReport, heading: str) -> list[Block]:
    """By what it can be checked."""
    facts = (
        ("Building", report.building.building_id),
        ("Content of this report, SHA-256", telling.content),
        ("As of", utc(report.as_of)),
        ("Renderer and form", f"{RENDERER_VERSION}, {report.form}"),
    )
    return [Heading(1, heading), Facts(facts, is_mono=True)]
