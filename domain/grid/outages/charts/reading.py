"""What every chart of an outage reads from the replay's summary in the same way."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.grid.outages.rules.summary import CounterfactualCase, CurvePoint, ReplaySummary
from domain.kernel.charts import theme
from domain.kernel.charts.words import NBSP, number


def moment(text: str) -> datetime:
    """An instant of the summary."""
    return datetime.fromisoformat(text)


def zone_of(summary: ReplaySummary) -> ZoneInfo:
    """The time zone of the outage's place; UTC where its name is not known."""
    try:
        return ZoneInfo(summary.outage.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def as_recommended(summary: ReplaySummary) -> CounterfactualCase | None:
    """The case of following the first option, where one was made."""
    return next((case for case in summary.counterfactual if case.case == "as_recommended"), None)


def customers_at(curve: Sequence[CurvePoint], instant: datetime) -> int:
    """Customers out at an instant: the last step at or before it; none before the first."""
    return next((point.customers_out for point in reversed(curve) if moment(point.at) <= instant), 0)


def lasting(minutes: float) -> str:
    """3 h 28 min, or 38 min, or 4.8 min where it is short."""
    if minutes < 10:
        return f"{number(minutes, 1 if minutes % 1 else 0)}{NBSP}min"
    whole = round(minutes)
    if whole < 60:
        return f"{whole}{NBSP}min"
    hours, rest = divmod(whole, 60)
    return f"{number(hours)}{NBSP}h" + (f" {rest}{NBSP}min" if rest else "")


def shade(probability: float) -> str:
    """The colour of a zone by its probability: one hue, stronger where more probable."""
    step = next((index for index, limit in enumerate((0.05, 0.15, 0.35, 0.6), start=1) if probability < limit), 5)
    return theme.SCALE[step]
