"""From a chart to bytes: SVG for a page, PNG for a file. The same chart gives the same bytes, always.

matplotlib keeps its settings and its font cache in the process, so one figure is drawn at a time.
"""

import hashlib
import io
import pickle
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FunctionType

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from domain.kernel.advisory import SENTENCES
from domain.kernel.charts.chart import Chart, Format, Plot
from domain.kernel.charts.lettering import wrap
from domain.kernel.charts.svg import for_page
from domain.kernel.charts.theme import BOLD, INK, MUTED, RC, REGULAR, register_fonts

POINTS_PER_INCH = 72
PNG_SCALE, PRINT_SCALE = 2, 3
WIDTH = {Format.FILE: 1040.0, Format.PAGE: 1040.0, Format.PHONE: 358.0, Format.PRINT: 680.0}
SIDE = 32.0
TITLE_PX, SUBTITLE_PX, FOOT_PX = 23.0, 14.0, 11.5
REMEMBERED = 200
_DRAWING, _REMEMBERING = threading.Lock(), threading.Lock()
_MEMORY: OrderedDict[str, str] = OrderedDict()


def to_png(chart: Chart) -> bytes:
    """The chart with its title, subtitle and source, 1,104 pixels wide at double density."""
    with _DRAWING, mpl.rc_context({**RC, "svg.hashsalt": chart.name}):
        register_fonts()
        plot = _with_words(chart)
        chart.paint(plot)
        buffer = io.BytesIO()
        FigureCanvasAgg(plot.figure)
        plot.figure.savefig(buffer, format="png", dpi=POINTS_PER_INCH * PNG_SCALE, metadata={"Software": None})
    return buffer.getvalue()


def to_print_png(chart: Chart) -> bytes:
    """The drawing alone for a report that takes no vector, 2,040 pixels wide; title and caption stand beside it."""
    with drawing(chart, Format.PRINT) as plot:
        buffer = io.BytesIO()
        FigureCanvasAgg(plot.figure)
        resolution = POINTS_PER_INCH * PRINT_SCALE
        plot.figure.savefig(buffer, format="png", dpi=resolution, metadata={"Software": None})
    return buffer.getvalue()


@contextmanager
def drawing(chart: Chart, form: Format) -> Iterator[Plot]:
    """The painted plot, to be read while the drawing is held."""
    with _DRAWING, mpl.rc_context({**RC, "svg.hashsalt": f"{chart.name}-{form.name}"}):
        register_fonts()
        plot = _plot(form, float(chart.phone_height if form.narrow else chart.height))
        chart.paint(plot)
        yield plot


def to_svg(chart: Chart, form: Format = Format.PAGE) -> str:
    """The drawing alone, to stand inside a page beneath the title; colours are custom properties."""
    with drawing(chart, form) as plot:
        buffer = io.BytesIO()
        FigureCanvasSVG(plot.figure)
        plot.figure.savefig(
            buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
        tips = [] if form.narrow else plot.tips
    return for_page(buffer.getvalue(), chart.alt, plot.figure_width, plot.figure_height, tips, form.value)


@dataclass(frozen=True)
class Drawn:
    """A chart with both of its drawings for a page; the style sheet shows the one that fits the screen."""

    chart: Chart
    page: str
    phone: str


def draw(chart: Chart) -> Drawn:
    """Both SVGs, from memory where the same chart was drawn before."""
    return Drawn(chart, *(_remembered(chart, form) for form in (Format.PAGE, Format.PHONE)))


def _remembered(chart: Chart, form: Format) -> str:
    key = _key(chart, form)
    if key is None:
        return to_svg(chart, form)
    with _REMEMBERING:
        if key in _MEMORY:
            _MEMORY.move_to_end(key)
            return _MEMORY[key]
    drawn = to_svg(chart, form)
    with _REMEMBERING:
        _MEMORY[key] = drawn
        while len(_MEMORY) > REMEMBERED:
            _MEMORY.popitem(last=False)
    return drawn


def _key(chart: Chart, form: Format) -> str | None:
    """By which a drawing is found again: all that it is painted from, of which the table is a part alone.

    A map's table names no place, and another tenant's may say the same of other ground. None where what the painter
    holds cannot be written down.
    """
    painter = chart.paint
    if not isinstance(painter, FunctionType):
        return None
    own = [cell.cell_contents for cell in painter.__closure__ or ()]
    told = (chart.name, chart.title, chart.subtitle, chart.alt, chart.rows, chart.height, chart.phone_height)
    try:
        whole = pickle.dumps((form.value, painter.__module__, painter.__qualname__, told, own))
    except (pickle.PicklingError, TypeError, AttributeError):
        return None
    return hashlib.sha256(whole).hexdigest()


def _plot(form: Format, height: float, margin: float = 0.0, bottom: float = 0.0, top: float = 0.0) -> Plot:
    plot = Plot(Figure(dpi=POINTS_PER_INCH), form, WIDTH[form], height, margin, bottom, top)
    plot.figure.set_size_inches(plot.figure_width / POINTS_PER_INCH, plot.figure_height / POINTS_PER_INCH)
    return plot


def _with_words(chart: Chart) -> Plot:
    """A plot for a file, with everything around the drawing written on it."""
    usable = WIDTH[Format.FILE]
    title = wrap(chart.title, usable, TITLE_PX, BOLD)
    subtitle = wrap(chart.subtitle, usable, SUBTITLE_PX, REGULAR)
    foot = [line for line in (chart.source, " ".join(SENTENCES) if chart.is_advice else "") if line]
    top = SIDE + len(title) * TITLE_PX * 1.25 + 6 + len(subtitle) * SUBTITLE_PX * 1.4 + 16
    bottom = (16 + len(foot) * FOOT_PX * 1.5 + 14) if foot else 20.0
    plot = _plot(Format.FILE, float(chart.height), SIDE, bottom, top)
    y = plot.height + top - SIDE - TITLE_PX * 0.8
    for line in title:
        plot.write(0, y, line, INK, size=TITLE_PX, weight=BOLD)
        y -= TITLE_PX * 1.25
    for line in subtitle:
        plot.write(0, y, line, MUTED, size=SUBTITLE_PX)
        y -= SUBTITLE_PX * 1.4
    for index, line in enumerate(reversed(foot)):
        plot.write(0, 16 + index * FOOT_PX * 1.5 - bottom, line, MUTED, size=FOOT_PX)
    return plot
