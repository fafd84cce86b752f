"""A cause-and-effect test as rows of time: the window in which each step was due, and when it came."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare, name_axis, name_room
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.lettering import drawable, fit, text_width
from domain.kernel.charts.words import NBSP, number

COLUMNS = (
    Column("step", "Step", 0),
    Column("component", "Component"),
    Column("action", "Action"),
    Column("earliest_s", "Due from, s", 1),
    Column("latest_s", "Due until, s", 1),
    Column("actual_s", "Came at, s", 1),
    Column("issue", "Finding"),
)
ROW, FOOT, HEAD = 34.0, 28.0, 6.0
ISSUES = {
    "MISSING": "did not come",
    "WRONG_ACTION": "did something else",
    "EARLY": "too early",
    "LATE": "too late",
    "OUT_OF_ORDER": "out of order",
}


@dataclass(frozen=True)
class SequenceStep:
    """One expected step, seconds from the trigger.

    Attributes:
        actual_s: None where it did not come.
        issue: the engine's code, empty where the step is as it should be; by_s: by how much.
    """

    step_order: int
    component_id: str
    action: str
    expected_s: float
    tolerance_s: float
    actual_s: float | None
    issue: str = ""
    by_s: float | None = None

    @property
    def window(self) -> tuple[float, float]:
        """When it was due."""
        return max(self.expected_s - self.tolerance_s, 0.0), self.expected_s + self.tolerance_s


def sequence_chart(scenario: str, where: str, steps: Sequence[SequenceStep]) -> Chart | None:
    """The chart of one test; None without steps."""
    ordered = sorted(steps, key=lambda one: one.step_order)
    if not ordered:
        return None
    title = finding(scenario, ordered)
    return Chart(
        name="cause-and-effect",
        title=title,
        subtitle=f"Seconds from the trigger, {drawable(where)}; bar: when each step was due, mark: when it came",
        alt=f"{len(ordered)} steps of a sequence. {title}.",
        columns=COLUMNS,
        rows=tuple(
            (one.step_order, one.component_id, one.action, *one.window, one.actual_s, _issue(one)) for one in ordered
        ),
        paint=lambda plot: _paint(plot, ordered),
        height=int(ROW * len(ordered) + FOOT + HEAD),
        phone_height=int((ROW + 12) * len(ordered) + FOOT + HEAD),
    )


def finding(scenario: str, steps: Sequence[SequenceStep]) -> str:
    """Whether all came as they should, and if not, the first that did not."""
    wrong = [one for one in steps if one.issue]
    name = drawable(scenario)
    if not wrong:
        last = max((one.actual_s or 0.0 for one in steps), default=0.0)
        return f"{name}: {_all(len(steps))} in time, the last after {_s(last)}"
    first = wrong[0]
    rest = f" and {number(len(wrong) - 1)} more" if len(wrong) > 1 else ""
    return f"{name}: step {first.step_order}, {drawable(first.component_id)}, {_issue(first)}{rest}"


def _issue(one: SequenceStep) -> str:
    if not one.issue:
        return ""
    words = ISSUES.get(one.issue, one.issue.replace("_", " ").lower())
    return f"{_s(abs(one.by_s))} {words}" if one.by_s and one.issue in {"EARLY", "LATE"} else words


def _s(value: float) -> str:
    return f"{number(value, 1).removesuffix('.0')}{NBSP}s"


def _paint(plot: Plot, steps: Sequence[SequenceStep]) -> None:
    names = [
        f"{one.step_order}  {drawable(one.component_id)} {drawable(one.action).replace('_', ' ')}" for one in steps
    ]
    told = [_words(one) for one in steps]
    room = 12.0 if plot.narrow else name_room(plot, names)
    behind = max(text_width(words, plot.font, theme.BOLD) for words in told)
    end = max([one.window[1] for one in steps] + [one.actual_s for one in steps if one.actual_s is not None]) * 1.06
    axes = plot.axes(room + 12, behind + 16, FOOT, HEAD)
    bare(axes, plot)
    name_axis(axes, plot, [""] * len(names) if plot.narrow else names, room)
    axes.set_xlim(min([0.0, *(one.actual_s for one in steps if one.actual_s is not None)]), max(end, 1.0))
    axes.grid(axis="x", color=theme.LINE, linewidth=1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5 if plot.narrow else 10, steps=[1, 2, 5, 10], integer=True))
    ticks = [tick for tick in axes.get_xticks() if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    last = len(ticks) - 1
    axes.set_xticks(ticks, [number(tick) + (f"{NBSP}s" if n == last else "") for n, tick in enumerate(ticks)])
    for place, one in enumerate(steps):
        _step(plot, axes, one, place, names[place], told[place], end)


def _step(plot: Plot, axes: Axes, one: SequenceStep, place: int, name: str, words: str, end: float) -> None:
    """The window as a bar, the moment as a mark, the lateness in words; on a phone the name stands above the bar."""
    low, high = one.window
    middle = place + (0.2 if plot.narrow else 0.0)
    bar = 0.36 if plot.narrow else 0.46
    axes.barh(middle, max(high - low, end * 0.006), bar, left=low, color=theme.BAND, linewidth=0)
    color = theme.VERMILLION if one.issue else theme.BLUE
    if one.actual_s is not None:
        axes.plot([one.actual_s], [middle], "D", ms=8, mfc=color, mec=theme.SURFACE, mew=1, zorder=4, clip_on=False)
    _, bottom, right, top = plot.box(axes)
    row = (top - bottom) / abs(axes.get_ylim()[1] - axes.get_ylim()[0])
    y = top - (middle + 0.5) * row
    weight = theme.BOLD if one.issue else theme.REGULAR
    plot.write(right + 12, y, words, theme.VERMILLION_TEXT if one.issue else theme.MUTED, va="center", weight=weight)
    if plot.narrow:
        room = right - 4
        plot.write(4, y + row * 0.18 + 5, fit(name, room, plot.font - 1), theme.INK, size=plot.font - 1)
    plot.tip(axes, axes.get_xlim(), (place - 0.5, place + 0.5), f"{name}: due {_s(low)} to {_s(high)}, {words}")


def _words(one: SequenceStep) -> str:
    came = "" if one.actual_s is None else _s(one.actual_s)
    return ", ".join(part for part in (came, _issue(one)) if part)


def _all(steps: int) -> str:
    return "its one step came" if steps == 1 else f"all {number(steps)} steps came"
