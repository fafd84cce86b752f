"""Crews over the hours to come: when each is on shift, and the jobs that the joint plan would give it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from matplotlib.patches import Rectangle

from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare, instant, name_axis, name_room, time_axis
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.lettering import drawable, fit
from domain.kernel.charts.words import clock, number, span

COLUMNS = (
    Column("crew", "Crew"),
    Column("what", "What"),
    Column("from", "From"),
    Column("until", "Until"),
)
ROW = 40.0


@dataclass(frozen=True)
class CrewJob:
    """A job of the joint plan: on the way until `arrives`, at work until `done`."""

    name: str
    leaves: datetime
    arrives: datetime
    done: datetime


@dataclass(frozen=True)
class CrewRow:
    """A crew with its shifts inside the window and the jobs that it would have."""

    name: str
    shifts: tuple[tuple[datetime, datetime], ...]
    jobs: tuple[CrewJob, ...]


def crew_day(rows: Sequence[CrewRow], start: datetime, end: datetime, zone: ZoneInfo) -> Chart | None:
    """The board; None without a crew."""
    if not rows:
        return None
    title = finding(rows, start, zone)
    return Chart(
        name="crew-day",
        title=title,
        subtitle=f"Shifts as bars, jobs of the joint plan upon them, light while on the way, {span(start, end, zone)}",
        alt=f"One row for each of {len(rows)} crews. {title}.",
        columns=COLUMNS,
        rows=tuple(
            (row.name, what, begins, ends)
            for row in rows
            for what, begins, ends in (
                *(("on shift", *shift) for shift in row.shifts),
                *((job.name, job.leaves, job.done) for job in row.jobs),
            )
        ),
        paint=lambda plot: _paint(plot, rows, start, end, zone),
        height=int(ROW * len(rows) + 48),
        phone_height=int(ROW * len(rows) + 48),
        is_advice=True,
    )


def finding(rows: Sequence[CrewRow], start: datetime, zone: ZoneInfo) -> str:
    """How many are on shift when the board begins, and how many the plan would use."""
    there = sum(any(begins <= start < ends for begins, ends in row.shifts) for row in rows)
    used = sum(bool(row.jobs) for row in rows)
    told = (
        f"{number(there)} of {number(len(rows))} crews {'is' if there == 1 else 'are'} on shift at {clock(start, zone)}"
    )
    return f"{told}; the joint plan would use {number(used)}" if used else f"{told}; no job is planned"


def _paint(plot: Plot, rows: Sequence[CrewRow], start: datetime, end: datetime, zone: ZoneInfo) -> None:
    names = [drawable(row.name) for row in rows]
    room = name_room(plot, names)
    axes = plot.axes(room + 12, 4, 44, 4)
    bare(axes, plot)
    time_axis(axes, plot, start, end, zone)
    name_axis(axes, plot, names, room)
    for place, row in enumerate(rows):
        for begins, ends in row.shifts:
            width = instant(ends) - instant(begins)
            axes.add_patch(Rectangle((instant(begins), place - 0.34), width, 0.68, color=theme.BAND, linewidth=0))
        for job in row.jobs:
            way, work = instant(job.arrives) - instant(job.leaves), instant(job.done) - instant(job.arrives)
            axes.add_patch(
                Rectangle((instant(job.leaves), place - 0.2), way, 0.4, alpha=0.45, color=theme.BLUE, linewidth=0)
            )
            axes.add_patch(Rectangle((instant(job.arrives), place - 0.2), work, 0.4, color=theme.BLUE, linewidth=0))
            words = f"{job.name}: on site {clock(job.arrives, zone)}, done {clock(job.done, zone)}"
            plot.tip(axes, (instant(job.leaves), instant(job.done)), (place - 0.34, place + 0.34), words)
            pixels = work / (instant(end) - instant(start)) * (plot.width - room - 16)
            label = fit(drawable(job.name), max(pixels - 8, 0), plot.font - 2)
            axes.annotate(
                label if pixels > 40 else "",
                (instant(job.arrives), place),
                (5, 0),
                textcoords="offset pixels",
                va="center",
                color=theme.SURFACE,
                size=plot.font - 2,
            )
