"""The restoration options side by side: what each would have brought, beside what it would have loaded and risked."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.patches import Rectangle

from domain.grid.outages.charts.reading import lasting
from domain.grid.outages.rules.summary import OptionLine, ReplaySummary
from domain.kernel.charts import theme
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.lettering import drawable, fit, text_width
from domain.kernel.charts.words import NBSP, NONE, number, percent

COLUMNS = (
    Column("option", "Option"),
    Column("rank", "Rank", 0),
    Column("customer_hours", "Restored early, customer-hours", 0),
    Column("customers", "Customers", 0),
    Column("minutes", "Time, min", 0),
    Column("loading_pct", "Loading, %", 0),
    Column("v_min_pu", "Minimum voltage, pu", 3),
    Column("risk_pct", "Risk, %", 0),
    Column("rejected", "Rejected because"),
)
ACCEPTED, REJECTED, ROW, HEAD = 5, 3, 40.0, 26.0
TYPES = {
    "upstream_reclose": "Upstream reclosing",
    "backfeed": "Back-feed",
    "backfeed_combined": "Combined back-feed",
    "backfeed_pair": "Back-feed from two sides",
    "partial": "Partial back-feed",
    "mobile_generation": "Mobile generation",
    "patrol_reclose": "Patrol, then reclosing",
    "repair_only": "Repair alone",
}


def type_name(option: OptionLine) -> str:
    """The option's type in words, with its tie."""
    name = TYPES.get(option.option_type.lower(), option.option_type.replace("_", " ").capitalize())
    return drawable(f"{name} by {option.tie_device_id}" if option.tie_device_id else name)


def option_comparison(summary: ReplaySummary) -> Chart:
    """The first five options and the three rejected ones that would have brought most; at least one of either."""
    accepted = sorted(summary.options, key=lambda option: (option.rank is None, option.rank or 0, option.option_id))
    rejected = sorted(summary.rejected_options, key=lambda option: (-option.cmr, option.option_id))
    shown = (*accepted[:ACCEPTED], *rejected[:REJECTED])
    title = finding(summary)
    return Chart(
        name="option-comparison",
        title=title,
        subtitle="Customer-hours restored earlier than by repair alone, as estimated then; hollow: rejected",
        alt=f"One row for each of {len(shown)} options. {title}.",
        columns=COLUMNS,
        rows=tuple(
            (
                option.option_id,
                option.rank,
                option.cmr / 60,
                option.customers_restored,
                option.est_minutes,
                option.loading_pct_max,
                option.v_min_pu,
                None if option.risk is None else option.risk * 100,
                "; ".join(option.infeasible_reasons),
            )
            for option in shown
        ),
        paint=lambda plot: _paint(plot, shown, len(accepted[:ACCEPTED])),
        height=int(ROW * len(shown) + HEAD + 4),
        phone_height=int(ROW * len(shown) + HEAD + 4),
        is_advice=True,
    )


def finding(summary: ReplaySummary) -> str:
    """What the first option promised, and how many did not pass."""
    refused = len(summary.rejected_options)
    failed = f"{number(refused)} of {number(refused + len(summary.options))} options did not pass the checks"
    if not summary.options:
        return failed if refused else "No option was generated"
    first = min(summary.options, key=lambda option: (option.rank is None, option.rank or 0, option.option_id))
    if first.cmr <= 0:
        return "No option promised more than repair alone" + (f"; {failed}" if refused else "")
    gain = (
        f"{type_name(first)} could have restored {number(first.customers_restored)} customers"
        f" in {lasting(first.est_minutes)}, {number(first.cmr / 60)} customer-hours sooner than repair"
    )
    return gain + (f"; {failed}" if refused else "")


@dataclass(frozen=True)
class _Figure:
    """A column of figures at the right: its heading, its width in pixels, and how one is written."""

    heading: str
    width: float
    text: str


def _figures(option: OptionLine, narrow: bool) -> list[_Figure]:
    loading = NONE if option.loading_pct_max is None else f"{number(option.loading_pct_max)}{NBSP}%"
    few = [
        _Figure("Customers", 74, number(option.customers_restored)),
        _Figure("Time", 78, lasting(option.est_minutes)),
    ]
    if narrow:
        return few[:1]
    return [
        *few,
        _Figure("Loading", 64, loading),
        _Figure("Min. V", 66, NONE if option.v_min_pu is None else f"{number(option.v_min_pu, 3)}{NBSP}pu"),
        _Figure("Risk", 48, NONE if option.risk is None else percent(option.risk * 100, 0)),
    ]


def _paint(plot: Plot, options: Sequence[OptionLine], accepted: int) -> None:
    names = [type_name(option) for option in options]
    room = min(max(text_width(name, plot.font, theme.BOLD) for name in names), plot.width * 0.3)
    right = plot.width - sum(figure.width for figure in _figures(options[0], plot.narrow))
    left, longest = room + 14, max(max(option.cmr for option in options), 1.0)
    bar = right - left - 62
    _headings(plot, _figures(options[0], plot.narrow), left, right)
    plot.sheet.plot([left, left], [0, plot.height - HEAD], color=theme.MUTED, linewidth=1)
    for place, (option, name) in enumerate(zip(options, names, strict=True)):
        is_accepted, top = place < accepted, plot.height - HEAD - place * ROW
        middle = top - ROW / 2
        plot.sheet.plot([0, plot.width], [top, top], color=theme.LINE, linewidth=1, zorder=0)
        weight = theme.BOLD if place == 0 and is_accepted else theme.REGULAR
        plot.write(0, middle + 2, fit(name, room, plot.font, weight), weight=weight)
        state = f"ranked {option.rank}" if is_accepted else _why(option)
        plot.write(
            0,
            middle - 13,
            fit(state, room, plot.font - 2),
            theme.MUTED if is_accepted else theme.VERMILLION_TEXT,
            size=plot.font - 2,
        )
        _bar(plot, option, (left, middle - 9, max(bar * max(option.cmr, 0.0) / longest, 1.0)), is_accepted, place == 0)
        x = right
        for figure in _figures(option, plot.narrow):
            x += figure.width
            plot.write(x, middle - 4, figure.text, ha="right")


def _headings(plot: Plot, figures: Sequence[_Figure], left: float, right: float) -> None:
    y, x = plot.height - 16, right
    plot.write(left, y, "Customer-hours", theme.MUTED, size=plot.font - 2)
    for figure in figures:
        x += figure.width
        plot.write(x, y, figure.heading, theme.MUTED, size=plot.font - 2, ha="right")


def _bar(plot: Plot, option: OptionLine, place: tuple[float, float, float], is_accepted: bool, is_first: bool) -> None:
    x, y, width = place
    color = theme.BLUE if is_first else theme.FLEET
    look = (
        {"facecolor": color, "linewidth": 0}
        if is_accepted
        else {"facecolor": "none", "edgecolor": theme.VERMILLION, "linewidth": 1.2}
    )
    plot.sheet.add_patch(Rectangle((x, y), width, 18, **look))  # type: ignore[arg-type]
    plot.write(x + width + 6, y + 5, number(option.cmr / 60), theme.INK)


def _why(option: OptionLine) -> str:
    reason = option.infeasible_reasons[0] if option.infeasible_reasons else "rejected"
    return drawable(f"rejected: {reason.partition(':')[0].lower()}" if ":" in reason else "rejected")
