"""Loss of one feeder over time: what was measured, what was to be expected, and what was injected."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes

from domain.grid.metering.charts.events import in_words, ribbon_of
from domain.grid.metering.rules.series import HOUR, EventWindow, LossInterval, balance, mean_coverage, tellable, within
from domain.kernel.charts import theme
from domain.kernel.charts.axes import instant, steps, time_axis, value_axis
from domain.kernel.charts.chart import Cell, Chart, Column, Plot
from domain.kernel.charts.lettering import text_width
from domain.kernel.charts.marks import (
    EndLabel,
    draw_ribbons,
    end_labels,
    label_margin,
    paper,
    place_ribbons,
    ribbon_height,
)
from domain.kernel.charts.words import NBSP, moment_text, number, percent, signed, span

TOLERANCE_PP = 0.5
HORIZON = timedelta(hours=24)
SURE_COVERAGE = 90.0
EMPHASIS = ("theft",)
# What stands in a gap of the line.
UNKNOWN = {"LOW_FLOW": "hardly any flow", "INSUFFICIENT_COVERAGE": "too few reads", "NO_READS": "no reads"}

COLUMNS = (
    Column("read_at", "Interval end"),
    Column("delivered_kwh", "Delivered, kWh", 1),
    Column("metered_kwh", "Metered, kWh", 1),
    Column("coverage_pct", "Coverage, %", 1),
    Column("loss_pct_raw", "Loss, raw, %", 2),
    Column("loss_pct_adj", "Loss, corrected, %", 2),
    Column("technical_loss_pct", "Technical loss, expected, %", 2),
    Column("foretold_kwh", "Foretold beyond it by events, kWh", 2),
    Column("loss_status", "Status"),
)


def loss_over_time(
    feeder: str, points: Sequence[LossInterval], events: Sequence[EventWindow], zone: ZoneInfo, source: str = ""
) -> Chart:
    """The feeder's loss per interval over its expected band; `points` in time order, at least one."""
    shown = tuple(tellable(points))
    minutes = shown[-1].interval_minutes
    window = span(shown[0].start, shown[-1].read_at, zone)
    marked = tuple(event for event in events if _touches(event, shown[0].start, shown[-1].read_at))
    title = finding(feeder, points, marked)
    return Chart(
        name=f"loss-over-time-{feeder}",
        title=title,
        subtitle=f"Loss of {feeder}, percent of delivered energy, {minutes}-minute intervals, {window}{_dotted(shown)}",
        alt=f"Line chart. {title}. {in_words(marked, zone)}".strip(),
        columns=COLUMNS,
        rows=tuple(_row(point) for point in shown),
        paint=lambda plot: _paint(plot, shown, marked, zone),
        height=400,
        phone_height=320,
        source=source,
    )


def finding(feeder: str, points: Sequence[LossInterval], events: Sequence[EventWindow]) -> str:
    """What the chart says: of the last hour, or of an injected theft where one lies in the window."""
    end = points[-1].read_at
    theft = next((event for event in reversed(events) if event.kind in EMPHASIS), None)
    over = within(points, theft.starts_at, theft.ends_at) if theft else []
    # The chart of the event has all of it; where less is shown here, two figures of one theft would stand on a page.
    is_whole = theft is not None and theft.starts_at >= points[0].start
    lasted = "while the injected {} lasted" if is_whole else "in the part of the injected {} that is shown"
    spell = lasted.format(theft.kind) if theft else ""
    if not over or theft is None or theft.ends_at >= end:
        over, spell = within(points, end - HOUR, end), "in the last hour"
    sums = balance(over)
    if sums.loss_pct is None or sums.technical_pct is None:
        arrived = percent(mean_coverage(over), 0)
        return f"{feeder}'s loss {spell} is not known: {arrived} of its reads arrived"
    return f"{feeder} lost {percent(sums.loss_pct)} {spell}, {_judged(sums.unexplained_pct or 0.0, sums.technical_pct)}"


def _judged(above: float, technical: float) -> str:
    if above > TOLERANCE_PP:
        return f"{number(above, 1)} points above its expected {percent(technical)}"
    if above < -TOLERANCE_PP:
        return f"{number(-above, 1)} points below its expected {percent(technical)}"
    return f"as expected of its lines and transformers ({percent(technical)})"


def _dotted(points: Sequence[LossInterval]) -> str:
    """What a dotted stretch means, where there is one."""
    few = any(p.loss_pct_adj is not None and not _is_sure(p) for p in points)
    return f"; dotted: fewer than {percent(SURE_COVERAGE, 0)} of the reads" if few else ""


def _row(point: LossInterval) -> tuple[Cell, ...]:
    return tuple(getattr(point, column.key) for column in COLUMNS)


def _touches(event: EventWindow, start: datetime, end: datetime) -> bool:
    return event.starts_at < end and event.ends_at > start


def _paint(plot: Plot, points: Sequence[LossInterval], events: Sequence[EventWindow], zone: ZoneInfo) -> None:
    names = _names(plot, points)
    left, right = (42.0 if plot.narrow else 48.0), label_margin(plot, names)
    placed = place_ribbons(plot, [ribbon_of(e) for e in events], (points[0].start, points[-1].read_at), left, right)
    axes = plot.axes(left, right, bottom=44, top=ribbon_height(plot, placed))
    starts, ends = [p.start for p in points], [p.read_at for p in points]
    axes.set_xlim(instant(starts[0]), instant(ends[-1]))
    low, high = _limits(points)
    axes.set_ylim(low, high)
    value_axis(axes, plot, "%")
    time_axis(axes, plot, starts[0], ends[-1], zone)
    if low < 0:
        axes.axhline(0, color=theme.MUTED, linewidth=1)
    draw_ribbons(axes, plot, placed)
    technical = [p.technical_loss_pct for p in points]
    x, centre = steps(starts, ends, technical)
    axes.fill_between(x, centre - TOLERANCE_PP, centre + TOLERANCE_PP, color=theme.BAND, linewidth=0, zorder=1)
    x, raw = steps(starts, ends, [p.loss_pct_raw for p in points])
    axes.plot(x, raw, color=theme.MUTED, linewidth=1, zorder=2)
    _corrected(axes, points)
    for event in events:
        _expected_level(axes, plot, points, event)
    _say_what_is_cut(axes, plot, points)
    _say_what_is_missing(axes, plot, points)
    end_labels(axes, plot, names)
    for point in points:
        plot.tip(axes, (instant(point.start), instant(point.read_at)), axes.get_ylim(), _tip(point, zone))


def _corrected(axes: Axes, points: Sequence[LossInterval]) -> None:
    """The corrected loss: solid where nearly all reads arrived, thin and dotted where it stands on few."""
    starts, ends = [p.start for p in points], [p.read_at for p in points]
    for is_sure, style in ((True, {"linewidth": 2.4}), (False, {"linewidth": 1.4, "dashes": (1.2, 1.2)})):
        values = [p.loss_pct_adj if _is_sure(p) == is_sure else None for p in points]
        if any(value is not None for value in values):
            axes.plot(*steps(starts, ends, values), color=theme.BLUE, zorder=4, **style)


def _is_sure(point: LossInterval) -> bool:
    return point.coverage_pct is None or point.coverage_pct >= SURE_COVERAGE


def _limits(points: Sequence[LossInterval]) -> tuple[float, float]:
    """From zero to a little above what is shown; raw loss far beyond the rest is cut by the frame, and said so."""
    corrected = [p.loss_pct_adj for p in points if p.loss_pct_adj is not None]
    expected = [(p.technical_loss_pct or 0.0) + TOLERANCE_PP for p in points]
    lifted = [p.foretold_pct for p in points if p.foretold_pct is not None and p.loss_pct_adj is not None]
    level = max([*corrected, *expected, *lifted, 1.0])
    raw = max((p.loss_pct_raw for p in points if p.loss_pct_raw is not None), default=0.0)
    top = max(level, min(raw, 1.35 * level))
    lowest = min([*corrected, 0.0])
    return (lowest * 1.15 if lowest < -TOLERANCE_PP else min(lowest, 0.0)), top * 1.1


def _expected_level(axes: Axes, plot: Plot, points: Sequence[LossInterval], event: EventWindow) -> None:
    """A dashed line at the technical loss plus what the event was foretold to add, with its mean as a number."""
    # An expectation is worked out for the event's first day.
    covered = within(points, event.starts_at, min(event.ends_at, event.starts_at + HORIZON))
    if event.expected_pp is None or not covered or abs(event.expected_pp) < TOLERANCE_PP:
        return
    color, text_color = theme.VERMILLION, theme.VERMILLION_TEXT
    levels = [p.foretold_pct if p.foretold_kwh is not None else _lifted(p, event.expected_pp) for p in covered]
    x, y = steps([p.start for p in covered], [p.read_at for p in covered], levels)
    axes.plot(x, y, color=color, linewidth=1.8, dashes=(4, 2.5), zorder=5)
    known = [level for level in levels if level is not None]
    if not known:
        return
    mean, added = _mean_foretold(covered, event.expected_pp)
    change = f"{signed(added)}{NBSP}pp"
    words = f"Predicted {percent(mean)}" if plot.narrow else f"Predicted {percent(mean)} ({change})"
    drawn = [value for p in covered for value in (p.loss_pct_adj, p.loss_pct_raw) if value is not None]
    begin, (first, last) = instant(covered[0].start), axes.get_xlim()
    room = axes.get_window_extent().width * (last - begin) / (last - first)
    # Of an event that has hardly begun the words end at the frame: right of it stand the names of the lines.
    fits = text_width(words, plot.font, theme.BOLD) + 10 <= room
    axes.annotate(
        words,
        (begin if fits else last, min(max(drawn + known), axes.get_ylim()[1] * 0.93)),
        xytext=(5 if fits else -5, 4),
        ha="left" if fits else "right",
        textcoords="offset points",
        color=text_color,
        size=plot.font,
        weight=theme.BOLD,
        va="bottom",
        bbox=paper(),
        zorder=6,
    )


def _lifted(point: LossInterval, by_pp: float) -> float | None:
    return None if point.technical_loss_pct is None else point.technical_loss_pct + by_pp


def _mean_foretold(covered: Sequence[LossInterval], otherwise_pp: float) -> tuple[float, float]:
    """The foretold loss over the intervals that came in, and how much of it the event adds; weighted by energy."""
    known = [p for p in covered if p.loss_pct_adj is not None and p.delivered_kwh]
    delivered = sum(p.delivered_kwh or 0.0 for p in known)
    technical = sum(p.technical_loss_kwh or 0.0 for p in known)
    foretold = [p.foretold_kwh for p in known if p.foretold_kwh is not None]
    if not delivered:
        return otherwise_pp, otherwise_pp
    added = 100 * sum(foretold) / abs(delivered) if foretold else otherwise_pp
    return 100 * technical / abs(delivered) + added, added


def _say_what_is_cut(axes: Axes, plot: Plot, points: Sequence[LossInterval]) -> None:
    """Where raw loss leaves the frame its highest value stands at the frame; of crowded ones only the highest."""
    top = axes.get_ylim()[1]
    start, end = axes.get_xlim()
    pixels = axes.get_window_extent().width / (end - start)
    taken: list[tuple[float, float]] = []
    cut = _runs(points, lambda p: p.loss_pct_raw is not None and p.loss_pct_raw > top)
    for run in sorted(cut, key=lambda run: (-_highest(run), run[0].start)):
        middle = (instant(run[0].start) + instant(run[-1].read_at)) / 2
        words = f"raw {percent(_highest(run), 0)} \u2191"
        half = (text_width(words, plot.font - 1) / 2 + 6) / pixels
        if any(middle - half < right and middle + half > left for left, right in taken):
            continue
        taken.append((middle - half, middle + half))
        axes.annotate(
            words,
            (min(max(middle, start + half), end - half), top),
            xytext=(0, -5),
            textcoords="offset points",
            color=theme.MUTED,
            size=plot.font - 1,
            ha="center",
            va="top",
            bbox=paper(),
            zorder=6,
        )


def _highest(run: Sequence[LossInterval]) -> float:
    return max(p.loss_pct_raw or 0.0 for p in run)


def _say_what_is_missing(axes: Axes, plot: Plot, points: Sequence[LossInterval]) -> None:
    """A gap, or a stretch with few reads, says what it is where it has room for the words."""
    low, high = axes.get_ylim()
    start, end = axes.get_xlim()
    width = axes.get_window_extent().width
    holes = [(a.read_at, b.start, "no data") for a, b in pairwise(points) if b.start > a.read_at]
    holes += [
        (run[0].start, run[-1].read_at, UNKNOWN.get(run[0].loss_status, "not known"))
        for run in _runs(points, lambda p: p.loss_pct_adj is None)
    ]
    for run in _runs(points, lambda p: p.loss_pct_adj is not None and not _is_sure(p)):
        holes.append((run[0].start, run[-1].read_at, f"{percent(mean_coverage(run), 0)} read"))
    for since, until, words in holes:
        left, right = instant(since), instant(until)
        if (right - left) / (end - start) * width > text_width(words, plot.font - 1) + 4:
            x, y, size = (left + right) / 2, low + (high - low) * 0.04, plot.font - 1
            axes.text(x, y, words, color=theme.MUTED, size=size, ha="center", bbox=paper(), zorder=6)


def _runs(points: Sequence[LossInterval], wanted: Callable[[LossInterval], bool]) -> list[list[LossInterval]]:
    """Unbroken stretches of intervals that fulfil the condition."""
    return [list(members) for fulfils, members in groupby(points, wanted) if fulfils]


def _names(plot: Plot, points: Sequence[LossInterval]) -> list[EndLabel]:
    """The lines' names, each with its last value, to stand at the right end."""
    raw = "Raw" if plot.narrow else "Raw, as read"
    found = []
    for key, name, color, weight in (
        ("loss_pct_adj", "Actual", theme.BLUE_TEXT, theme.BOLD),
        ("loss_pct_raw", raw, theme.MUTED, theme.REGULAR),
        ("technical_loss_pct", "Expected", theme.MUTED, theme.REGULAR),
    ):
        last = next((v for v in (getattr(p, key) for p in reversed(points)) if v is not None), None)
        if last is not None:
            band = f" ±{NBSP}{TOLERANCE_PP:g}" if key == "technical_loss_pct" and not plot.narrow else ""
            found.append(EndLabel(last, f"{name} {percent(last)}{band}", color, weight))
    return found


def _tip(point: LossInterval, zone: ZoneInfo) -> str:
    figures = (
        f"loss {percent(point.loss_pct_adj, 2)}",
        f"raw {percent(point.loss_pct_raw, 2)}",
        f"expected {percent(point.technical_loss_pct, 2)}",
        f"coverage {percent(point.coverage_pct)}",
    )
    return f"{moment_text(point.read_at, zone)}: {', '.join(figures)}"
