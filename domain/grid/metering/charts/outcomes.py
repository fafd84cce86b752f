"""Before, during and after each injected event: what it had to change, and what was seen to change."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from matplotlib.patches import Rectangle

from domain.grid.metering.charts.events import KIND_COLORS, OTHER
from domain.grid.metering.rules.series import KIND_NAMES, Outcome
from domain.kernel.charts import theme
from domain.kernel.charts.chart import Cell, Chart, Column, Plot
from domain.kernel.charts.words import NBSP, number, span

KPI_NAMES = {
    "loss_pct_adj": "Loss, corrected",
    "loss_pct_raw": "Loss, raw",
    "delivered_pct": "Delivered energy",
    "coverage_pct": "Coverage",
    "avg_voltage": "Mean voltage",
}
COLUMNS = (
    Column("event", "Event"),
    Column("feeder_id", "Feeder"),
    Column("kpi", "Measure"),
    Column("starts_at", "From"),
    Column("ends_at", "To"),
    Column("before", "Before", 2),
    Column("during", "During", 2),
    Column("after", "After", 2),
    Column("recorded", "Observed intervals", 2),
    Column("twin", "The same without the event", 2),
    Column("expected", "Expected change", 2),
    Column("observed", "Observed change", 2),
    Column("tolerance", "Tolerance, ±", 2),
    Column("unit", "Unit of change"),
    Column("verdict", "Verdict"),
)


def before_during_after(outcomes: Sequence[Outcome], zone: ZoneInfo, source: str = "") -> Chart:
    """One row an outcome: three levels, then expected beside observed change. At least one outcome."""
    shown = tuple(outcomes)
    title = finding(shown)
    return Chart(
        name="event-outcomes",
        title=title,
        subtitle="Level before, during and after each injected event; change against the same hours without it",
        alt=f"One row for each injected event. {title}. " + " ".join(_sentence(outcome) for outcome in shown),
        columns=COLUMNS,
        rows=tuple(_row(outcome) for outcome in shown),
        paint=lambda plot: _paint(plot, shown, zone),
        height=int(ROW * len(shown) + HEAD),
        phone_height=int(PHONE_ROW * len(shown) + 8),
        source=source,
    )


ROW, HEAD, PHONE_ROW = 92.0, 30.0, 132.0


def finding(outcomes: Sequence[Outcome]) -> str:
    """For one event its numbers, for several how many did what they had to."""
    seen = [outcome for outcome in outcomes if outcome.observed is not None]
    if not seen:
        return "No injected event has been observed yet"
    if len(seen) == 1:
        return _sentence(seen[0])
    good = sum(outcome.is_explained is True for outcome in seen)
    if len(seen) == good == 2:
        return "Both observed changes agree with what was predicted before they were seen"
    what = "All" if good == len(seen) else f"{good} of"
    return f"{what} {len(seen)} observed changes agree with what was predicted before they were seen"


def _sentence(outcome: Outcome) -> str:
    kind = KIND_NAMES.get(outcome.kind, outcome.kind).lower()
    seen = "not yet observed" if outcome.observed is None else f"observed {outcome.change(outcome.observed)}"
    return f"Injected {kind} on {outcome.feeder_id}: predicted {outcome.change(outcome.expected)}, {seen}"


def _row(outcome: Outcome) -> tuple[Cell, ...]:
    return (
        outcome.event_name,
        outcome.feeder_id,
        KPI_NAMES.get(outcome.kpi, outcome.kpi),
        outcome.starts_at,
        outcome.ends_at,
        outcome.before,
        outcome.during,
        outcome.after,
        outcome.recorded,
        outcome.twin,
        outcome.expected,
        outcome.observed,
        outcome.tolerance,
        outcome.unit,
        outcome.verdict,
    )


def _paint(plot: Plot, outcomes: Sequence[Outcome], zone: ZoneInfo) -> None:
    for index, outcome in enumerate(outcomes):
        row = PHONE_ROW if plot.narrow else ROW
        top = plot.height - (0 if plot.narrow else HEAD) - index * row
        (_phone_row if plot.narrow else _page_row)(plot, outcome, top, zone)
    if not plot.narrow:
        for x, words in ((292, "Before"), (392, "During"), (492, "After"), (640, "Change: expected and observed")):
            plot.write(x, plot.height - 14, words, theme.MUTED, size=plot.font - 1)


def _page_row(plot: Plot, outcome: Outcome, top: float, zone: ZoneInfo) -> None:
    _rule(plot, top)
    color = KIND_COLORS.get(outcome.kind, OTHER)
    plot.write(0, top - 30, f"{outcome.event_name} on {outcome.feeder_id}", color[1], weight=theme.BOLD)
    plot.write(0, top - 50, KPI_NAMES.get(outcome.kpi, outcome.kpi))
    plot.write(0, top - 69, span(outcome.starts_at, outcome.ends_at, zone), theme.MUTED, size=plot.font - 1)
    _levels(plot, outcome, 292, top, color[0])
    _gauge(plot, outcome, 640, top - 12)


def _phone_row(plot: Plot, outcome: Outcome, top: float, zone: ZoneInfo) -> None:
    _rule(plot, top)
    color = KIND_COLORS.get(outcome.kind, OTHER)
    plot.write(0, top - 18, f"{outcome.event_name} on {outcome.feeder_id}", color[1], weight=theme.BOLD)
    levels = " \u2192 ".join(outcome.level(value) for value in (outcome.before, outcome.during, outcome.after))
    plot.write(0, top - 36, f"{KPI_NAMES.get(outcome.kpi, outcome.kpi)}: {levels}")
    plot.write(0, top - 53, span(outcome.starts_at, outcome.ends_at, zone), theme.MUTED, size=plot.font - 1)
    _gauge(plot, outcome, 0, top - 64)


def _rule(plot: Plot, top: float) -> None:
    plot.sheet.plot([0, plot.width], [top, top], color=theme.LINE, linewidth=1)


def _levels(plot: Plot, outcome: Outcome, left: float, top: float, color: str) -> None:
    """Three short lines at their heights on one scale, each with its number."""
    values = (outcome.before, outcome.during, outcome.after)
    known = [value for value in values if value is not None]
    if not known:
        plot.write(left, top - 48, "not yet observed", theme.MUTED)
        return
    low = min(known)
    # No change must look like none: the scale spans at least four times the tolerance.
    per_unit = 32.0 / max(max(known) - low, 4 * outcome.tolerance)
    for index, value in enumerate(values):
        x = left + index * 100
        if value is None:
            words = "not yet" if index == 2 and not outcome.is_over else "not known"
            plot.write(x, top - 70, words, theme.MUTED)
            continue
        y = top - 72 + (value - low) * per_unit
        is_during = index == 1
        line = color if is_during else theme.FLEET
        plot.sheet.plot([x, x + 72], [y, y], color=line, linewidth=4, solid_capstyle="butt")
        weight = theme.BOLD if is_during else theme.REGULAR
        plot.write(x, y + 6, outcome.level(value), size=plot.font + 2, weight=weight)


def _gauge(plot: Plot, outcome: Outcome, left: float, top: float) -> None:
    """A scale of the change from zero: the tolerated range as a band, expected hollow, observed solid."""
    expected, tolerance, observed = outcome.expected, outcome.tolerance, outcome.observed
    places = [0.0, expected - tolerance, expected + tolerance, *([] if observed is None else [observed])]
    low, high = min(places), max(places)
    width = plot.width - left - 24

    def at(value: float) -> float:
        return left + 12 + (value - low) / (high - low) * width

    y, sheet = top - 34.0, plot.sheet
    sheet.plot([left, plot.width], [y, y], color=theme.LINE, linewidth=1, zorder=1)
    sheet.plot([at(0)] * 2, [y - 10, y + 10], color=theme.MUTED, linewidth=1, zorder=1)
    band = (at(expected - tolerance), y - 9)
    sheet.add_patch(Rectangle(band, at(expected + tolerance) - band[0], 18, facecolor=theme.BAND, linewidth=0))
    sheet.plot([at(expected)], [y], "o", ms=11, mfc=theme.SURFACE, mec=theme.INK, mew=1.8, zorder=3)
    plot.write(at(0), y - 25, "0", theme.MUTED, size=plot.font - 1, ha="center")
    words = f"expected {outcome.change(expected)} ±{NBSP}{number(tolerance, 1)}"
    if observed is None:
        plot.write(left, top - 12, f"{words}, not yet observed")
        return
    color, text_color = (
        (theme.GREEN, theme.GREEN_TEXT) if outcome.is_explained else (theme.VERMILLION, theme.VERMILLION_TEXT)
    )
    sheet.plot([at(observed)], [y], "o", ms=6, mfc=color, mec=color, zorder=4)
    seen = f"Observed {outcome.change(observed)}" + ("" if plot.narrow else f", {outcome.verdict}")
    plot.write(left, top - 12, seen, text_color, weight=theme.BOLD)
    plot.write(plot.width, top - 12, words, theme.MUTED, ha="right")
