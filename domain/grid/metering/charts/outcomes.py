"""Before, during and after each injected event: what it had to change, and what was seen to change."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes

from domain.grid.metering.charts.events import KIND_COLORS, OTHER
from domain.grid.metering.rules.series import KIND_NAMES, Outcome
from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare
from domain.kernel.charts.chart import Cell, Chart, Column, Plot
from domain.kernel.charts.words import NBSP, number, span

KPI_NAMES = {
    "loss_pct_adj": "Loss, corrected",
    "loss_pct_raw": "Loss, raw",
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
        subtitle="Level before, during and after each injected event; change expected (with tolerance) and observed",
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
    _gauge(plot, outcome, 640, 0, top - 66, 56)


def _phone_row(plot: Plot, outcome: Outcome, top: float, zone: ZoneInfo) -> None:
    _rule(plot, top)
    color = KIND_COLORS.get(outcome.kind, OTHER)
    plot.write(0, top - 18, f"{outcome.event_name} on {outcome.feeder_id}", color[1], weight=theme.BOLD)
    levels = " \u2192 ".join(outcome.level(value) for value in (outcome.before, outcome.during, outcome.after))
    plot.write(0, top - 36, f"{KPI_NAMES.get(outcome.kpi, outcome.kpi)}: {levels}")
    plot.write(0, top - 53, span(outcome.starts_at, outcome.ends_at, zone), theme.MUTED, size=plot.font - 1)
    _gauge(plot, outcome, 0, 0, top - 122, 62)


def _rule(plot: Plot, top: float) -> None:
    axes = plot.axes(0, 0, top - 1, plot.height - top)
    axes.axis("off")
    axes.axhline(0.5, color=theme.LINE, linewidth=1)


def _levels(plot: Plot, outcome: Outcome, left: float, top: float, color: str) -> None:
    """Three short lines at their heights on one scale, each with its number."""
    values = (outcome.before, outcome.during, outcome.after)
    known = [value for value in values if value is not None]
    axes = plot.axes(left, plot.width - left - 290, top - 78, plot.height - top + 24)
    axes.axis("off")
    axes.set_xlim(0, 290)
    if not known:
        axes.text(0, 0.5, "not yet observed", color=theme.MUTED, size=plot.font, va="center")
        return
    low, high = min(known), max(known)
    # No change must look like none: the scale spans at least four times the tolerance.
    room = max(high - low, 4 * outcome.tolerance)
    axes.set_ylim(low - 0.2 * room, high + 0.75 * room)
    for index, value in enumerate(values):
        x = index * 100
        if value is None:
            axes.text(x, low, "not yet", color=theme.MUTED, size=plot.font, va="bottom")
            continue
        line = color if index == 1 else theme.FLEET
        axes.plot([x, x + 72], [value, value], color=line, linewidth=4, solid_capstyle="butt")
        axes.annotate(
            outcome.level(value),
            (x, value),
            xytext=(0, 5),
            textcoords="offset points",
            size=plot.font + 2,
            weight=theme.BOLD if index == 1 else theme.REGULAR,
            color=theme.INK,
        )


def _gauge(plot: Plot, outcome: Outcome, left: float, right: float, base: float, height: float) -> None:
    """A scale of the change from zero: the tolerated range as a band, expected hollow, observed solid."""
    axes = plot.axes(left, right, base, plot.height - base - height)
    bare(axes, plot)
    axes.set_yticks([])
    expected, tolerance = outcome.expected, outcome.tolerance
    places = [
        0.0,
        expected - tolerance,
        expected + tolerance,
        *([outcome.observed] if outcome.observed is not None else []),
    ]
    low, high = min(places), max(places)
    room = 0.12 * (high - low)
    axes.set_xlim(low - room, high + room)
    axes.set_ylim(0, 1)
    middle = 0.32
    axes.axhline(middle, color=theme.LINE, linewidth=1, zorder=1)
    axes.plot([0, 0], [middle - 0.18, middle + 0.18], color=theme.MUTED, linewidth=1, zorder=1)
    axes.fill_between(
        [expected - tolerance, expected + tolerance], middle - 0.16, middle + 0.16, color=theme.BAND, linewidth=0
    )
    axes.plot([expected], [middle], "o", ms=11, mfc=theme.SURFACE, mec=theme.INK, mew=1.8, zorder=3)
    axes.set_xticks([0], ["0"])
    _gauge_words(axes, plot, outcome)


def _gauge_words(axes: Axes, plot: Plot, outcome: Outcome) -> None:
    expected = f"expected {outcome.change(outcome.expected)} ±{NBSP}{number(outcome.tolerance, 1)}"
    if outcome.observed is None:
        axes.text(0.0, 0.98, f"{expected}, not yet observed", transform=axes.transAxes, size=plot.font, va="top")
        return
    good = outcome.is_explained
    color, text_color = (theme.GREEN, theme.GREEN_TEXT) if good else (theme.VERMILLION, theme.VERMILLION_TEXT)
    axes.plot([outcome.observed], [0.32], "o", ms=6, mfc=color, mec=color, zorder=4)
    axes.text(
        0.0,
        0.98,
        f"Observed {outcome.change(outcome.observed)}, {outcome.verdict}",
        transform=axes.transAxes,
        size=plot.font,
        weight=theme.BOLD,
        color=text_color,
        va="top",
    )
    axes.text(1.0, 0.98, expected, transform=axes.transAxes, size=plot.font, color=theme.MUTED, va="top", ha="right")
