"""Where the fault was, how supply came back, and when what happened."""

from domain.grid.outages.charts.restoration import restoration_curve
from domain.grid.outages.charts.timeline import timeline_strip
from domain.grid.outages.charts.zone_map import network_figure
from domain.grid.outages.report.sections.told import Telling
from domain.grid.outages.report.words import as_proposal, change, cut, minutes
from domain.grid.outages.rules.summary import CounterfactualCase, Milestone
from domain.kernel.charts.words import NONE, listing, number
from domain.kernel.report.blocks import Block, Bullets, Col, Heading, PageBreak, Paragraph
from domain.kernel.report.words import at, title_case

CASES = {
    "as_recommended": "First option followed",
    "second_option": "Second option followed",
    "ideal": "Fault's zone known at once",
}
CASE_COLUMNS = (
    Col("Case", 26),
    Col("Option", 13, is_mono=True),
    Col("Customer-minutes", 18, "right"),
    Col("Change", 13, "right"),
    Col("Between", 24, "right"),
    Col("SAIDI, min", 13, "right"),
)
MEASURES = {
    "detection_lead_min": "Detected ahead of the first call",
    "etr_first_error_min": "Error of the first estimate",
    "etr_mae_min": "Mean error of the estimates",
    "repair_min": "Repair, from the find to the last restoration",
    "restoration_min": "Restoration of the last customer",
    "time_to_arrive_min": "Crew on site",
    "time_to_dispatch_min": "Crew dispatched",
    "time_to_first_etr_min": "First estimate given",
    "time_to_isolate_min": "Fault isolated",
    "time_to_promote_min": "Promoted by a person",
    "time_to_rank_min": "Fault zones ranked",
}
MOST_TIMELINE = 20
TIMELINE_COLUMNS = (Col("When", 27), Col("After", 13, "right"), Col("What", 40), Col("Told by", 20))
QUALITY = {"observed": "", "reported": " (reported)", "derived": " (derived)", "missing": ""}


def where(telling: Telling) -> list[Block]:
    """The map or the one-line diagram."""
    chart = network_figure(telling.summary)
    head: list[Block] = [PageBreak(), Heading(1, "2 Where the fault lay")]
    if chart is None:
        return [
            *head,
            Paragraph("The replay holds no lines of the outage's neighbourhood, so there is no drawing of it."),
        ]
    return [*head, telling.figure(chart)]


def supply(telling: Telling) -> list[Block]:
    """The restoration curve, and what following the advice would have changed."""
    summary = telling.summary
    blocks: list[Block] = [Heading(1, "3 How supply came back"), telling.figure(restoration_curve(summary))]
    if not summary.counterfactual:
        return [*blocks, Paragraph("No counterfactual was computed: there was no option to follow.")]
    blocks.append(
        telling.table(
            "What following the advice would have changed, in customer-minutes; less is better",
            CASE_COLUMNS,
            [_case(case) for case in summary.counterfactual],
            note="Made only from what was known when the options were made, except for scoring against what happened.",
        )
    )
    infeasible = [case for case in summary.counterfactual if not case.is_feasible]
    if infeasible:
        blocks.append(
            Bullets(
                tuple(f"{CASES[case.case]}: {as_proposal(cut(case.why_not or 'not feasible'))}" for case in infeasible)
            )
        )
    if summary.assumptions:
        blocks += [
            Paragraph("Assumptions", "bold"),
            Bullets(tuple(as_proposal(cut(text)) for text in summary.assumptions[:12])),
        ]
    return blocks


def _case(case: CounterfactualCase) -> tuple[str, ...]:
    if not case.is_feasible:
        return (CASES[case.case], case.option_id or NONE, number(case.cmi), "0", "not feasible", "0")
    low, high = sorted((case.delta_cmi_low, case.delta_cmi_high))
    return (
        CASES[case.case],
        case.option_id or NONE,
        number(case.cmi),
        change(case.delta_cmi),
        f"{change(low)} and {change(high)}",
        change(case.delta_saidi_min, 3),
    )


def timeline(telling: Telling) -> list[Block]:
    """The strip, at most twenty rows, and what nobody recorded."""
    summary = telling.summary
    strip = timeline_strip(summary)
    blocks: list[Block] = [Heading(1, "4 Timeline")]
    blocks += [telling.figure(strip)] if strip is not None else []
    rows = [_milestone(telling, milestone) for milestone in _recorded(telling)]
    if rows:
        blocks.append(telling.table("What happened when, local time", TIMELINE_COLUMNS, rows, most=MOST_TIMELINE))
    missing = [milestone.label for milestone in summary.milestones if milestone.at is None]
    if missing:
        blocks.append(Paragraph(f"Not recorded, and not guessed: {listing(missing)}.", "note"))
    durations = [
        (MEASURES.get(key, title_case(key.removesuffix("_min"))), minutes(value)) for key, value in _durations(telling)
    ]
    if durations:
        columns = (Col("Measure", 60), Col("Length", 40, "right"))
        blocks.append(
            telling.table(
                "How long it took, from the first evidence unless named otherwise", columns, durations, part=0.62
            )
        )
    return blocks


def _durations(telling: Telling) -> list[tuple[str, float | None]]:
    return sorted((key, value) for key, value in telling.summary.metrics.items() if key.endswith("_min"))


def _recorded(telling: Telling) -> list[Milestone]:
    """Milestones in order of time; the steps between the first and the last restoration go first where room lacks."""
    told = [milestone for milestone in telling.summary.milestones if milestone.at is not None]
    steps = [milestone for milestone in told if milestone.code.startswith("restoration_step")]
    too_many = max(len(told) - MOST_TIMELINE, 0)
    dropped = {id(milestone) for milestone in steps[len(steps) - too_many :]} if too_many else set()
    kept = [milestone for milestone in told if id(milestone) not in dropped]
    return sorted(kept, key=lambda milestone: (milestone.minutes_from_start or 0.0, milestone.code))


def _milestone(telling: Telling, milestone: Milestone) -> tuple[str, ...]:
    return (
        at(milestone.at, telling.zone, seconds=True),
        minutes(milestone.minutes_from_start),
        as_proposal(cut(milestone.label, 200)),
        f"{cut(milestone.source or NONE, 80)}{QUALITY[milestone.quality]}",
    )
