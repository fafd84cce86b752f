"""The cover: what, where, when, what it is worth as a document, and six numbers."""

from domain.grid.outages.charts.reading import as_recommended
from domain.grid.outages.report.sections.told import Telling
from domain.grid.outages.report.words import as_proposal, change, minutes, share, signed_minutes, significant
from domain.kernel.advisory import SENTENCES
from domain.kernel.charts.words import NBSP, NONE, number
from domain.kernel.report.blocks import Cover, Kpi, Kpis
from domain.kernel.report.brand import ReportSignature
from domain.kernel.report.editions import DRAFT_MARK
from domain.kernel.report.words import at, title_case


def cover(telling: Telling, signature: ReportSignature | None) -> Cover:
    """The first page."""
    outage, summary = telling.summary.outage, telling.summary
    return Cover(
        name=telling.brand.name or summary.tenant_name,
        title="After-action report",
        subtitle=f"Outage {outage.outage_id} on {outage.feeder_name}",
        status=_status(telling, signature),
        is_signed=signature is not None,
        facts=_facts(telling),
        kpis=kpis(telling),
        advisory=SENTENCES,
        address=tuple(telling.brand.address),
    )


def _status(telling: Telling, signature: ReportSignature | None) -> str:
    if signature is None:
        return f"{DRAFT_MARK}. Suggested by machine; it takes effect only when a person has signed it."
    when = at(signature.signed_at.isoformat(), telling.zone)
    return f"Countersigned by {signature.signer}, {signature.role}, {when}"


def _facts(telling: Telling) -> tuple[tuple[str, str], ...]:
    outage, summary = telling.summary.outage, telling.summary
    feeder = (
        outage.feeder_name if outage.feeder_name == outage.feeder_id else f"{outage.feeder_name} ({outage.feeder_id})"
    )
    restored = at(outage.restored_at, telling.zone) if outage.restored_at else "not yet restored when this was made"
    kind = "planned interruption" if outage.is_planned else "unplanned outage"
    return (
        ("Utility", summary.tenant_name),
        ("Feeder", feeder),
        ("Device", f"{outage.device_id} ({title_case(outage.device_type).lower()})"),
        ("Began", at(outage.started_at, telling.zone)),
        ("Restored", restored),
        ("Cause", f"{as_proposal((outage.cause or 'not determined').replace('_', ' '))}; {kind}"),
        ("Status", title_case(outage.status.lower())),
        (
            "Replay made",
            f"{at(summary.generated_at, telling.zone)}, from what was known at {at(summary.as_of, telling.zone)}",
        ),
    )


def kpis(telling: Telling) -> Kpis:
    """Customers out, customer-minutes with the counterfactual, SAIDI, restoration, error of the estimate, rank."""
    summary = telling.summary
    outage, reliability = summary.outage, summary.reliability
    return Kpis(
        (
            Kpi("Customers out", number(outage.customers_out_peak), f"{number(outage.critical_customers)} critical"),
            Kpi("Customer-minutes", number(reliability.cmi), _counterfactual(telling)),
            Kpi("SAIDI", f"{significant(reliability.saidi_min)}{NBSP}min", f"SAIFI {significant(reliability.saifi)}"),
            _restoration(telling),
            _estimate(telling),
            _rank(telling),
        )
    )


def _counterfactual(telling: Telling) -> str:
    case = as_recommended(telling.summary)
    if case is None:
        return "no counterfactual"
    if not case.is_feasible:
        return "first option not feasible"
    return f"{change(case.delta_cmi)} with the first option"


def _restoration(telling: Telling) -> Kpi:
    summary = telling.summary
    told = next((m for m in summary.milestones if m.code == "last_restoration" and m.at is not None), None)
    caidi = f"CAIDI {minutes(summary.reliability.caidi_min)}"
    if told is None or told.minutes_from_start is None:
        return Kpi("Restoration time", NONE, "not yet restored" if summary.outage.restored_at is None else caidi)
    return Kpi("Restoration time", minutes(told.minutes_from_start), caidi)


def _estimate(telling: Telling) -> Kpi:
    first = next((line for line in telling.summary.etr if line.error_min is not None), None)
    if first is None or first.error_min is None:
        return Kpi("Estimate's error", NONE, "no estimate to compare")
    late = "restored later than said" if first.error_min > 0 else "restored earlier than said"
    return Kpi("Estimate's error", signed_minutes(first.error_min), late if round(first.error_min, 1) else "as said")


def _rank(telling: Telling) -> Kpi:
    quality, zones = telling.summary.ranking_quality, telling.summary.zones
    if quality.rank_of_true_zone is None:
        why = "not among those ranked" if quality.true_zone_id else "place of the fault not known"
        return Kpi("Rank of the fault's zone", NONE, why)
    held = "" if quality.posterior_at_truth is None else f"held {share(quality.posterior_at_truth, 0)}"
    return Kpi("Rank of the fault's zone", f"{quality.rank_of_true_zone} of {len(zones)}", held)
