"""Findings: zones, options with those that were rejected, crews, and the estimates as they were given."""

from domain.grid.outages.charts.options import option_comparison, type_name
from domain.grid.outages.charts.zones import zone_bars
from domain.grid.outages.report.sections.told import Telling
from domain.grid.outages.report.words import as_proposal, cut, minutes, position, share, signed_minutes
from domain.grid.outages.rules.summary import CrewLine, OptionLine, ZoneLine
from domain.kernel.charts.words import NBSP, NONE, number
from domain.kernel.report.blocks import Advice, Block, Col, Heading, Paragraph
from domain.kernel.report.words import at, title_case

ZONE_COLUMNS = (
    Col("Rank", 7, "right"),
    Col("Zone", 17, is_mono=True),
    Col("Probability", 13, "right"),
    Col("Meters out", 10, "right"),
    Col("Critical", 10, "right"),
    Col("Patrol", 16, "right"),
    Col("Why", 47),
)
OPTION_COLUMNS = (
    Col("Rank", 7, "right"),
    Col("Option", 25),
    Col("Score", 9, "right"),
    Col("Customer-min. sooner", 15, "right"),
    Col("Customers", 12, "right"),
    Col("Time", 13, "right"),
    Col("Loading", 10, "right"),
    Col("Min. voltage", 12, "right"),
    Col("Risk", 9, "right"),
)
REJECTED_COLUMNS = (
    Col("Option", 27),
    Col("Customer-min. sooner", 15, "right"),
    Col("Loading", 10, "right"),
    Col("Min. voltage", 13, "right"),
    Col("Rejected because", 47),
)
STEP_COLUMNS = (
    Col("Step", 7, "right"),
    Col("For validation", 47),
    Col("Device", 15, is_mono=True),
    Col("Proposed position", 15),
    Col("By", 10),
    Col("Time", 11, "right"),
    Col("Only after", 26),
)
CREW_COLUMNS = (
    Col("Crew", 22),
    Col("For", 21),
    Col("Score", 9, "right"),
    Col("Arrival", 11, "right"),
    Col("Travel", 11, "right"),
    Col("Lacking", 18),
    Col("Why", 34),
)
ETR_COLUMNS = (
    Col("Given at", 28),
    Col("P50", 28),
    Col("P90", 28),
    Col("Error", 16, "right"),
)


def findings(telling: Telling) -> list[Block]:
    """The whole part."""
    return [
        Heading(1, "5 Findings"),
        *_zones(telling),
        *_options(telling),
        *_rejected(telling),
        *_crews(telling),
        *_estimates(telling),
    ]


def _narrative(telling: Telling, key: str) -> list[Block]:
    text = telling.summary.narrative.get(key, "").strip()
    return [Paragraph(as_proposal(cut(text, 700)))] if text else []


def _zones(telling: Telling) -> list[Block]:
    zones = sorted(telling.summary.zones, key=lambda zone: (zone.rank, zone.zone_id))
    head: list[Block] = [Heading(2, "5.1 Fault zones"), *_narrative(telling, "zones")]
    if not zones:
        return [*head, Paragraph("No fault zone was ranked for this outage.")]
    truth = telling.summary.ranking_quality.true_zone_id
    true_rows = frozenset(place for place, zone in enumerate(zones) if zone.zone_id == truth)
    note = "In bold: the zone in which the fault was found." if true_rows else ""
    return [
        *head,
        telling.figure(zone_bars(telling.summary)),
        telling.table("Fault zones by probability", ZONE_COLUMNS, [_zone(zone) for zone in zones], true_rows, note),
    ]


def _zone(zone: ZoneLine) -> tuple[str, ...]:
    # The explanation says in words what the evidence rows of the replay say in figures.
    why = zone.explanation
    return (
        number(zone.rank),
        zone.zone_id,
        share(zone.probability),
        number(zone.meters_out),
        number(zone.critical_customers),
        f"{zone.patrol_order}. in {number(zone.patrol_miles, 2)}{NBSP}mi",
        as_proposal(cut(why)),
    )


def _options(telling: Telling) -> list[Block]:
    summary = telling.summary
    options = sorted(summary.options, key=lambda option: (option.rank is None, option.rank or 0, option.option_id))
    head: list[Block] = [Heading(2, "5.2 Restoration options"), *_narrative(telling, "options")]
    if options or summary.rejected_options:
        head.append(telling.figure(option_comparison(summary)))
    if not options:
        return [
            *head,
            Paragraph("No option passed the checks." if summary.rejected_options else "No option was generated."),
        ]
    note = "Customer-minutes sooner than by repair alone; loading with cold-load pickup; risk 0 to 100\u00a0%."
    table = telling.table(
        "Options by score", OPTION_COLUMNS, [_option(option) for option in options], frozenset({0}), note
    )
    return [*head, table, *_first(telling, options[0])]


def _option(option: OptionLine) -> tuple[str, ...]:
    return (
        NONE if option.rank is None else number(option.rank),
        f"{type_name(option)}, {option.option_id}",
        number(option.score, 1),
        number(option.cmr),
        number(option.customers_restored),
        minutes(option.est_minutes),
        NONE if option.loading_pct_max is None else f"{number(option.loading_pct_max)}{NBSP}%",
        NONE if option.v_min_pu is None else f"{number(option.v_min_pu, 3)}{NBSP}pu",
        share(option.risk, 0),
    )


def _first(telling: Telling, option: OptionLine) -> list[Block]:
    """The first option's own words, its steps and its risks."""
    blocks: list[Block] = [Advice(as_proposal(cut(option.narrative, 700)))] if option.narrative.strip() else []
    if option.steps:
        rows = [_step(place, step) for place, step in enumerate(option.steps, start=1)]
        caption = f"Steps of option {option.option_id}, proposed for validation by an operator"
        blocks.append(
            telling.table(caption, STEP_COLUMNS, rows, note="Nothing here has been or will be carried out by machine.")
        )
    risks = [str(item.get("text") or title_case(str(item.get("code", "")).lower())) for item in option.risk_items[:8]]
    if risks:
        blocks.append(Paragraph(f"What could go wrong with it: {cut(as_proposal(' '.join(risks)), 600)}"))
    return blocks


def _step(place: int, step: dict[str, object]) -> tuple[str, ...]:
    took = step.get("minutes")
    return (
        str(step.get("no", place)),
        as_proposal(cut(str(step.get("text", NONE)), 260)),
        str(step.get("device_id") or NONE),
        position(step.get("proposed")),
        "remote" if step.get("is_remote") else "hand",
        minutes(float(took)) if isinstance(took, int | float) else NONE,
        as_proposal(cut(str(step.get("precondition") or NONE), 160)),
    )


def _rejected(telling: Telling) -> list[Block]:
    rejected = sorted(telling.summary.rejected_options, key=lambda option: (-option.cmr, option.option_id))
    head: list[Block] = [Heading(2, "5.3 Options that were rejected")]
    if not rejected:
        return [*head, Paragraph("No option was rejected.")]
    rows = [
        (
            f"{type_name(option)}, {option.option_id}",
            number(option.cmr),
            NONE if option.loading_pct_max is None else f"{number(option.loading_pct_max)}{NBSP}%",
            NONE if option.v_min_pu is None else f"{number(option.v_min_pu, 3)}{NBSP}pu",
            cut("; ".join(as_proposal(_reason(reason)) for reason in option.infeasible_reasons) or NONE),
        )
        for option in rejected
    ]
    return [*head, telling.table("Options rejected, with the reason", REJECTED_COLUMNS, rows)]


def _reason(reason: str) -> str:
    """THERMAL: words as Thermal: words."""
    code, colon, words = reason.partition(":")
    return f"{title_case(code.lower())}:{words}" if colon and code.isupper() else reason


def _crews(telling: Telling) -> list[Block]:
    crews = sorted(telling.summary.crews, key=lambda crew: (crew.rank, crew.crew_id, crew.zone_id or ""))
    head: list[Block] = [Heading(2, "5.4 Crews"), *_narrative(telling, "crews")]
    if not crews:
        return [*head, Paragraph("No crew was recommended.")]
    chosen = frozenset(place for place, crew in enumerate(crews) if crew.is_assigned)
    note = "In bold: the jointly best assignment. A dispatcher decides who goes." if chosen else ""
    return [*head, telling.table("Crews by score", CREW_COLUMNS, [_crew(crew) for crew in crews], chosen, note)]


def _crew(crew: CrewLine) -> tuple[str, ...]:
    lacking = [title_case(item) for item in (*crew.skills_missing, *crew.parts_missing)]
    return (
        f"{crew.crew_name} ({crew.crew_id})" if crew.crew_name != crew.crew_id else crew.crew_id,
        as_proposal(f"{crew.role}, {crew.zone_id}" if crew.zone_id else crew.role),
        number(crew.score, 1),
        minutes(crew.eta_min),
        f"{number(crew.travel_km, 1)}{NBSP}km",
        cut(", ".join(lacking) or "nothing", 120),
        as_proposal(cut(crew.explanation or "; ".join(crew.conflicts), 240)),
    )


def _estimates(telling: Telling) -> list[Block]:
    head: list[Block] = [Heading(2, "5.5 Estimates of the time of restoration")]
    lines = telling.summary.etr
    if not lines:
        return [*head, Paragraph("No estimate was given.")]
    rows = [
        (
            at(line.given_at, telling.zone),
            at(line.p50_at, telling.zone),
            at(line.p90_at, telling.zone),
            signed_minutes(line.error_min),
        )
        for line in lines
    ]
    return [
        *head,
        telling.table(
            "Estimates as they were given",
            ETR_COLUMNS,
            rows,
            note="Error: restored less P50; a plus is later than said.",
        ),
    ]
