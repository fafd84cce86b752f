"""How far learners got, lesson by lesson: who went on, who stopped, and who may still be at it."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from domain.courses.insight.rules.by_lesson import SMALL_N, LessonFigures
from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare, name_axis, name_room
from domain.kernel.charts.chart import Cell, Chart, Column, Plot
from domain.kernel.charts.words import NBSP, number, percent

ROW, HEAD = 30, 34
THICK, STROKES = 0.62, 90
STOPPED = theme.VERMILLION
COLUMNS = (
    Column("lesson", "Lesson", 0),
    Column("title", "Title"),
    Column("module", "Module"),
    Column("reached", "Reached it", 0),
    Column("stopped", "Went no further", 0),
    Column("in_progress", "of them still at it", 0),
    Column("drop_off_pct", "Drop-off, %", 1),
    Column("matured_n", "Matured learners", 0),
    Column("matured_pct", "Matured drop-off, %", 1),
    Column("low_pct", "95 % from, %", 1),
    Column("high_pct", "95 % to, %", 1),
)


def drop_off(lessons: Sequence[LessonFigures], window: str) -> Chart | None:
    """A bar a lesson, as long as learners reached it; None where nobody reached any."""
    shown = tuple(lessons)
    if not shown or shown[0].reached == 0:
        return None
    title = finding(shown)
    return Chart(
        name="drop-off",
        title=title,
        subtitle=f"Learners who reached each lesson, {window}; grey: went on, hatched: may still go on,"
        " orange: stopped",
        alt=f"Bar chart of {len(shown)} lessons in the course's order. {title}.",
        columns=COLUMNS,
        rows=tuple(_row(one) for one in shown),
        paint=lambda plot: _paint(plot, shown),
        height=ROW * len(shown) + HEAD,
        phone_height=ROW * len(shown) + HEAD,
    )


def finding(lessons: Sequence[LessonFigures]) -> str:
    """Where most of those stop of whom nothing more is expected, if that can be told."""
    told = [one for one in lessons if (one.matured_drop_off.n or 0) >= SMALL_N and one.matured_drop_off.k]
    if not told:
        return f"Fewer than {SMALL_N} learners have come to an end anywhere, too few to say where they stop"
    worst = max(told, key=lambda one: (one.matured_drop_off.low or 0.0, -one.lesson.lesson_idx))
    found = worst.matured_drop_off
    number_of = worst.lesson.lesson_idx + 1
    return f"Most stop at lesson {number_of}: {found.k} of {found.n}, {percent(_pct(found.value))}"


def _pct(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _row(one: LessonFigures) -> tuple[Cell, ...]:
    matured = one.matured_drop_off
    return (
        one.lesson.lesson_idx + 1,
        one.lesson.title,
        one.lesson.module_id,
        one.reached,
        one.stopped,
        one.in_progress,
        _pct(one.drop_off.value),
        matured.n,
        _pct(matured.value),
        _pct(matured.low),
        _pct(matured.high),
    )


def _paint(plot: Plot, lessons: Sequence[LessonFigures]) -> None:
    names = [f"{one.lesson.lesson_idx + 1}  {one.lesson.title}" for one in lessons]
    room = name_room(plot, names)
    axes = plot.axes(room + 14, 92 if plot.narrow else 190, 24, 4)
    bare(axes, plot)
    name_axis(axes, plot, names, room)
    most = lessons[0].reached
    axes.set_xlim(0, most)
    axes.set_xticks([0, most], ["0", number(most)])
    for place, one in enumerate(lessons):
        if _band(lessons, place):
            axes.axhspan(place - 0.5, place + 0.5, color=theme.RAISED, linewidth=0, zorder=0)
        left = 0
        went_on = one.reached - one.stopped
        for width, color in ((went_on, theme.FLEET), (one.in_progress, None), (one.stopped - one.in_progress, STOPPED)):
            if width and color:
                axes.barh(place, width, THICK, left=left, color=color, linewidth=0, zorder=2)
            elif width:
                _hatch(axes, place, left, width, most)
            left += width
        axes.annotate(
            _value(plot, one),
            (left, place),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            size=plot.font,
            color=theme.INK if (one.matured_drop_off.n or 0) >= SMALL_N else theme.MUTED,
        )
        plot.tip(axes, axes.get_xlim(), (place - 0.5, place + 0.5), _tip(one))


def _hatch(axes: Axes, place: int, left: int, width: int, most: int) -> None:
    """A bar of upright strokes: a page's drawing has no patterns."""
    low, high, step = place - THICK / 2, place + THICK / 2, most / STROKES
    axes.barh(place, width, THICK, left=left, color=theme.SURFACE, edgecolor=theme.MUTED, linewidth=0.8, zorder=2)
    for number_of in range(1, int(width / step)):
        x = left + number_of * step
        axes.plot([x, x], [low, high], color=theme.MUTED, linewidth=0.8, zorder=3)


def _band(lessons: Sequence[LessonFigures], place: int) -> bool:
    """Whether the lesson is of every other module, which has a ground of its own."""
    modules = sorted({one.lesson.module_id or "" for one in lessons[: place + 1]})
    return len(modules) % 2 == 0


def _value(plot: Plot, one: LessonFigures) -> str:
    found = one.matured_drop_off
    if found.value is None:
        return number(one.reached)
    if plot.narrow:
        return f"{number(one.reached)}, −{number(100 * found.value)}{NBSP}%"
    small = f"n = {found.n}, below {SMALL_N}" if (found.n or 0) < SMALL_N else f"{found.k} of {found.n} stopped"
    return f"{number(one.reached)}  ({small})"


def _tip(one: LessonFigures) -> str:
    found = one.matured_drop_off
    return (
        f"{one.lesson.title}: reached by {one.reached}, {one.stopped} went no further, {one.in_progress} of them may"
        f" still; matured drop-off {percent(_pct(found.value))} (95 % {percent(_pct(found.low))} to"
        f" {percent(_pct(found.high))}, n = {found.n})"
    )
