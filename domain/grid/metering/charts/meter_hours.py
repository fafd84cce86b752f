"""A meter's hours drawn twice: as a carpet of days and hours, and its voltage against what it says it used."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from domain.grid.metering.rules.meter_hours import WIDTH, Habit, MeterHour
from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare, value_axis
from domain.kernel.charts.chart import Cell, Chart, Column, Plot
from domain.kernel.charts.marks import key
from domain.kernel.charts.words import NBSP, moment_text, number, signed, span, with_unit

HOURS = 24
BEYOND = "the voltage fell further than the read explains"
CARPET_COLUMNS = (Column("on", "Day"), *(Column(f"h{h:02d}", f"{h:02d}:00, kWh", 2) for h in range(HOURS)))
VOLTAGE_COLUMNS = (
    Column("hour", "Hour from"),
    Column("kwh", "Energy of the hour, kWh", 3),
    Column("apart_v", "Above its neighbours, V", 2),
    Column("usual_v", "Usual with that energy, V", 2),
    Column("verdict", "Verdict"),
)


def carpet(meter_id: str, hours: Sequence[MeterHour], zone: ZoneInfo, source: str = "") -> Chart:
    """Days down, hours of the local day across; the darker, the more was used. At least one hour."""
    days = _by_day(hours, zone)
    step = _step(hours)
    most = max(range(HOURS), key=lambda h: (_mean([row[h] for row in days.values()]) or 0.0, -h))
    title = f"{meter_id} uses most from {most:02d}:00 to {most + 1:02d}:00"
    return Chart(
        name=f"carpet-{meter_id}",
        title=title,
        subtitle=f"Energy of each local hour, kWh, over {len(days)} days; blank: not all of the hour's reads arrived",
        alt=f"Heat-map of {len(days)} days by 24 hours. {title}.",
        columns=CARPET_COLUMNS,
        rows=tuple((on.isoformat(), *row) for on, row in days.items()),
        paint=lambda plot: _paint_carpet(plot, days, step),
        height=12 * len(days) + 74,
        phone_height=12 * len(days) + 92,
        source=source,
    )


def _by_day(hours: Sequence[MeterHour], zone: ZoneInfo) -> dict[date, list[float | None]]:
    """The day's hours by their number on the clock; of the two that autumn has of one, the later stands."""
    found: dict[date, list[float | None]] = {}
    for one in hours:
        local = one.hour.astimezone(zone)
        found.setdefault(local.date(), [None] * HOURS)[local.hour] = one.kwh
    return dict(sorted(found.items()))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _step(hours: Sequence[MeterHour]) -> float:
    """The width of a class in kWh, a round number, so that few hours lie above the last."""
    ordered = sorted(max(one.kwh, 0.0) for one in hours)
    wanted = max(ordered[int(0.97 * (len(ordered) - 1))] / 5, 0.01)
    tens = 10.0 ** math.floor(math.log10(wanted))
    return next(round(tens * one, 6) for one in (1, 2, 2.5, 5, 10) if tens * one >= wanted - 1e-9)


def _class(kwh: float, step: float) -> int:
    return min(max(int(kwh / step + 1e-9), 0), len(theme.SCALE) - 1)


def _paint_carpet(plot: Plot, days: dict[date, list[float | None]], step: float) -> None:
    left = 72.0 if plot.narrow else 84.0
    axes = plot.axes(left, 14, 24, 26 if not plot.narrow else 46)
    bare(axes, plot)
    axes.set_xlim(0, HOURS)
    axes.set_ylim(len(days) - 0.5, -0.5)
    axes.set_xticks(range(0, HOURS, 6 if plot.narrow else 3))
    axes.set_xticklabels([f"{hour:02d}:00" for hour in range(0, HOURS, 6 if plot.narrow else 3)])
    named = [place for place, on in enumerate(days) if on.weekday() == 0]
    axes.set_yticks(named, [f"{on:%a} {on.day} {on:%b}" for on in days if on.weekday() == 0])
    for place, (on, row) in enumerate(days.items()):
        _lay(axes, place, row, step)
        total = math.fsum(kwh for kwh in row if kwh is not None)
        words = f"{on:%a} {on.day} {on:%b}: {with_unit(total, 'kWh', 1)} in {sum(k is not None for k in row)} hours"
        plot.tip(axes, (0, HOURS), (place - 0.5, place + 0.5), words)
    decimals = 2 if step < 0.1 else 1 if step < 1 else 0
    decimals += round(step, decimals) != step
    bounds = [number(n * step, decimals) for n in range(len(theme.SCALE))]
    names = [f"{low} to {high}" for low, high in pairwise(bounds)]
    names = [f"below {bounds[1]}", *names[1:], f"{bounds[-1]}{NBSP}kWh and more"]
    key(plot, list(zip(names, theme.SCALE, strict=True)))


def _lay(axes: Axes, place: int, row: Sequence[float | None], step: float) -> None:
    """One rectangle for each stretch of the same class; what is not known stays blank."""
    for kind, members in groupby(range(HOURS), lambda h: None if row[h] is None else _class(row[h] or 0.0, step)):
        if kind is not None:
            run = list(members)
            axes.add_patch(Rectangle((run[0], place - 0.46), len(run), 0.92, facecolor=theme.SCALE[kind], linewidth=0))


def voltage_against_energy(
    meter_id: str, judged: Sequence[MeterHour], habit: Habit, zone: ZoneInfo, source: str = ""
) -> Chart:
    """The judged hours as marks about the line of the hours before; at least one of them with both voltages."""
    shown = tuple(one for one in judged if one.apart is not None)
    below = [one for one in shown if habit.is_below(one)]
    title = (
        f"In {number(len(below))} of {number(len(shown))} hours the voltage of {meter_id} fell further than its reads"
        " explain"
        if below
        else f"The voltage of {meter_id} goes with its reads as it did before"
    )
    return Chart(
        name=f"voltage-against-energy-{meter_id}",
        title=title,
        subtitle=(
            f"Voltage above the median of its transformer's others, V on the 120 V base, by the energy of the hour,"
            f" {span(shown[0].hour, shown[-1].hour + timedelta(hours=1), zone)}; line and band: the"
            f" {number(habit.hours)} hours before and {number(WIDTH)} of their standard deviations"
        ),
        alt=f"Scatter of {len(shown)} hours about a line. {title}.",
        columns=VOLTAGE_COLUMNS,
        rows=tuple(_row(one, habit) for one in shown),
        paint=lambda plot: _paint_voltage(plot, shown, habit, zone),
        height=320,
        phone_height=280,
        source=source,
        is_advice=True,
    )


def _row(one: MeterHour, habit: Habit) -> tuple[Cell, ...]:
    verdict = BEYOND if habit.is_below(one) else "as before"
    return one.hour, one.kwh, one.apart, habit.at(one.kwh), verdict


def _paint_voltage(plot: Plot, shown: Sequence[MeterHour], habit: Habit, zone: ZoneInfo) -> None:
    axes = plot.axes(50.0 if plot.narrow else 64.0, 22, 30, 26 if not plot.narrow else 66)
    low, high = min(0.0, *(one.kwh for one in shown)), max(0.1, *(one.kwh for one in shown))
    ends = [low, high + 0.04 * (high - low)]
    line = [habit.at(kwh) for kwh in ends]
    room = WIDTH * habit.spread_v
    heights = [one.apart or 0.0 for one in shown] + [y + side * room for y in line for side in (-1, 1)]
    margin = 0.06 * (max(heights) - min(heights)) + 0.01
    axes.set_xlim(*ends)
    axes.set_ylim(min(heights) - margin, max(heights) + margin)
    value_axis(axes, plot, "V")
    ticks = [tick for tick in axes.get_xticks() if ends[0] <= tick <= ends[1]]
    decimals = 0 if all(float(tick).is_integer() for tick in ticks) else 1 if high > 1 else 2
    axes.set_xticks(ticks, [number(t, decimals) + (f"{NBSP}kWh" if t == ticks[-1] else "") for t in ticks])
    axes.fill_between(ends, [y - room for y in line], [y + room for y in line], color=theme.BAND, linewidth=0, zorder=1)
    axes.plot(ends, line, color=theme.MUTED, linewidth=1.6, zorder=2)
    for color, is_below in ((theme.BLUE, False), (theme.VERMILLION, True)):
        chosen = [one for one in shown if habit.is_below(one) is is_below]
        axes.plot(
            [one.kwh for one in chosen],
            [one.apart or 0.0 for one in chosen],
            "s" if is_below else "o",
            markersize=6 if is_below else 5,
            color=color,
            markeredgewidth=0,
            zorder=4 if is_below else 3,
        )
    reach_x, reach_y = (ends[1] - ends[0]) / 150, (axes.get_ylim()[1] - axes.get_ylim()[0]) / 60
    for one in shown:
        x, y = one.kwh, one.apart or 0.0
        words = (
            f"Hour from {moment_text(one.hour, zone)}: {with_unit(x, 'kWh', 2)}, {signed(y)}{NBSP}V from its"
            f" neighbours, usual {signed(habit.at(x))}{NBSP}V"
        )
        plot.tip(axes, (x - reach_x, x + reach_x), (y - reach_y, y + reach_y), words)
    key(
        plot,
        [
            ("Hour, as before", theme.BLUE),
            ("Fell further than the read explains", theme.VERMILLION),
            ("Usual", theme.BAND),
        ],
    )
