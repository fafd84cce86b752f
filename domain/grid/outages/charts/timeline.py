"""The outage as a strip of time: which phase took how long, with the recorded instants; what is missing is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.grid.outages.charts.reading import lasting, moment, zone_of
from domain.grid.outages.rules.summary import Milestone, ReplaySummary
from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare, instant, time_axis
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.lettering import drawable, fit, text_width
from domain.kernel.charts.words import clock, listing, moment_text, span

COLUMNS = (
    Column("phase", "Phase"),
    Column("starts_at", "From"),
    Column("ends_at", "To"),
    Column("minutes", "Minutes", 1),
)
# A phase ends with its milestone. A phase whose end nobody recorded is told together with the one after it.
PHASES = (
    ("promoted", "detect and confirm"),
    ("dispatched", "decide and dispatch"),
    ("arrived", "travel"),
    ("fault_found", "search"),
    ("first_restoration", "first restoration"),
    ("last_restoration", "remaining restoration"),
    ("closed", "verify and close"),
)
COLORS = (theme.PURPLE, theme.ORANGE, theme.SKY, theme.VERMILLION, theme.BLUE, theme.GREEN, theme.FLEET)
ROW = 18.0
# Beneath the names: the axis, then the strip.
AXIS, STRIP = 44, 36
FOOT = AXIS + STRIP


@dataclass(frozen=True)
class Phase:
    """A stretch between two recorded milestones."""

    name: str
    start: datetime
    end: datetime
    color: str

    @property
    def minutes(self) -> float:
        """How long it took."""
        return (self.end - self.start).total_seconds() / 60


def timeline_strip(summary: ReplaySummary) -> Chart | None:
    """The strip; None where no two milestones were recorded."""
    phases, zone = phases_of(summary), zone_of(summary)
    if not phases:
        return None
    missing = [drawable(milestone.label) for milestone in summary.milestones if milestone.at is None]
    title = finding(phases)
    gaps = f"; not recorded: {listing(missing[:6])}" if missing else ""
    return Chart(
        name="timeline-strip",
        title=title,
        subtitle=f"Phases between recorded milestones, {span(phases[0].start, phases[-1].end, zone)}{gaps}",
        alt=f"A strip of time. {title}. "
        + " ".join(f"{phase.name.capitalize()}: {lasting(phase.minutes)}." for phase in phases),
        columns=COLUMNS,
        rows=tuple((phase.name, phase.start, phase.end, phase.minutes) for phase in phases),
        paint=lambda plot: _paint(plot, phases, zone),
        # As high as the rows of names need, up to what a report and a phone have room for.
        height=min(168, FOOT + int(ROW * (len(phases) + 1))),
        phone_height=min(220, FOOT + int(ROW * (len(phases) + 1))),
    )


def finding(phases: Sequence[Phase]) -> str:
    """The longest phase up to full supply, as a share of the way there."""
    way = [phase for phase in phases if not phase.name.endswith("verify and close")] or list(phases)
    longest = max(way, key=lambda phase: (phase.minutes, phase.name))
    total = sum(phase.minutes for phase in way)
    until = "to full supply" if any("remaining restoration" in phase.name for phase in way) else "recorded"
    return f"The longest phase was {longest.name}: {lasting(longest.minutes)} of the {lasting(total)} {until}"


def phases_of(summary: ReplaySummary) -> list[Phase]:
    """The phases in order, each from the end of the one before; what is out of order is left to the table."""
    told = {milestone.code: milestone for milestone in summary.milestones}
    last = moment(summary.outage.started_at)
    over = _at(told.get("last_restoration"))
    found: list[Phase] = []
    waiting: list[str] = []
    for (code, name), color in zip(PHASES, COLORS, strict=True):
        end = _at(told.get(code))
        # An outage may be entered when it is over: what was recorded then is no phase of getting supply back.
        if end is not None and over is not None and end > over and code != "closed":
            end = None
        if end is None:
            waiting.append(name)
            continue
        if end < last:
            continue
        if end > last:
            found.append(Phase(", ".join([*waiting, name]), last, end, color))
        waiting, last = [], end
    return found


def _at(milestone: Milestone | None) -> datetime | None:
    return moment(milestone.at) if milestone is not None and milestone.at is not None else None


def _paint(plot: Plot, phases: Sequence[Phase], zone: ZoneInfo) -> None:
    start, end = phases[0].start, phases[-1].end
    axes = plot.axes(4, 4, AXIS, plot.height - FOOT)
    bare(axes, plot)
    axes.set_yticks([])
    axes.set_ylim(0, 1)
    time_axis(axes, plot, start, end, zone)
    for phase in phases:
        x = (instant(phase.start), instant(phase.end))
        axes.axvspan(*x, ymin=0.06, ymax=0.94, color=phase.color, linewidth=0, alpha=0.85)
        axes.plot([x[0], x[0]], [0, 1], color=theme.SURFACE, linewidth=1.5)
        plot.tip(axes, x, (0, 1), f"{phase.name}: {lasting(phase.minutes)}, until {moment_text(phase.end, zone)}")
    _label(plot, phases, start, end, zone)


def _label(plot: Plot, phases: Sequence[Phase], start: datetime, end: datetime, zone: ZoneInfo) -> None:
    """Each phase's name and length above the strip, in the first row where it finds room, with a line down to it."""
    foot, width = float(FOOT), plot.width - 8
    rows: list[float] = []
    for phase in phases:
        until = "" if plot.narrow else f", to {clock(phase.end, zone)}"
        whole = f"{phase.name[:1].upper()}{phase.name[1:]} {lasting(phase.minutes)}{until}"
        words = fit(whole, plot.width - 6, plot.font - 1)
        room = text_width(words, plot.font - 1)
        middle = 4 + ((phase.start - start) / 2 + (phase.end - start) / 2) / (end - start) * width
        left = max(min(middle - 6, plot.width - room - 3), 0.0)
        row = next((row for row, until in enumerate(rows) if left > until + 12), len(rows))
        rows[row : row + 1] = [left + room]
        y = foot + 10 + row * ROW
        if y + plot.font > plot.height:
            continue
        plot.sheet.plot([middle, middle], [foot, y - 3], color=theme.FLEET, linewidth=1, zorder=0)
        plot.write(
            left,
            y,
            words,
            theme.INK,
            size=plot.font - 1,
            bbox={"facecolor": theme.SURFACE, "edgecolor": "none", "pad": 1},
        )
