"""Suspicion of an analyst's files: laid out as a matrix and scored by the same rules as in production."""

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from cli.grid.study_loss import study_feeders
from cli.grid.study_reads import Delivered, StudyReads
from domain.grid.metering.rules.local_days import US_PER_DAY, US_PER_MINUTE, iso_utc
from domain.grid.metering.rules.suspicion import reasons
from domain.grid.metering.rules.suspicion.features import DEFAULT_WINDOW_DAYS, measure
from domain.grid.metering.rules.suspicion.matrix import MeterMatrix, from_reads
from domain.grid.metering.rules.suspicion.score import score
from domain.grid.metering.rules.suspicion.settings import SCORING_VERSION, SETTINGS
from domain.kernel.errors import Invalid

_LARGEST_CELLS = 400_000_000  # meters times intervals: 1.6 GB per quantity
_KEPT = ("meter_id", "score", "rank", "confidence", "reasons", "suppressors", "missing")


def rank_meters(study: StudyReads, heads: Delivered | None, zone: ZoneInfo, window_days: int | None) -> dict[str, Any]:
    """All meters, ranked, with reasons; notes on what was passed over go to `study.notes`.

    Raises:
        Invalid: files whose intervals do not fit each other, or that span too long a time for one matrix.
    """
    reads = study.as_reads(study_feeders(study, heads))
    if heads is not None and heads.interval_minutes != reads.interval_minutes:
        raise Invalid(
            f"{heads.path.name} has intervals of {heads.interval_minutes} minutes and {study.path.name} of"
            f" {reads.interval_minutes}.",
            hint="Expected equal intervals for suspicion.",
        )
    step = reads.interval_minutes * US_PER_MINUTE
    if (int(reads.read_at.max() - reads.read_at.min()) // step + 1) * len(reads.meters) > _LARGEST_CELLS:
        raise Invalid(f"{study.path.name} spans too long a time.", hint="Give the last five weeks, or fewer meters.")
    if not ((reads.read_at - reads.read_at.min()) % step == 0).all():
        raise Invalid(f"{study.path.name} has meters whose intervals begin at different minutes.")
    transformers = dict(zip(study.meters, study.transformers or [], strict=False))
    matrix = from_reads(reads, zone, transformers, _by_feeder(heads))
    settings = SETTINGS[SCORING_VERSION]
    chosen = window_days or _fitting_window(matrix)
    scored = score(measure(matrix, chosen, settings), settings)
    window = scored.features.window
    if window.baseline_days < settings.min_baseline_days:
        study.notes.append(
            f"{study.path.name}: {window.baseline_days} days before the {window.window_days} judged ones are too few to"
            f" compare with ({settings.min_baseline_days} are needed); every score is 0."
        )
    rows = [{key: row[key] for key in _KEPT} for row in reasons.rows(scored)]
    codes = [reason["code"] for reason in rows[0]["reasons"] if reason["value"] is None]
    return {
        "as_of": iso_utc(int(matrix.read_at[-1])),
        "scoring_version": SCORING_VERSION,
        "window_days": window.window_days,
        "missing": [code for code in codes if all(code in row["missing"] for row in rows)],
        "meters": rows,
    }


def _fitting_window(matrix: MeterMatrix) -> int:
    """Seven days, or a quarter of a file that is shorter than four weeks, at least one."""
    days = round(float(matrix.read_at[-1] - matrix.read_at[0]) / US_PER_DAY)
    return max(1, min(DEFAULT_WINDOW_DAYS, days // 4))


def _by_feeder(heads: Delivered | None) -> dict[str, tuple[Any, Any]]:
    if heads is None:
        return {}
    return {
        feeder: (heads.read_at[of], heads.kwh[of])
        for number, feeder in enumerate(heads.feeders)
        for of in [np.flatnonzero(heads.feeder == number)]
    }
