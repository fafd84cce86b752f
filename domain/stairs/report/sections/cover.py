"""The cover: which building, which test, what it is worth as a document, and six numbers."""

from domain.kernel.advisory import SENTENCES
from domain.kernel.charts.words import NONE, number
from domain.kernel.report.blocks import Cover, Kpi, Kpis
from domain.kernel.report.brand import ReportSignature
from domain.kernel.report.editions import DRAFT_MARK
from domain.stairs.report.telling import FREQUENCIES, Telling, person
from domain.stairs.rules.report_content import SessionReport

TITLE = "Stair pressurisation test report"


def status(telling: Telling, signature: ReportSignature | None, rest: str) -> str:
    """What the document is worth."""
    if signature is None:
        return f"{DRAFT_MARK}. {rest}"
    when = telling.at(signature.signed_at.isoformat())
    return f"Countersigned by {signature.signer}, {signature.role}, {when}"


def cover(telling: Telling, report: SessionReport, signature: ReportSignature | None) -> Cover:
    """The first page of a session's report."""
    approved = report.visit.status == "approved"
    rest = (
        "The session is approved; this report of it is not signed yet."
        if approved
        else "The session is not approved: results and findings may still change."
    )
    return Cover(
        name=telling.brand.name or report.tenant_name,
        title=TITLE,
        subtitle=f"{FREQUENCIES[report.visit.frequency]}, {report.building.name}",
        status=status(telling, signature, rest),
        is_signed=signature is not None,
        facts=_facts(telling, report),
        kpis=kpis(report),
        advisory=SENTENCES,
        address=tuple(telling.brand.address),
    )


def _facts(telling: Telling, report: SessionReport) -> tuple[tuple[str, str], ...]:
    building, visit = report.building, report.visit
    revision = f"Revision {visit.revision}" + (
        f", in place of session {visit.supersedes_session_id[:8]}" if visit.supersedes_session_id else ""
    )
    return (
        ("Building", building.name),
        ("Address", building.address or "not recorded"),
        ("Jurisdiction", building.jurisdiction or "not recorded"),
        ("Tested", tested_on(telling, report)),
        ("Tested by", ", ".join(person(one) for one in visit.technicians) or "not recorded"),
        (
            "Session approved by",
            f"{person(visit.approved_by)}, {telling.at(visit.approved_at)}" if visit.approved_at else "nobody yet",
        ),
        ("Ruleset", report.ruleset or "more than one, or none; see the section on rules"),
        ("Session", f"{visit.session_id[:8]}, {revision.lower()}"),
    )


def tested_on(telling: Telling, report: SessionReport) -> str:
    """The days on which something was tested."""
    days = sorted({told for one in report.instances if (told := one.tested_at) is not None})
    if not days:
        return f"planned for {report.visit.planned_for}; nothing tested yet"
    first, last = (telling.at(one).rsplit(" ", 1)[0] for one in (days[0], days[-1]))
    return first if first == last else f"{first} to {last}"


def kpis(report: SessionReport) -> Kpis:
    """Tests, verdicts, standing faults, files."""
    counted = report.counted
    done = [one for one in counted if one.status == "completed"]
    failed, open_ends = report.having("non_compliant"), report.having("indeterminate")
    skipped = sum(one.status == "skipped" for one in counted)
    grave = sum(one.severity == "critical" for one in report.standing)
    verified = sum(one.is_verified for one in report.evidence)
    share = f"{number(100 * len(report.having('compliant')) / len(done), 1)} % of those tested" if done else NONE
    return Kpis(
        (
            Kpi("Tests", number(len(counted)), f"{number(skipped)} skipped" if skipped else "none skipped"),
            Kpi("Comply", number(len(report.having("compliant"))), share),
            Kpi("Do not comply", number(len(failed)), "by measured value alone"),
            Kpi("Not proven", number(len(open_ends)), "proof is missing"),
            Kpi("Open faults", number(len(report.standing)), f"{number(grave)} critical"),
            Kpi("Evidence files", number(len(report.evidence)), f"{number(verified)} verified by hash"),
        )
    )
