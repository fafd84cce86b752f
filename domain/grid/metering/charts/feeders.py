"""Loss of every feeder, highest first: the one that is spoken of in colour, the fleet in grey."""

from collections.abc import Sequence

from domain.grid.metering.rules.findings import ALARM_PP
from domain.grid.metering.rules.series import FeederLoss
from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare, name_axis, name_room
from domain.kernel.charts.chart import Cell, Chart, Column, Plot
from domain.kernel.charts.words import NBSP, listing, number, percent, signed

MOST_BARS = 24

COLUMNS = (
    Column("feeder_id", "Feeder"),
    Column("loss_pct", "Loss, corrected, %", 2),
    Column("baseline_pct", "Baseline, %", 2),
    Column("above_pp", "Above baseline, pp", 2),
    Column("coverage_pct", "Coverage, %", 1),
    Column("loss_status", "Status"),
)
STATUS_WORDS = {
    "NO_DELIVERED": "no delivered energy is known",
    "NO_READS": "no reads arrived",
    "INSUFFICIENT_COVERAGE": "too few reads arrived",
    "NET_EXPORT": "net export",
}


def loss_by_feeder(
    feeders: Sequence[FeederLoss],
    window: str,
    baseline: str = "technical loss at the same load",
    *,
    word: str = "expected",
    spoken_of: str | None = None,
    source: str = "",
) -> Chart:
    """Sorted bars with a tick at each feeder's baseline.

    Args:
        feeders: at least one.
        window: what the figures cover, for the subtitle, as in "last hour, to Thu 19 Nov 14:00 EST".
        baseline: what the tick is, as in "median of the last 28 days".
        word: what to call it in a sentence, as in "its usual 4.9 %".
        spoken_of: the feeder in colour; by default the one furthest above its baseline, if it stands out.
        source: where the data are from.
    """
    ordered = sorted(feeders, key=lambda f: (f.loss_pct is None, -(f.loss_pct or 0.0), f.feeder_id))
    chosen = spoken_of or _standing_out(ordered)
    shown = tuple(ordered[:MOST_BARS])
    title = finding(ordered, chosen, word)
    left_out = f"; the highest {MOST_BARS} of {len(ordered)}" if len(ordered) > MOST_BARS else ""
    return Chart(
        name="loss-by-feeder",
        title=title,
        subtitle=f"Loss by feeder, percent of delivered energy, {window}; tick: {baseline}{left_out}",
        alt=f"Bar chart of {len(shown)} feeders, highest loss first. {title}.",
        columns=COLUMNS,
        rows=tuple(_row(feeder) for feeder in ordered),
        paint=lambda plot: _paint(plot, shown, chosen),
        height=34 * len(shown) + 40,
        phone_height=34 * len(shown) + 40,
        source=source,
    )


def finding(feeders: Sequence[FeederLoss], chosen: str | None, word: str) -> str:
    """Who stands out and by how much; or that nobody does."""
    unknown = [feeder.feeder_id for feeder in feeders if feeder.loss_pct is None]
    spoken = next((feeder for feeder in feeders if feeder.feeder_id == chosen), None)
    if spoken is not None and spoken.loss_pct is not None:
        above = spoken.above_pp
        tail = ""
        if above is not None:
            side = "above" if above >= 0 else "below"
            tail = f", {number(abs(above), 1)} points {side} its {word} {percent(spoken.baseline_pct)}"
        return f"{spoken.feeder_id} loses {percent(spoken.loss_pct)}{tail}"
    if len(unknown) == len(feeders):
        return "No feeder's loss can be told from the reads that arrived"
    if unknown:
        more = " and others" if len(unknown) > 3 else ""
        return f"No feeder stands out; the loss of {listing(unknown[:3])}{more} is not known"
    return f"No feeder loses noticeably more than its {word} level"


def _standing_out(feeders: Sequence[FeederLoss]) -> str | None:
    most = max(feeders, key=lambda f: (f.above_pp if f.above_pp is not None else -1e9, f.feeder_id))
    return most.feeder_id if most.above_pp is not None and most.above_pp > ALARM_PP else None


def _row(feeder: FeederLoss) -> tuple[Cell, ...]:
    return tuple(getattr(feeder, column.key) for column in COLUMNS)


def _paint(plot: Plot, feeders: Sequence[FeederLoss], chosen: str | None) -> None:
    names = [feeder.feeder_id for feeder in feeders]
    room = name_room(plot, names, theme.BOLD)
    axes = plot.axes(room + 14, 64 if plot.narrow else 150, 24, 4)
    bare(axes, plot)
    name_axis(axes, plot, names, room, theme.BOLD)
    highest = max([f.loss_pct or 0.0 for f in feeders] + [f.baseline_pct or 0.0 for f in feeders] + [1.0])
    lowest = min([f.loss_pct or 0.0 for f in feeders] + [0.0])
    axes.set_xlim(lowest * 1.05, highest * 1.02)
    axes.set_xticks([0.0], [f"0{NBSP}%"])
    axes.axvline(0, color=theme.MUTED, linewidth=1)
    for place, (feeder, label) in enumerate(zip(feeders, axes.get_yticklabels(), strict=True)):
        is_chosen = feeder.feeder_id == chosen
        label.set(color=theme.INK if is_chosen else theme.MUTED, fontweight=theme.BOLD if is_chosen else theme.REGULAR)
        if feeder.loss_pct is None:
            words = "not known" if plot.narrow else f"not known: {STATUS_WORDS.get(feeder.loss_status, 'no figure')}"
            axes.text(0, place, f" {words}", color=theme.MUTED, size=plot.font, va="center")
            continue
        axes.barh(place, feeder.loss_pct, 0.62, color=theme.VERMILLION if is_chosen else theme.FLEET, linewidth=0)
        if feeder.baseline_pct is not None:
            axes.plot([feeder.baseline_pct] * 2, [place - 0.42, place + 0.42], color=theme.INK, linewidth=2)
        end = max(feeder.loss_pct, feeder.baseline_pct or 0.0)
        axes.annotate(
            _value(plot, feeder),
            (end, place),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            size=plot.font,
            weight=theme.BOLD if is_chosen else theme.REGULAR,
            color=theme.VERMILLION_TEXT if is_chosen else theme.INK,
        )
        plot.tip(axes, axes.get_xlim(), (place - 0.5, place + 0.5), _tip(feeder))


def _value(plot: Plot, feeder: FeederLoss) -> str:
    above = feeder.above_pp
    if plot.narrow or above is None:
        return percent(feeder.loss_pct)
    return f"{percent(feeder.loss_pct)}  ({signed(above, 1)} points)"


def _tip(feeder: FeederLoss) -> str:
    return (
        f"{feeder.feeder_id}: loss {percent(feeder.loss_pct, 2)}, baseline {percent(feeder.baseline_pct, 2)},"
        f" coverage {percent(feeder.coverage_pct, 1)}"
    )
