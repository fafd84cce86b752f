"""Loss of an analyst's files: reads and delivered energy joined by feeder and interval, then the rules."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cli.grid.study_reads import UNITS_PER_KWH, Delivered, StudyReads
from domain.grid.metering.rules.local_days import US_PER_MINUTE, day_date, expected_intervals, local_days
from domain.grid.metering.rules.loss import coverage_pct, is_stated, loss_pct_raw, loss_status
from domain.grid.metering.rules.reads import DWH_PER_KWH
from domain.grid.metering.rules.rollup import energy_units, feeder_days, feeder_intervals
from domain.kernel.errors import Invalid

Ints = NDArray[np.int64]


def feeder_losses(study: StudyReads, heads: Delivered, zone: ZoneInfo) -> list[dict[str, Any]]:
    """One row per feeder and local day, by feeder id and date.

    Raises:
        Invalid: reads without feeders against several feeders, or interval lengths that do not fit.
    """
    reads = study.as_reads(study_feeders(study, heads))
    ratio, rest = divmod(heads.interval_minutes, reads.interval_minutes)
    if rest or not ratio:
        raise Invalid(
            f"{heads.path.name} has intervals of {heads.interval_minutes} minutes and {study.path.name} of"
            f" {reads.interval_minutes}.",
            hint="Expected delivered intervals as long as the reads', or a multiple of them.",
        )
    step = heads.interval_minutes * US_PER_MINUTE
    phase = int(heads.read_at[0] % step)
    ends = -(-(reads.read_at - phase) // step) * step + phase
    rolled = feeder_intervals(
        replace(reads, read_at=ends, interval_minutes=heads.interval_minutes),
        zone,
        expected_weights(study),
        units_per_kwh=UNITS_PER_KWH,
    )
    feeders = tuple(sorted({*rolled.feeders, *heads.feeders}))
    code = {feeder: number for number, feeder in enumerate(feeders)}
    of_rolled = np.array([code[f] for f in rolled.feeders], dtype=np.int64)[rolled.feeder]
    of_heads = np.array([code[f] for f in heads.feeders], dtype=np.int64)[heads.feeder]
    at = _match(of_rolled, rolled.read_at, of_heads, heads.read_at)
    meters, weight = _per_feeder(reads.feeders, expected_weights(study), code)

    def joined(values: Ints) -> Ints:
        return np.where(at >= 0, values[at], 0)

    days = feeder_days(
        feeder=of_heads.astype(np.int32),
        local_day=local_days(heads.read_at, step, zone),
        delivered=energy_units(heads.kwh, UNITS_PER_KWH),
        metered=joined(rolled.metered),
        reads_expected=meters[of_heads] * ratio,
        reads_received=joined(rolled.reads_received),
        reads_known=joined(rolled.reads_received + rolled.reads_estimated),
        weight_expected=weight[of_heads] * ratio,
        weight_known=joined(rolled.weight_received + rolled.weight_estimated),
    )
    coverage = coverage_pct(days.reads_received, days.reads_expected)
    status = loss_status(days.delivered, np.nan_to_num(coverage), days.throughput, units_per_kwh=UNITS_PER_KWH)
    stated = is_stated(status)
    raw = np.where(stated, loss_pct_raw(days.delivered, days.metered, days.throughput), np.nan)
    adjusted = np.where(stated, loss_pct_raw(days.delivered, days.metered_hat, days.throughput), np.nan)
    rows = [
        {
            "feeder_id": feeders[int(days.feeder[row])],
            "date": day_date(int(days.local_day[row])).isoformat(),
            "delivered_kwh": int(days.delivered[row]) / UNITS_PER_KWH,
            "metered_kwh": int(days.metered[row]) / UNITS_PER_KWH,
            "loss_pct_raw": _percent(raw[row]),
            "loss_pct_adj": _percent(adjusted[row]),
            "coverage_pct": _percent(coverage[row]),
            "loss_status": str(status[row]),
        }
        for row in range(len(days.feeder))
    ]
    rows += _without_delivered(study, reads.feeders, zone, {(str(row["feeder_id"]), str(row["date"])) for row in rows})
    return sorted(rows, key=lambda row: (row["feeder_id"], row["date"]))


def total_days(study: StudyReads, zone: ZoneInfo) -> list[dict[str, Any]]:
    """One row per local day over all meters; a meter of the file is expected on each of its days."""
    days, where = np.unique(_read_days(study, zone), return_inverse=True)
    energy = np.zeros(len(days), dtype=np.int64)
    np.add.at(energy, where, energy_units(study.kwh, UNITS_PER_KWH))
    counts = np.bincount(where, minlength=len(days))
    lengths, meters = np.unique(study.interval_minutes, return_counts=True)
    return [
        {
            "date": day_date(day).isoformat(),
            "kwh": int(energy[row]) / UNITS_PER_KWH,
            "reads": int(counts[row]),
            "expected_reads": sum(
                int(n) * expected_intervals(day, int(minutes), zone) for minutes, n in zip(lengths, meters, strict=True)
            ),
        }
        for row, day in enumerate(days.tolist())
    ]


def study_feeders(study: StudyReads, heads: Delivered | None) -> list[str]:
    """The feeder of each meter; where the reads do not say and there is one feeder only, it is that one.

    Raises:
        Invalid: the reads do not say, and there are several feeders.
    """
    if study.feeders is not None:
        return study.feeders
    if heads is None:
        return [""] * len(study.meters)
    if len(heads.feeders) == 1:
        return [heads.feeders[0]] * len(study.meters)
    raise Invalid(
        f"{study.path.name} has no column feeder_id, and {heads.path.name} has {len(heads.feeders)} feeders.",
        hint="Add feeder_id to the reads.",
    )


def expected_weights(study: StudyReads) -> Ints:
    """What a meter should use in an interval: the mean of its own reads; tenths of a watt-hour, at least 1."""
    total = np.bincount(study.meter, weights=np.abs(study.kwh), minlength=len(study.meters))
    count = np.maximum(np.bincount(study.meter, minlength=len(study.meters)), 1)
    return np.maximum(np.rint(total / count * DWH_PER_KWH), 1).astype(np.int64)


def _read_days(study: StudyReads, zone: ZoneInfo) -> NDArray[np.int32]:
    return local_days(study.read_at, study.interval_minutes[study.meter] * US_PER_MINUTE, zone)


def _match(feeder: Ints, read_at: Ints, wanted_feeder: Ints, wanted_at: Ints) -> NDArray[np.intp]:
    """Where each wanted (feeder, time) stands among the sorted ones; -1 where it does not."""
    first = min(int(read_at.min()), int(wanted_at.min()))
    span = max(int(read_at.max()), int(wanted_at.max())) - first + 1
    keys, wanted = feeder * span + (read_at - first), wanted_feeder * span + (wanted_at - first)
    order = np.argsort(keys, kind="stable")
    at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    return np.where(keys[order][at] == wanted, order[at], -1)


def _per_feeder(feeders: Any, weights: Ints, code: dict[str, int]) -> tuple[Ints, Ints]:
    of = np.array([code[feeder] for feeder in feeders], dtype=np.int64)
    total = np.zeros(len(code), dtype=np.int64)
    np.add.at(total, of, weights)
    return np.bincount(of, minlength=len(code)).astype(np.int64), total


def _without_delivered(
    study: StudyReads, feeders: Any, zone: ZoneInfo, told: set[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Rows of feeders and days that were read and have no delivered energy."""
    distinct = sorted(set(feeders))
    of = np.array([distinct.index(feeder) for feeder in feeders], dtype=np.int64)
    days = _read_days(study, zone).astype(np.int64)
    first, span = int(days.min()), int(np.ptp(days)) + 1
    pairs, where = np.unique(of[study.meter] * span + days - first, return_inverse=True)
    energy = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(energy, where, energy_units(study.kwh, UNITS_PER_KWH))
    counts = np.bincount(where, minlength=len(pairs))
    rows = []
    for row, (feeder, day) in enumerate((pair // span, pair % span + first) for pair in pairs.tolist()):
        date = day_date(day).isoformat()
        if (distinct[feeder], date) in told:
            continue
        expected = int((of == feeder).sum()) * expected_intervals(day, int(study.interval_minutes[0]), zone)
        rows.append(
            {
                "feeder_id": distinct[feeder],
                "date": date,
                "delivered_kwh": None,
                "metered_kwh": int(energy[row]) / UNITS_PER_KWH,
                "loss_pct_raw": None,
                "loss_pct_adj": None,
                "coverage_pct": _percent(100.0 * int(counts[row]) / expected),
                "loss_status": "NO_DELIVERED",
            }
        )
    return rows


def _percent(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 6) + 0.0
