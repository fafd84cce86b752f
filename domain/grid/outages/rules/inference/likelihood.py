"""How much likelier the evidence is if a device is open than if all below it is energised, for every device at once.

An outage has its own last-gasp delivery and its own moment, both unknown: each is summed over a grid (grid.md 4.3).
The two sums stand apart, since delivery sees only how many gasped and the moment only when. Sums below a device are
differences of running sums.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.outages.rules.device_tree import DeviceTree
from domain.grid.outages.rules.inference.evidence import Evidence
from domain.grid.outages.rules.inference.settings import InferenceSettings
from domain.grid.outages.rules.inference.sum_product import mixture

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Likelihood:
    """Parts of the ratio, per device of the feeder.

    Attributes:
        gasps, silent: how many below gasped, and how many could have and did not.
        delivery: log of their probability over the delivery grid; moment: of the stamps, against any time at all.
        other: weight of all other evidence below and on the device.
        out: (false rates, devices), everything together.
        baseline: (false rates), the log probability of the feeder's gasps if all is energised.
    """

    gasps: Ints
    silent: Ints
    delivery: Floats
    moment: Floats
    other: Floats
    out: Floats
    baseline: Floats


def likelihood(
    tree: DeviceTree, evidence: Evidence, span: tuple[float, float], settings: InferenceSettings, *, storm: bool
) -> Likelihood:
    """The ratio of every device of the feeder; `span` is the session's first and last second."""
    feeder = evidence.feeder
    first = tree.meter_first[feeder.first : feeder.end] - feeder.meter_first
    end = tree.meter_end[feeder.first : feeder.end] - feeder.meter_first
    heard = _running(evidence.gasp)
    asked = _running(evidence.counted)
    gasps, counted = heard[end] - heard[first], asked[end] - asked[first]
    silent = counted - gasps
    weights = settings.storm_delivery_weight if storm else settings.delivery_weight
    delivery = mixture([gasps * np.log(d) + silent * np.log1p(-d) for d in settings.delivery], weights)
    moment = _moment(evidence, heard[first], heard[end], span, settings)
    running = np.concatenate([[0.0], np.cumsum(evidence.weight)])
    other = running[end] - running[first] + evidence.device_weight
    rates = np.array(settings.false_rate)[:, None]
    out = (delivery + moment + other)[None, :] - gasps * np.log(rates) - silent * np.log1p(-rates)
    total, told = int(evidence.counted.sum()), int(evidence.gasp.sum())
    baseline = told * np.log(rates[:, 0]) + (total - told) * np.log1p(-rates[:, 0])
    return Likelihood(gasps, silent, delivery, moment, other, out, baseline)


def _running(flags: NDArray[np.bool_]) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(flags, dtype=np.int64)])


def _moment(
    evidence: Evidence, first: Ints, end: Ints, span: tuple[float, float], settings: InferenceSettings
) -> Floats:
    """The log of how much likelier the stamps below are under one moment than scattered over the session's length.

    A single stamp says nothing: the moment is unknown. Each further one near it speaks for one cause.
    """
    found = np.zeros(len(first))
    several = np.flatnonzero(end - first >= 2)
    if not len(several):
        return found
    at = evidence.gasp_at[evidence.gasp]
    scale = settings.start_scale_s
    if len(at) >= 2 and not np.any(at % 60.0):
        scale = settings.coarse_scale_s
    length = max(settings.session_max_s, span[1] - span[0])
    grid = np.arange(span[0], span[1] + settings.start_step_s, settings.start_step_s)
    near = np.exp(-np.abs(at[None, :] - grid[:, None]) / scale) * (length / (2.0 * scale))
    ratio = np.log((1.0 - settings.stray_share) * near + settings.stray_share)
    running = np.concatenate([np.zeros((len(grid), 1)), np.cumsum(ratio, axis=1)], axis=1)
    below = running[:, end[several]] - running[:, first[several]]
    # The prior of a moment: any step of the length, so that one stamp alone would weigh about nothing.
    found[several] = np.logaddexp.reduce(below, axis=0) + np.log(settings.start_step_s / length)
    return found
