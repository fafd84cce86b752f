"""One meter's voltage beside its transformer's other meters and the limits of ANSI C84.1 range A."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.grid.metering.charts.events import in_words, ribbon_of
from domain.grid.metering.rules.series import EventWindow
from domain.kernel.charts import theme
from domain.kernel.charts.axes import instant, steps, time_axis, value_axis
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.marks import (
    EndLabel,
    draw_ribbons,
    end_labels,
    label_margin,
    place_ribbons,
    ribbon_height,
)
from domain.kernel.charts.words import NBSP, moment_text, number, span, with_unit

RANGE_A = (114.0, 126.0)
COLUMNS = (
    Column("read_at", "Interval end"),
    Column("kwh", "Energy, kWh", 3),
    Column("voltage", "Voltage, V", 1),
    Column("peer_voltage", "Median of its transformer's others, V", 1),
)


@dataclass(frozen=True)
class VoltagePoint:
    """One read: voltage on the 120 V base; `peer_voltage` is the median of the other meters on the transformer."""

    read_at: datetime
    interval_minutes: int
    kwh: float
    voltage: float | None
    peer_voltage: float | None

    @property
    def start(self) -> datetime:
        """When the interval began."""
        return self.read_at - timedelta(minutes=self.interval_minutes)


def voltage_over_time(
    meter_id: str, points: Sequence[VoltagePoint], events: Sequence[EventWindow], zone: ZoneInfo, source: str = ""
) -> Chart:
    """Two lines between the limits; the axis is cut and says so. `points` in time order, at least one."""
    shown = tuple(points)
    start, end = shown[0].start, shown[-1].read_at
    marked = tuple(event for event in events if event.starts_at < end and event.ends_at > start)
    title = _finding(meter_id, shown)
    return Chart(
        name=f"voltage-{meter_id}",
        title=title,
        subtitle=(
            f"Voltage at {meter_id} on the 120 V base, {shown[-1].interval_minutes}-minute intervals,"
            f" {span(start, end, zone)}; the axis does not begin at zero"
        ),
        alt=f"Line chart of voltage. {title}. {in_words(marked, zone)}".strip(),
        columns=COLUMNS,
        rows=tuple((p.read_at, p.kwh, p.voltage, p.peer_voltage) for p in shown),
        paint=lambda plot: _paint(plot, shown, marked, zone),
        height=300,
        phone_height=260,
        source=source,
    )


def _finding(meter_id: str, points: Sequence[VoltagePoint]) -> str:
    known = [p.voltage for p in points if p.voltage is not None]
    if not known:
        return f"{meter_id} reports no voltage"
    outside = sum(not RANGE_A[0] <= value <= RANGE_A[1] for value in known)
    if outside:
        return f"{meter_id} lay outside range A in {number(outside)} of {number(len(known))} intervals"
    both = [p.voltage - p.peer_voltage for p in points if p.voltage is not None and p.peer_voltage is not None]
    if not both:
        return f"{meter_id} stayed within range A"
    apart = sum(both) / len(both)
    side = "below" if apart < 0 else "above"
    return f"{meter_id} stayed within range A, {number(abs(apart), 2)}{NBSP}V {side} its neighbours on average"


def _paint(plot: Plot, points: Sequence[VoltagePoint], events: Sequence[EventWindow], zone: ZoneInfo) -> None:
    starts, ends = [p.start for p in points], [p.read_at for p in points]
    names = _names(plot, points)
    left, right = (50.0 if plot.narrow else 64.0), label_margin(plot, names)
    placed = place_ribbons(plot, [ribbon_of(e) for e in events], (starts[0], ends[-1]), left, right)
    axes = plot.axes(left, right, 44, ribbon_height(plot, placed))
    axes.set_xlim(instant(starts[0]), instant(ends[-1]))
    known = [v for p in points for v in (p.voltage, p.peer_voltage) if v is not None]
    axes.set_ylim(min([*known, RANGE_A[0]]) - 1.5, max([*known, RANGE_A[1]]) + 1.0)
    value_axis(axes, plot, "V")
    time_axis(axes, plot, starts[0], ends[-1], zone)
    draw_ribbons(axes, plot, placed)
    for limit in RANGE_A:
        axes.axhline(limit, color=theme.VERMILLION, linewidth=1, dashes=(4, 3), zorder=2)
    x, others = steps(starts, ends, [p.peer_voltage for p in points])
    axes.plot(x, others, color=theme.FLEET, linewidth=1.6, zorder=3)
    x, own = steps(starts, ends, [p.voltage for p in points])
    axes.plot(x, own, color=theme.BLUE, linewidth=2, zorder=4)
    end_labels(axes, plot, names)
    for point in points:
        words = (
            f"{moment_text(point.read_at, zone)}: {with_unit(point.voltage, 'V', 1)},"
            f" its transformer's others {with_unit(point.peer_voltage, 'V', 1)}, {with_unit(point.kwh, 'kWh', 3)}"
        )
        plot.tip(axes, (instant(point.start), instant(point.read_at)), axes.get_ylim(), words)


def _names(plot: Plot, points: Sequence[VoltagePoint]) -> list[EndLabel]:
    found = [
        EndLabel(limit, f"{limit:g}" if plot.narrow else f"Range A {limit:g}{NBSP}V", theme.VERMILLION_TEXT)
        for limit in RANGE_A
    ]
    for key, name, color, weight in (
        ("voltage", "This meter", theme.BLUE_TEXT, theme.BOLD),
        ("peer_voltage", "Others", theme.MUTED, theme.REGULAR),
    ):
        last = next((v for v in (getattr(p, key) for p in reversed(points)) if v is not None), None)
        if last is not None:
            found.append(EndLabel(last, name if plot.narrow else f"{name} {with_unit(last, 'V', 1)}", color, weight))
    return found
