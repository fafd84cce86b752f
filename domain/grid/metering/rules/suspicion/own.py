"""Own drop: a meter's days against its own baseline, after the movement of its feeder is taken out (grid.md 3.6, 1-4).

r = kWh_day / median_baseline / feeder_index_day; the index is the median ratio of the meters that share feeder (and
class, where enough of them do), so weather, weekday and season are in it, and a drop is one relative to peers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.robust import clip01, mean, median, median_deviation
from domain.grid.metering.rules.suspicion.matrix import MeterMatrix
from domain.grid.metering.rules.suspicion.settings import ScoringSettings
from domain.grid.metering.rules.suspicion.window import Window

Floats = NDArray[np.float64]
_BLOCK = 256  # meters at a time: some tens of megabytes


@dataclass(frozen=True)
class Own:
    """Per meter: NaN where there is too little to say it.

    Attributes:
        evidence: 0..1, clip(z/8) * clip(drop/0.3).
        drop, z: of the window against the baseline, feeder's movement taken out.
        peer_drop: how far the window's ratio lies below the median of the peers, fraction.
        base_kwh: median baseline day.
        expected_kwh_day: (M, days) what each day would have been.
        coverage: energy-weighted share of the window's intervals that were read.
        ntl_kwh: energy below expectation in the window, at least 0.
    """

    evidence: Floats
    drop: Floats
    z: Floats
    peer_drop: Floats
    base_kwh: Floats
    expected_kwh_day: Floats
    coverage: Floats
    ntl_kwh: Floats


def blocks(count: int) -> Iterator[slice]:
    """Slices of meters that keep memory flat."""
    for start in range(0, count, _BLOCK):
        yield slice(start, min(start + _BLOCK, count))


def feeder_profiles(matrix: MeterMatrix) -> Floats:
    """(feeders, T) mean absolute energy of the meters that were read: what an interval weighs."""
    shape = (len(matrix.feeder_ids), len(matrix.read_at))
    total, count = np.zeros(shape), np.zeros(shape)
    for rows in blocks(len(matrix.meter_ids)):
        part = matrix.kwh[rows].astype(np.float64)
        seen = ~np.isnan(part)
        part = np.where(seen, np.abs(part), 0.0)
        for feeder in np.unique(matrix.feeder[rows]):
            of = matrix.feeder[rows] == feeder
            total[feeder] += part[of].sum(axis=0)
            count[feeder] += seen[of].sum(axis=0)
    return total / np.maximum(count, 1) + 1e-9


def day_energy(matrix: MeterMatrix, window: Window, settings: ScoringSettings) -> tuple[Floats, Floats]:
    """(M, days) energy of each day made up for missing reads, NaN below half coverage; and that coverage."""
    shape = (len(matrix.meter_ids), len(window.days))
    energy, coverage = np.empty(shape), np.empty(shape)
    profiles = feeder_profiles(matrix)
    whole = np.add.reduceat(profiles, window.starts, axis=1)
    for rows in blocks(shape[0]):
        part = matrix.kwh[rows].astype(np.float64)
        seen = ~np.isnan(part)
        weight = np.where(seen, profiles[matrix.feeder[rows]], 0.0)
        coverage[rows] = np.add.reduceat(weight, window.starts, axis=1) / whole[matrix.feeder[rows]]
        energy[rows] = np.add.reduceat(np.where(seen, part, 0.0), window.starts, axis=1)
    thin = coverage < settings.min_day_coverage
    return np.where(thin, np.nan, energy / np.where(thin, 1.0, coverage)), coverage


def peer_groups(matrix: MeterMatrix, settings: ScoringSettings) -> NDArray[np.int64]:
    """A group number per meter: feeder and class where enough meters share both, else the feeder."""
    classes = sorted(set(matrix.meter_class or ()))
    if not classes:
        return matrix.feeder.astype(np.int64)
    number = {name: position for position, name in enumerate(classes)}
    of_class = np.array([number[name] for name in matrix.meter_class or ()], dtype=np.int64)
    fine = (matrix.feeder.astype(np.int64) + 1) * (len(classes) + 1) + of_class + 1
    _, where, size = np.unique(fine, return_inverse=True, return_counts=True)
    coarse = (matrix.feeder.astype(np.int64) + 1) * (len(classes) + 1)
    return np.where(size[where] >= settings.min_class_peers, fine, coarse)


def own_drop(matrix: MeterMatrix, window: Window, settings: ScoringSettings) -> Own:
    """Own drop, z and evidence of every meter."""
    energy, coverage = day_energy(matrix, window, settings)
    base = median(energy[:, window.baseline])
    known_days = np.count_nonzero(~np.isnan(energy[:, window.baseline]), axis=1)
    base = np.where((known_days >= settings.min_baseline_days) & (base >= settings.min_typical_kwh_day), base, np.nan)
    ratio = energy / base[:, None]
    groups = peer_groups(matrix, settings)
    index = np.ones_like(ratio)
    for group in np.unique(groups):
        of = groups == group
        if np.count_nonzero(of & ~np.isnan(base)) >= settings.min_peers:
            index[of] = np.nan_to_num(median(ratio[of].T), nan=1.0)
    relative = ratio / np.maximum(index, 0.05)
    past, now = relative[:, window.baseline], relative[:, window.window]
    middle, present = median(past), mean(now)
    days_seen = np.maximum(np.count_nonzero(~np.isnan(now), axis=1), 1)
    with_floor = median_deviation(past) / np.sqrt(days_seen) + settings.own_z_floor
    drop, z = 1.0 - present / np.where(middle > 0, middle, np.nan), (middle - present) / with_floor
    expected = base[:, None] * middle[:, None] * np.maximum(index, 0.05)
    shortfall = np.where(window.window & ~np.isnan(energy), expected - energy, 0.0).sum(axis=1)
    return Own(
        evidence=clip01(z / settings.own_z_full) * clip01(drop / settings.own_drop_full),
        drop=drop,
        z=z,
        peer_drop=_peer_drop(present, groups, settings),
        base_kwh=base,
        expected_kwh_day=expected,
        coverage=coverage[:, window.window].mean(axis=1) if window.window.any() else np.zeros(len(base)),
        ntl_kwh=np.maximum(np.nan_to_num(shortfall), 0.0),
    )


def _peer_drop(present: Floats, groups: NDArray[np.int64], settings: ScoringSettings) -> Floats:
    out = np.full(present.shape, np.nan)
    for group in np.unique(groups):
        of = groups == group
        if np.count_nonzero(~np.isnan(present[of])) >= settings.min_peers:
            usual = float(median(present[of]))
            out[of] = 1.0 - present[of] / usual if usual > 0 else np.nan
    return out
