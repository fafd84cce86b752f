"""How good a ranking of zones was, once somebody has seen where the fault lay."""

import math
from collections.abc import Sequence

from domain.grid.outages.rules.replay_facts import Truth
from domain.grid.outages.rules.summary import RankingQuality, ZoneLine

# A zone that was not ranked was given no probability; its logarithm is bounded so that figures stay finite.
_SMALLEST = 1e-9


def ranking_quality(zones: Sequence[ZoneLine], truth: Truth | None) -> RankingQuality:
    """Rank of the true zone, what it was given, Brier score (0 best, 2 worst) and logarithm of what it was given."""
    if truth is None or (truth.zone_id is None and truth.device_id is None):
        return RankingQuality()
    if truth.zone_id is None or not zones:
        return RankingQuality(true_device_id=truth.device_id, true_zone_id=truth.zone_id)
    given = {zone.zone_id: min(max(zone.probability, 0.0), 1.0) for zone in zones}
    at_truth = given.get(truth.zone_id, 0.0)
    others = math.fsum(given[zone_id] ** 2 for zone_id in sorted(given) if zone_id != truth.zone_id)
    return RankingQuality(
        true_device_id=truth.device_id,
        true_zone_id=truth.zone_id,
        rank_of_true_zone=next((zone.rank for zone in zones if zone.zone_id == truth.zone_id), None),
        posterior_at_truth=round(at_truth, 9),
        brier=round((1.0 - at_truth) ** 2 + others, 9),
        log_score=round(math.log(max(at_truth, _SMALLEST)), 9),
    )
