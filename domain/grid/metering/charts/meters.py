"""Suspicious meters with the points of each reason, and one meter's days beside what was to be expected."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes

from domain.grid.metering.charts.events import in_words, ribbon_of
from domain.grid.metering.rules.series import EventWindow, MeterDay, SuspiciousMeter
from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare, day_axis, instant, name_axis, name_room, value_axis
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.marks import draw_ribbons, key, place_ribbons, ribbon_height
from domain.kernel.charts.words import number, percent, with_unit

REASONS = {
    "own": ("Own drop", theme.BLUE),
    "volt": ("Voltage", theme.ORANGE),
    "loss_attrib": ("Feeder's loss", theme.GREEN),
    "zero": ("Zero runs", theme.PURPLE),
    "flat": ("Flatter curve", theme.SKY),
    "tamper": ("Tamper reports", theme.VERMILLION),
}
LOWERED = "Lowered"
# The share of its reads that a day needs to count as whole.
WHOLE = 0.95
REASON_COLUMNS = (
    Column("rank", "Rank", 0),
    Column("meter_id", "Meter"),
    Column("feeder_id", "Feeder"),
    Column("score", "Score", 1),
    *(Column(code, f"{name}, points", 1) for code, (name, _) in REASONS.items()),
    Column("lowered", "Lowered by, points", 1),
)
DAY_COLUMNS = (
    Column("on", "Day"),
    Column("kwh", "Metered, kWh", 2),
    Column("expected_kwh", "Expected, kWh", 2),
    Column("reads", "Reads", 0),
    Column("reads_expected", "Reads expected", 0),
)


def reasons_by_meter(meters: Sequence[SuspiciousMeter], on: str, source: str = "") -> Chart:
    """Stacked points for each meter, highest score first; at least one. What lowers a score stands left of zero."""
    shown = tuple(meters)
    strong = sum(meter.score >= 60 for meter in shown)
    first = shown[0]
    title = f"{first.meter_id} scores {number(first.score, 0)} of 100" + (
        f"; {strong} of these {len(shown)} score 60 or more" if strong > 1 else ""
    )
    return Chart(
        name="reasons-by-meter",
        title=title,
        subtitle=f"Points of each reason for suspicion, meters with the highest scores, scored for {on}",
        alt=f"Stacked bars of {len(shown)} meters. {title}.",
        columns=REASON_COLUMNS,
        rows=tuple(_row(meter) for meter in shown),
        paint=lambda plot: _paint_reasons(plot, shown),
        height=32 * len(shown) + 56,
        phone_height=32 * len(shown) + 78,
        source=source,
        is_advice=True,
    )


def _row(meter: SuspiciousMeter) -> tuple[str | float | int, ...]:
    points = _points(meter)
    return (
        meter.rank,
        meter.meter_id,
        meter.feeder_id,
        meter.score,
        *(points.get(code, 0.0) for code in REASONS),
        points.get(LOWERED, 0.0),
    )


def _points(meter: SuspiciousMeter) -> dict[str, float]:
    """Points by reason; whatever is negative, and suppressors, count together as lowering."""
    found: dict[str, float] = {}
    for reason in meter.reasons:
        key = reason.code if reason.code in REASONS and reason.points > 0 else LOWERED
        found[key] = found.get(key, 0.0) + reason.points
    return found


def _paint_reasons(plot: Plot, meters: Sequence[SuspiciousMeter]) -> None:
    names = [meter.meter_id for meter in meters]
    present = [code for code in REASONS if any(_points(meter).get(code) for meter in meters)]
    room = name_room(plot, names)
    axes = plot.axes(room + 12, 48, 4, 34 if not plot.narrow else 56)
    bare(axes, plot)
    axes.set_xticks([])
    lowest = min(0.0, *(_points(meter).get(LOWERED, 0.0) for meter in meters))
    highest = max(sum(p for p in _points(meter).values() if p > 0) for meter in meters)
    axes.set_xlim(lowest, max(highest, 1.0))
    name_axis(axes, plot, names, room)
    for place, meter in enumerate(meters):
        _stack(axes, plot, place, meter, present)
    axes.axvline(0, color=theme.MUTED, linewidth=1)
    lowers = [("Lowers the score", theme.FLEET)] if lowest < -0.05 else []
    key(plot, [*(REASONS[code] for code in present), *lowers])


def _stack(axes: Axes, plot: Plot, place: int, meter: SuspiciousMeter, present: Sequence[str]) -> None:
    points = _points(meter)
    at = 0.0
    for code in present:
        width = points.get(code, 0.0)
        if width:
            axes.barh(place, width, 0.62, left=at, color=REASONS[code][1], edgecolor=theme.SURFACE, linewidth=1)
            at += width
    lowered = points.get(LOWERED, 0.0)
    if lowered:
        axes.barh(place, lowered, 0.62, color=theme.FLEET, linewidth=0)
    axes.annotate(
        number(meter.score, 0),
        (at, place),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        size=plot.font,
        weight=theme.BOLD,
        color=theme.INK,
        annotation_clip=False,
    )
    words = f"{meter.meter_id}, score {number(meter.score, 1)}. " + " ".join(r.text for r in meter.reasons)
    plot.tip(axes, axes.get_xlim(), (place - 0.5, place + 0.5), words)


def meter_days(
    meter_id: str, days: Sequence[MeterDay], events: Sequence[EventWindow], zone: ZoneInfo, source: str = ""
) -> Chart:
    """Daily energy of one meter as bars, the expected as a mark on each; days without reads stay empty."""
    shown = tuple(days)
    start, end = _midnight(shown[0], zone), _midnight(shown[-1], zone, 1)
    marked = tuple(event for event in events if event.starts_at < end and event.ends_at > start)
    title = day_finding(meter_id, shown, marked, zone)
    return Chart(
        name=f"meter-days-{meter_id}",
        title=title,
        subtitle=(
            f"Energy of {meter_id}, kWh per local day; mark: its own baseline moved as its feeder moved that day;"
            f" pale: fewer than {percent(100 * WHOLE, 0)} of the reads that others on its feeder sent"
        ),
        alt=f"Bar chart of {len(shown)} days. {title}. {in_words(marked, zone)}".strip(),
        columns=DAY_COLUMNS,
        rows=tuple((d.on.isoformat(), d.kwh, d.expected_kwh, d.reads, d.reads_expected) for d in shown),
        paint=lambda plot: _paint_days(plot, shown, marked, zone),
        height=320,
        phone_height=280,
        source=source,
        is_advice=True,
    )


def day_finding(meter_id: str, days: Sequence[MeterDay], events: Sequence[EventWindow], zone: ZoneInfo) -> str:
    """How the last days compare with the expected: those since an event began, else the last seven."""
    event = next((e for e in reversed(events) if e.kind == "theft"), None)
    since = event.starts_at.astimezone(zone).date() if event else days[-1].on - timedelta(days=6)
    both = [d for d in days if d.on >= since and d.kwh is not None and d.expected_kwh]
    expected = sum(d.expected_kwh or 0.0 for d in both)
    if not expected:
        return f"Nothing can be said of {meter_id} yet: there is no baseline to compare with"
    change = 100 * (sum(d.kwh or 0.0 for d in both) / expected - 1)
    side = "less" if change < 0 else "more"
    when = "while the injected theft lasted" if event else f"over {len(both)} days"
    return f"{meter_id} recorded {percent(abs(change), 0)} {side} than expected {when}"


def _midnight(day: MeterDay, zone: ZoneInfo, after: int = 0) -> datetime:
    return datetime.combine(day.on + timedelta(days=after), time(), zone).astimezone(UTC)


def _paint_days(plot: Plot, days: Sequence[MeterDay], events: Sequence[EventWindow], zone: ZoneInfo) -> None:
    start, end = _midnight(days[0], zone), _midnight(days[-1], zone, 1)
    left = 50.0 if plot.narrow else 64.0
    placed = place_ribbons(plot, [ribbon_of(e) for e in events], (start, end), left, 22)
    axes = plot.axes(left, 22, 44, ribbon_height(plot, placed))
    values = [v for d in days for v in (d.kwh, d.expected_kwh) if v is not None]
    axes.set_ylim(min([*values, 0.0]) * 1.1, max([*values, 0.1]) * 1.1)
    day_axis(axes, plot, [day.on for day in days], zone)
    value_axis(axes, plot, "kWh")
    axes.axhline(0, color=theme.MUTED, linewidth=1)
    draw_ribbons(axes, plot, placed)
    for day in days:
        begin, width = instant(_midnight(day, zone)), 24.0
        whole = day.reads >= WHOLE * day.reads_expected
        if day.kwh is not None:
            axes.bar(
                begin + width / 2,
                day.kwh,
                width * 0.66,
                color=theme.BLUE if whole else theme.SKY,
                linewidth=0,
                zorder=3,
            )
        if day.expected_kwh is not None:
            axes.plot(
                [begin + width * 0.08, begin + width * 0.92],
                [day.expected_kwh] * 2,
                color=theme.INK,
                linewidth=2,
                zorder=4,
            )
        words = (
            f"{day.on:%a} {day.on.day} {day.on:%b}: {with_unit(day.kwh, 'kWh', 1)},"
            f" expected {with_unit(day.expected_kwh, 'kWh', 1)}, {day.reads} of {day.reads_expected} reads"
        )
        plot.tip(axes, (begin, begin + width), axes.get_ylim(), words)
