"""How estimates of restoration came out: the share within half an hour, and which side they missed on."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from domain.grid.outages.rules.interruptions import MINUTE


@dataclass(frozen=True, slots=True)
class EstimateAccuracy:
    """How estimates of restoration came out; error = restored less estimate, positive is later than said.

    Attributes:
        within_30_share: share with an error of at most 30 minutes either way.
        restored_earlier, restored_later: counts beyond these 30 minutes.
    """

    n: int
    mae_min: float | None
    median_error_min: float | None
    within_30_share: float | None
    restored_earlier: int
    restored_later: int


def estimate_accuracy(pairs: Iterable[tuple[datetime | None, datetime | None]]) -> EstimateAccuracy:
    """Accuracy over pairs of (restored, estimate); a pair without either is passed over."""
    errors = sorted((restored - said) / MINUTE for restored, said in pairs if restored and said)
    if not errors:
        return EstimateAccuracy(0, None, None, None, 0, 0)
    near = sum(abs(error) <= 30.0 for error in errors)
    return EstimateAccuracy(
        n=len(errors),
        mae_min=math.fsum(abs(error) for error in errors) / len(errors),
        median_error_min=median(errors),
        within_30_share=near / len(errors),
        restored_earlier=sum(error < -30.0 for error in errors),
        restored_later=sum(error > 30.0 for error in errors),
    )
