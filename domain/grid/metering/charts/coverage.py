"""Which reads arrived: feeders down, hours across, one hue; the darker a cell, the more is missing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from domain.grid.metering.rules.series import CoverageHour
from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare, instant, name_axis, name_room, time_axis
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.marks import key
from domain.kernel.charts.words import NBSP, clock, day, moment_text, percent, span

# The lower bound of each class in percent, with its name; the last is where a loss can no longer be told.
CLASSES = ((99.0, "99 to 100"), (97.0, "97 to 99"), (90.0, "90 to 97"), (75.0, "75 to 90"), (60.0, "60 to 75"))
LAST = "below 60"
LOW = 90.0
COLUMNS = (
    Column("feeder_id", "Feeder"),
    Column("hour", "Hour from"),
    Column("coverage_pct", "Coverage, %", 1),
    Column("reads_received", "Reads received", 0),
    Column("reads_expected", "Reads expected", 0),
)


def coverage_by_hour(hours: Sequence[CoverageHour], zone: ZoneInfo, source: str = "") -> Chart:
    """The heat-map; at least one hour. Hours that nobody expects stay blank."""
    shown = tuple(sorted(hours, key=lambda h: (h.feeder_id, h.hour)))
    title = finding(shown, zone)
    start, end = min(h.hour for h in shown), max(h.hour for h in shown) + timedelta(hours=1)
    feeders = sorted({h.feeder_id for h in shown})
    return Chart(
        name="coverage-by-hour",
        title=title,
        subtitle=f"Share of expected energy that was read, percent, by feeder and hour, {span(start, end, zone)}",
        alt=f"Heat-map of {len(feeders)} feeders. {title}.",
        columns=COLUMNS,
        rows=tuple((h.feeder_id, h.hour, h.coverage_pct, h.reads_received, h.reads_expected) for h in shown),
        paint=lambda plot: _paint(plot, shown, feeders, start, end, zone),
        height=26 * len(feeders) + 92,
        phone_height=26 * len(feeders) + 108,
        source=source,
    )


def finding(hours: Sequence[CoverageHour], zone: ZoneInfo) -> str:
    """Where reads are missing, or that they all arrived."""
    expected, received = sum(h.reads_expected for h in hours), sum(h.reads_received for h in hours)
    low = [h for h in hours if h.coverage_pct is not None and h.coverage_pct < LOW]
    if not low:
        return f"{percent(100 * received / expected if expected else None)} of the reads arrived; no feeder was silent"
    worst = min(low, key=lambda h: (h.coverage_pct or 0.0, h.feeder_id, h.hour))
    same = [h for h in low if h.feeder_id == worst.feeder_id]
    first, last = min(h.hour for h in same), max(h.hour for h in same) + timedelta(hours=1)
    others = len({h.feeder_id for h in low}) - 1
    more = f", and {others} other{'s' if others > 1 else ''} with it" if others else ""
    when = f"{day(first, zone)} {clock(first, zone)} to {clock(last, zone)}"
    return f"{worst.feeder_id} was heard at {percent(worst.coverage_pct, 0)} at worst, {when}{more}"


def class_of(coverage_pct: float) -> int:
    """The step of the scale: 0 is complete, 5 is below 60 percent."""
    return next((step for step, (bound, _) in enumerate(CLASSES) if coverage_pct >= bound), len(CLASSES))


def _paint(
    plot: Plot,
    hours: Sequence[CoverageHour],
    feeders: Sequence[str],
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
) -> None:
    room = name_room(plot, feeders)
    axes = plot.axes(room + 14, 20, 44, 40 if not plot.narrow else 56)
    bare(axes, plot)
    time_axis(axes, plot, start, end, zone)
    name_axis(axes, plot, feeders, room)
    for place, feeder in enumerate(feeders):
        _row(axes, plot, place, [h for h in hours if h.feeder_id == feeder], zone)
    names = [*(name for _, name in CLASSES), LAST]
    key(plot, [(f"{name}{NBSP}%", color) for name, color in zip(names, theme.SCALE, strict=True)])


def _row(axes: Axes, plot: Plot, place: int, hours: Sequence[CoverageHour], zone: ZoneInfo) -> None:
    """One rectangle for each stretch of hours of the same class; a gap between hours stays a gap."""
    known = [h for h in hours if h.coverage_pct is not None]
    numbered = enumerate(known)
    for (step, _), members in groupby(
        numbered, lambda item: (class_of(item[1].coverage_pct or 0.0), _hour(item[1].hour) - item[0])
    ):
        run = [h for _, h in members]
        left, right = instant(run[0].hour), instant(run[-1].hour) + 1.0
        axes.add_patch(Rectangle((left, place - 0.44), right - left, 0.88, facecolor=theme.SCALE[step], linewidth=0))
    for hour in hours:
        words = f"{hour.feeder_id}, hour from {moment_text(hour.hour, zone)}: coverage {percent(hour.coverage_pct)}"
        plot.tip(axes, (instant(hour.hour), instant(hour.hour) + 1.0), (place - 0.5, place + 0.5), words)


def _hour(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() // 3600)
