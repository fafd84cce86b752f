"""What was measured, stair by stair: pressures by floor, velocities, forces, and sequences as rows of time."""

from domain.kernel.charts.words import NONE
from domain.kernel.report.blocks import Block, Col, Heading, Paragraph
from domain.stairs.report.figures import force_figure, of_kind, pressure_figure, sequence_figures
from domain.stairs.report.telling import MEASURES, Telling, limits, outcome, result
from domain.stairs.rules.report_content import InstancePart, SessionReport

VELOCITY_COLUMNS = (
    Col("Doorway", 44),
    Col("Floor", 20),
    Col("Mean, m/s", 18, "right"),
    Col("Least at point", 22, "right"),
    Col("Baseline, m/s", 20, "right"),
    Col("Verdict", 26),
)
INTERFACE_COLUMNS = (
    Col("Interface", 66),
    Col("Response, s", 20, "right"),
    Col("Limit, s", 20, "right"),
    Col("Verdict", 26),
)


def measured(telling: Telling, report: SessionReport, heading: str) -> list[Block]:
    """A part for each stair, in the order of their names."""
    blocks: list[Block] = [Heading(1, heading)]
    for number, stair in enumerate(sorted({one.stair for one in report.counted}), start=1):
        own = [one for one in report.counted if one.stair == stair]
        blocks.append(Heading(2, f"{heading.split(' ', 1)[0]}.{number} {stair}"))
        for chart in (pressure_figure(stair, own), force_figure(stair, own)):
            blocks += [] if chart is None else [telling.figure(chart)]
        blocks += _velocities(telling, own)
        blocks += [telling.figure(chart) for chart in sequence_figures(own)]
        blocks += _interfaces(telling, own)
    return blocks if len(blocks) > 1 else [*blocks, Paragraph("Nothing was tested.")]


def _velocities(telling: Telling, instances: list[InstancePart]) -> list[Block]:
    own = of_kind(instances, "air_velocity")
    if not own:
        return []
    rows = [
        (
            one.place,
            one.floor_level or NONE,
            one.measured or NONE,
            NONE if one.grid is None else f"{one.grid.least} at {one.grid.least_point}",
            one.baseline or NONE,
            outcome(one),
        )
        for one in own
    ]
    failed = frozenset(place for place, one in enumerate(own) if one.verdict == "non_compliant")
    note = "Mean of nine points; points are numbered 1 to 3 in the top row from the left, 7 to 9 in the bottom row."
    return [
        telling.table(f"{MEASURES['air_velocity']} through open doorways", VELOCITY_COLUMNS, rows, failed, note, 400)
    ]


def _interfaces(telling: Telling, instances: list[InstancePart]) -> list[Block]:
    own = of_kind(instances, "interface_test")
    if not own:
        return []
    rows = [(one.place, one.measured or NONE, one.maximum or NONE, outcome(one)) for one in own]
    failed = frozenset(place for place, one in enumerate(own) if one.verdict == "non_compliant")
    return [telling.table("Interfaces, as the technician attests", INTERFACE_COLUMNS, rows, failed, most=100)]


RESULT_COLUMNS = (
    Col("No.", 10, "right"),
    Col("Test", 104),
    Col("Result", 22, "right"),
    Col("Limits", 24),
    Col("Against baseline", 20, "right"),
    Col("Verdict", 24),
)


def results(telling: Telling, report: SessionReport, heading: str) -> list[Block]:
    """Every test in walk order, also those that were tested again."""
    rows = [_result(one) for one in report.instances]
    failed = frozenset(place for place, one in enumerate(report.instances) if one.verdict == "non_compliant")
    note = "Results stand as they were read. Of a test that was repeated, the newest counts."
    return [Heading(1, heading), telling.table("Every test, in walk order", RESULT_COLUMNS, rows, failed, note, 5_000)]


def _result(one: InstancePart) -> tuple[str, ...]:
    baseline = NONE if one.deviation_pct is None else f"{one.deviation_pct} %"
    what = one.identifier + ("\ntested again later" if one.is_replaced else "")
    flags = f"\n{', '.join(flag.replace('_', ' ').lower() for flag in one.flags)}" if one.flags else ""
    return str(one.sequence_order), what, result(one), limits(one), baseline, outcome(one) + flags
