"""The one-line diagram: sections from the head to the ends, where the network's coordinates are not known."""

from collections import defaultdict
from collections.abc import Sequence

from domain.grid.outages.charts.reading import shade
from domain.grid.outages.charts.sections import Section, sections_of
from domain.grid.outages.charts.zones import finding
from domain.grid.outages.rules.summary import ReplaySummary, ZoneLine
from domain.kernel.charts import theme
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.lettering import drawable, fit
from domain.kernel.charts.words import percent

COLUMNS = (
    Column("zone_id", "Zone"),
    Column("device_id", "Device at its head"),
    Column("probability_pct", "Probability, %", 1),
    Column("lines", "Lines", 0),
)
ROW, MOST = 46.0, 14


def one_line(summary: ReplaySummary) -> Chart:
    """The diagram of the ranked sections with their way to the head; at least one line."""
    zones = {zone.zone_id: zone for zone in summary.zones}
    every = sections_of(summary.map)
    kept = _kept(every, zones)
    title = finding(summary)
    left_out = len(every) - len(kept)
    told = f"; {left_out} other sections are not drawn" if left_out else ""
    rows = max(_rows(kept).values(), default=0.0) + 1
    return Chart(
        name="one-line",
        title=title,
        subtitle=(
            "One-line diagram, not to scale, supplied from the left; ranked zones by probability, darker is likelier;"
            f" shaded: without supply; hollow squares: open points{told}"
        ),
        alt=f"One-line diagram of {len(kept)} sections. {title}.",
        columns=COLUMNS,
        rows=tuple(
            (
                section.zone_id or "not ranked",
                section.device_id,
                zones[section.zone_id].probability * 100 if section.zone_id in zones else None,
                section.lines,
            )
            for section in kept
        ),
        paint=lambda plot: _paint(plot, kept, zones, summary.ranking_quality.true_zone_id),
        height=int(max(rows * ROW + 40, 120)),
        phone_height=int(max(rows * ROW + 40, 120)),
        is_advice=True,
    )


def _kept(sections: Sequence[Section], zones: dict[str, ZoneLine]) -> list[Section]:
    """The most probable sections with all that supplies them, then others while there is room for them."""
    by_index = {section.index: section for section in sections}
    worth = sorted(
        sections,
        key=lambda s: (-(zones[s.zone_id].probability if s.zone_id in zones else -1.0), s.depth, s.index),
    )
    chosen: set[int] = set()
    for section in worth:
        way: list[int] = []
        at: Section | None = section
        while at is not None and at.index not in chosen:
            way.append(at.index)
            at = by_index[at.parent] if at.parent is not None else None
        if len(chosen) + len(way) <= MOST or not chosen:
            chosen.update(way[:MOST])
    return [section for section in sections if section.index in chosen]


def _rows(sections: Sequence[Section]) -> dict[int, float]:
    """The height of each section: leaves one below the other, a parent at its first child."""
    children: dict[int | None, list[Section]] = defaultdict(list)
    shown = {section.index for section in sections}
    for section in sections:
        children[section.parent if section.parent in shown else None].append(section)
    rows: dict[int, float] = {}
    taken = 0
    # Depth first without recursion: a feeder may be a long chain.
    stack = list(reversed(children[None]))
    while stack:
        section = stack.pop()
        rows[section.index] = float(taken)
        beneath = children[section.index]
        if not beneath:
            taken += 1
        stack.extend(reversed(beneath))
    return rows


def _paint(plot: Plot, sections: Sequence[Section], zones: dict[str, ZoneLine], true_zone: str | None) -> None:
    rows = _rows(sections)
    first = min((section.depth for section in sections), default=0)
    depth = max(section.depth for section in sections) - first + 1
    step = (plot.width - 16) / depth
    tops = {section.index: plot.height - 50 - rows[section.index] * ROW for section in sections}
    for section in sections:
        left = 8 + (section.depth - first) * step
        right, y = left + step, tops[section.index]
        if section.parent in tops and tops[section.parent] != y:
            plot.sheet.plot([left, left], [tops[section.parent], y], color=theme.FLEET, linewidth=1.4, zorder=1)
        zone = zones.get(section.zone_id or "")
        if section.is_out:
            plot.sheet.plot(
                [left, right], [y, y], color=theme.VERMILLION, alpha=0.16, linewidth=13, solid_capstyle="butt"
            )
        color, width = (theme.FLEET, 1.6) if zone is None else (shade(zone.probability), 2.4 + 4 * zone.probability)
        plot.sheet.plot([left, right], [y, y], color=color, linewidth=width, solid_capstyle="butt", zorder=2)
        _device(plot, section, left, y)
        _words(plot, section, zone, (left, right, y), true_zone)
    plot.write(0, plot.height - 10, "from the substation", theme.MUTED, size=plot.font - 2)


def _device(plot: Plot, section: Section, left: float, y: float) -> None:
    if section.device_id is None:
        return
    edge, fill = (theme.VERMILLION, theme.SURFACE) if section.is_open else (theme.INK, theme.INK)
    plot.sheet.plot([left + 5], [y], "s", ms=7.5, mfc=fill, mec=edge, mew=1.8, zorder=5)


def _words(
    plot: Plot, section: Section, zone: ZoneLine | None, place: tuple[float, float, float], true_zone: str | None
) -> None:
    left, right, y = place
    room = right - left - 16
    if section.device_id is not None:
        plot.write(
            left + 12, y - 18, fit(drawable(section.device_id), room, plot.font - 2), theme.MUTED, size=plot.font - 2
        )
    if zone is not None:
        here = ", fault here" if zone.zone_id == true_zone else ""
        end = f" {percent(zone.probability * 100, 0)}{here}"
        name = fit(f"{drawable(zone.zone_id)}{end}", room, plot.font - 1, theme.BOLD)
        plot.write(left + 12, y + 8, name, theme.INK, size=plot.font - 1, weight=theme.BOLD)
