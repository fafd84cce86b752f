"""How likely each device is to open in a session, before anything is heard: rates by type, scaled to the session.

A session was opened because something was heard; how many outages it holds is unknown and summed over
(`expected_outages`). Rates share that number out among a feeder's devices, so only their ratios matter.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from domain.grid.outages.rules.inference.settings import InferenceSettings

Floats = NDArray[np.float64]


def rates(
    types: Sequence[str], device_ids: Sequence[str], settings: InferenceSettings, multipliers: Mapping[str, float]
) -> Floats:
    """Openings per device and year; a device's multiplier (vegetation, history, weather) is bounded."""
    by_type = {
        "breaker": settings.rate_breaker,
        "recloser": settings.rate_recloser,
        "sectionalizer": settings.rate_sectionalizer,
        "switch": settings.rate_switch,
        "fuse": settings.rate_fuse,
        "xfmr_fuse": settings.rate_xfmr_fuse,
        "tie": settings.rate_tie,
    }
    found = np.array([by_type[kind] for kind in types], np.float64)
    if multipliers:
        own = np.array([multipliers.get(device_id, 1.0) for device_id in device_ids], np.float64)
        found *= np.clip(own, settings.multiplier_low, settings.multiplier_high)
    return found


def log_priors(rate: Floats, expected: Sequence[float], settings: InferenceSettings) -> tuple[Floats, Floats]:
    """The logs of p and 1 - p, (len(expected), devices)."""
    total = float(np.sum(rate))
    share = rate / total if total > 0 else rate
    prior = np.clip(np.array(expected)[:, None] * share[None, :], 1e-12, settings.max_prior)
    return np.log(prior), np.log1p(-prior)
