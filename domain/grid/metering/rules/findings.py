"""The sentence that the Grid health page begins with."""

from collections.abc import Sequence

from domain.grid.metering.rules.series import FeederLoss
from domain.kernel.charts.words import listing, number, percent

ALARM_PP = 2.0


def standing_out(feeders: Sequence[FeederLoss]) -> list[FeederLoss]:
    """The feeders that lie noticeably above their baseline, the furthest first."""
    found = [feeder for feeder in feeders if feeder.above_pp is not None and feeder.above_pp > ALARM_PP]
    return sorted(found, key=lambda feeder: (-(feeder.above_pp or 0.0), feeder.feeder_id))


def health_finding(feeders: Sequence[FeederLoss], loss_pct: float | None, when: str) -> str:
    """What the loss of all feeders says, in one sentence.

    Args:
        feeders: every feeder over one window.
        loss_pct: the tenant's loss over the same window.
        when: the window as a sentence takes it, as in "in the last hour".
    """
    unknown = [feeder.feeder_id for feeder in feeders if feeder.loss_pct is None]
    if not feeders or len(unknown) == len(feeders):
        return f"No feeder's loss can be told {when}: no reads match delivered energy"
    found = standing_out(feeders)
    if not found:
        told = f"lose what their lines and transformers explain: {percent(loss_pct)} {when}"
        sentence = f"All {len(feeders)} feeders {told}" if not unknown else f"The feeders that can be judged {told}"
    elif len(found) == 1:
        sentence = f"{found[0].feeder_id} lost {percent(found[0].loss_pct)} {when}, {_above(found[0])}"
    else:
        first = found[0]
        sentence = (
            f"{len(found)} of {len(feeders)} feeders lost more than expected {when}; {first.feeder_id} most,"
            f" {percent(first.loss_pct)}, {_above(first)}"
        )
    if unknown:
        more = f"{listing(unknown[:2])}{' and others' if len(unknown) > 2 else ''}"
        sentence += f"; the loss of {more} is not known"
    return sentence


def _above(feeder: FeederLoss) -> str:
    return f"{number(feeder.above_pp, 1)} points above its expected {percent(feeder.baseline_pct)}"
