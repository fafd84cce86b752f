"""How probable each fault zone was: bars from zero, the credible set bracketed, the place of the fault marked."""

from collections.abc import Sequence

from domain.grid.outages.charts.reading import shade
from domain.grid.outages.rules.summary import ReplaySummary, ZoneLine
from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare, name_axis, name_room
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.lettering import drawable, text_width
from domain.kernel.charts.words import NBSP, listing, number, percent

COLUMNS = (
    Column("zone_id", "Zone"),
    Column("probability_pct", "Probability, %", 1),
    Column("cumulative_pct", "Cumulative, %", 1),
    Column("meters_out", "Meters out", 0),
    Column("patrol_order", "Patrol order", 0),
)
SHOWN, ROW = 10, 30.0


def zone_bars(summary: ReplaySummary) -> Chart:
    """One bar a ranked zone, the first ten; at least one zone."""
    shown = tuple(sorted(summary.zones, key=lambda zone: (zone.rank, zone.zone_id))[:SHOWN])
    title = finding(summary)
    return Chart(
        name="zone-probabilities",
        title=title,
        subtitle=_measure(len(shown), len(summary.zones)),
        alt=f"Bars of probability for {len(shown)} zones. {title}. "
        + " ".join(f"{drawable(zone.zone_id)} {percent(zone.probability * 100)}." for zone in shown[:5]),
        columns=COLUMNS,
        rows=tuple(
            (zone.zone_id, zone.probability * 100, zone.cum_probability * 100, zone.meters_out, zone.patrol_order)
            for zone in shown
        ),
        paint=lambda plot: _paint(plot, shown, summary.ranking_quality.true_zone_id),
        height=int(ROW * len(shown) + 12),
        phone_height=int(ROW * len(shown) + 12),
        is_advice=True,
    )


def _measure(shown: int, ranked: int) -> str:
    more = f", the first {shown} of {ranked}" if shown < ranked else ""
    return f"Probability that the fault lies in the zone, %{more}; bracket: smallest set that holds at least 90{NBSP}%"


def finding(summary: ReplaySummary) -> str:
    """Where the fault was against where it was looked for."""
    if not summary.zones:
        return "No fault zone was ranked"
    first = min(summary.zones, key=lambda zone: (zone.rank, zone.zone_id))
    quality, credible = summary.ranking_quality, [zone for zone in summary.zones if zone.in_credible_set]
    held = f"{drawable(first.zone_id)} held {percent(first.probability * 100, 0)} of the probability"
    if quality.true_zone_id is None:
        names = listing([drawable(zone.zone_id) for zone in credible[:3]])
        more = f"; {names} together at least 90{NBSP}%" if 1 < len(credible) <= 3 else ""
        return held + more
    if quality.true_zone_id == first.zone_id:
        return f"{held}, and there the fault was"
    if quality.rank_of_true_zone is None:
        return f"{held}, but the fault was in {drawable(quality.true_zone_id)}, which was not ranked"
    place = f"ranked {number(quality.rank_of_true_zone)} of {len(summary.zones)}"
    return f"{held}, but the fault was in {drawable(quality.true_zone_id)}, {place}"


def _words(plot: Plot, zone: ZoneLine, true_zone: str | None) -> str:
    words = percent(zone.probability * 100)
    if not plot.narrow:
        words += f"   cumulative {percent(zone.cum_probability * 100)}"
    return words + ("   fault was here" if zone.zone_id == true_zone else "")


def _paint(plot: Plot, zones: Sequence[ZoneLine], true_zone: str | None) -> None:
    names = [f"{zone.rank}  {drawable(zone.zone_id)}" for zone in zones]
    told = [
        (_words(plot, zone, true_zone), theme.BOLD if zone.zone_id == true_zone else theme.REGULAR) for zone in zones
    ]
    room = name_room(plot, names)
    # The words stand at the end of their bar; the bracket and its words need the edge.
    longest = max(zone.probability for zone in zones) or 1.0
    behind = max(
        text_width(words, plot.font, weight) - (1 - zone.probability / longest) * plot.width * 0.3
        for zone, (words, weight) in zip(zones, told, strict=True)
    )
    axes = plot.axes(room + 14, min(behind + 44, plot.width * 0.6), 4, 4)
    bare(axes, plot)
    name_axis(axes, plot, names, room)
    axes.set_xticks([])
    axes.set_xlim(0, longest)
    axes.axvline(0, color=theme.MUTED, linewidth=1)
    for place, (zone, (words, weight)) in enumerate(zip(zones, told, strict=True)):
        axes.barh(place, zone.probability, 0.6, color=shade(zone.probability), linewidth=0)
        axes.annotate(
            words,
            (zone.probability, place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            size=plot.font,
            weight=weight,
            color=theme.INK,
        )
        plot.tip(axes, axes.get_xlim(), (place - 0.5, place + 0.5), f"{drawable(zone.zone_id)}: {words}")
    _bracket(plot, sum(zone.in_credible_set for zone in zones), len(zones))


def _bracket(plot: Plot, count: int, shown: int) -> None:
    """At the right edge, over the zones of the credible set."""
    if not count:
        return
    each = (plot.height - 8) / shown
    top, foot, x = plot.height - 4 - each * 0.15, plot.height - 4 - each * (count - 0.15), plot.width - 20
    plot.sheet.plot([x - 5, x, x, x - 5], [top, top, foot, foot], color=theme.INK, linewidth=1.4)
    plot.write(
        plot.width - 6,
        (top + foot) / 2,
        f"90{NBSP}%",
        theme.INK,
        size=plot.font - 2,
        va="center",
        ha="center",
        rotation=90,
    )
