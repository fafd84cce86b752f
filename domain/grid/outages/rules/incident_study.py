"""A whole list of incidents as reliability figures: plain JSON, the same for the same incidents in any order."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from domain.grid.outages.rules.causes import CAUSES_VERSION, NOT_AN_OUTAGE
from domain.grid.outages.rules.etr_accuracy import estimate_accuracy
from domain.grid.outages.rules.incidents import (
    Incident,
    customers_out_curve,
    outages_only,
    restoration_quantile,
)
from domain.grid.outages.rules.interruptions import MINUTE, day_begun
from domain.grid.outages.rules.major_events import MAJOR_EVENTS_VERSION, Threshold, major_event_threshold
from domain.grid.outages.rules.reliability import Indices, reliability_indices

STUDY_VERSION = "outage-study/1"


def latest_known(incidents: Sequence[Incident]) -> datetime:
    """The last instant that the list tells of; estimates lie in the future and do not count."""
    return max(at for i in incidents for at in (i.started_at, i.ended_at) if at is not None)


def study(
    incidents: Sequence[Incident],
    *,
    zone: tzinfo,
    as_of: datetime | None = None,
    customers_served: int | None = None,
    seen_every_min: float = 60.0,
) -> dict[str, Any]:
    """Counts, indices, days, causes, curve and accuracy of the estimates.

    Args:
        incidents: each once, see `incidents.distinct`.
        zone: of the local days.
        as_of: None for the last instant of the list. Later incidents are unknown then, later ends open.
        customers_served: N_T; without it what is divided by it is None.
        seen_every_min: a list that tells when an incident was last seen lets it end by so much later.
    """
    now = as_of or latest_known(incidents)
    known = [_as_known(i, now) for i in incidents if i.started_at <= now]
    outages = outages_only(known)
    timed = [i for i in outages if i.is_timed]
    got = reliability_indices(
        (i.interruption() for i in timed),
        as_of=now,
        customers_served=customers_served,
        period_minutes=_period_minutes(outages, now, zone),
    )
    days = _days(outages, now, zone, customers_served)
    threshold = major_event_threshold({date.fromisoformat(d["date"]): d["cmi"] or 0.0 for d in days})
    for day in days:
        day["is_major_event_day"] = None if day["cmi"] is None else threshold.is_major(day["cmi"])
    return {
        "schema_version": STUDY_VERSION,
        "versions": {"causes": CAUSES_VERSION, "major_events": MAJOR_EVENTS_VERSION},
        "as_of": _iso(now),
        "counts": _counts(known, outages, now),
        "indices": _indices(got, timed, outages, customers_served, seen_every_min),
        "durations_min": _durations(outages, now),
        "etr": {
            "first": asdict(estimate_accuracy((i.restored_at, i.etr_first) for i in outages if i.is_timed)),
            "last": asdict(estimate_accuracy((i.restored_at, i.etr_last) for i in outages if i.is_timed)),
        },
        "major_events": _major(threshold, customers_served),
        "days": days,
        "causes": _causes(outages, now),
        "groups": _groups(outages, now),
        "curve": [{"at": _iso(at), "customers_out": n} for at, n in customers_out_curve(timed)],
    }


def _as_known(one: Incident, now: datetime) -> Incident:
    """What lies after `now` is not known yet."""
    if one.ended_at is None or one.ended_at <= now:
        return one
    return Incident(
        one.key, one.started_at, None, True, one.end_is_last_seen, one.customers, one.cause, one.group, one.etr_first
    )


def _counts(known: Sequence[Incident], outages: Sequence[Incident], now: datetime) -> dict[str, int]:
    timed = [i.interruption() for i in outages if i.is_timed]
    return {
        "incidents": len(outages),
        "restored": sum(i.restored_at is not None for i in outages),
        "open": sum(i.is_open and not i.has_clock_fault for i in outages),
        "end_unknown": sum(i.ended_at is None and not i.is_open for i in outages),
        "clock_faults": sum(i.has_clock_fault for i in outages),
        "momentary": sum(i.is_momentary(now) for i in timed),
        "planned": sum(i.category == "planned" for i in outages),
        "without_customers": sum(i.customers == 0 for i in outages),
        NOT_AN_OUTAGE: len(known) - len(outages),
    }


def _indices(
    got: Indices, timed: Sequence[Incident], outages: Sequence[Incident], served: int | None, seen_every_min: float
) -> dict[str, Any]:
    """The indices, over the incidents whose minutes are known; customers alone where none is."""
    late = math.fsum(i.customers * seen_every_min for i in timed if i.end_is_last_seen and i.restored_at is not None)
    interrupted = got.customers_interrupted if timed else sum(i.customers for i in outages)
    return {
        **asdict(got),
        "customers_served": served,
        "customers_interrupted": interrupted,
        "customers_in_all_incidents": sum(i.customers for i in outages),
        "saifi": interrupted / served if served else None,
        "cmi": got.cmi if timed else None,
        "cmi_restored": got.cmi_restored if timed else None,
        "cmi_high": got.cmi + late if timed else None,
        "saidi_min": got.saidi_min if timed else None,
        "asai": got.asai if timed else None,
        "maifi_e": got.maifi_e if timed else None,
        "is_lower_bound": got.is_lower_bound or any(i.end_is_last_seen for i in timed) or len(timed) < len(outages),
    }


def _durations(outages: Sequence[Incident], now: datetime) -> dict[str, float | int | None]:
    minutes = [(i.restored_at - i.started_at) / MINUTE for i in outages if i.restored_at is not None]
    return {
        "restored": len(minutes),
        "mean_of_restored": math.fsum(minutes) / len(minutes) if minutes else None,
        "median": restoration_quantile(outages, 0.5, now),
        "p90": restoration_quantile(outages, 0.9, now),
    }


def _days(outages: Sequence[Incident], now: datetime, zone: tzinfo, served: int | None) -> list[dict[str, Any]]:
    """One row for each local day on which something began; all minutes accrue to that day."""
    by_day: dict[date, list[Incident]] = defaultdict(list)
    for one in outages:
        by_day[day_begun(one.interruption(), zone)].append(one)
    rows = []
    for day in sorted(by_day):
        got = _sums(by_day[day], now)
        saidi = got["cmi"] / served if served and got["cmi"] is not None else None
        rows.append({"date": day.isoformat(), **got, "saidi_min": saidi})
    return rows


def _sums(outages: Sequence[Incident], now: datetime) -> dict[str, Any]:
    timed = [i for i in outages if i.is_timed]
    got = reliability_indices((i.interruption() for i in timed), as_of=now)
    return {
        "incidents": len(outages),
        "customers": sum(i.customers for i in outages),
        "cmi": got.cmi if timed else None,
        "still_out": got.still_out,
    }


def _causes(outages: Sequence[Incident], now: datetime) -> list[dict[str, Any]]:
    by_cause: dict[str, list[Incident]] = defaultdict(list)
    for one in outages:
        by_cause[one.category].append(one)
    rows = []
    for name, own in by_cause.items():
        written: dict[str, int] = defaultdict(int)
        for one in own:
            written[one.cause or "(nothing)"] += 1
        most = sorted(written.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
        rows.append({"cause": name, **_sums(own, now), "written_as": [text for text, _ in most]})
    return sorted(rows, key=lambda row: (-row["incidents"], row["cause"]))


def _groups(outages: Sequence[Incident], now: datetime) -> list[dict[str, Any]]:
    """The same sums for each provider or feeder; clocks that cannot be right are counted."""
    by_group: dict[str, list[Incident]] = defaultdict(list)
    for one in outages:
        by_group[one.group].append(one)
    rows = [
        {"group": name, **_sums(own, now), "clock_faults": sum(i.has_clock_fault for i in own)}
        for name, own in by_group.items()
        if name
    ]
    return sorted(rows, key=lambda row: (-row["customers"], row["group"]))


def _major(threshold: Threshold, served: int | None) -> dict[str, Any]:
    """TMED; in customer-minutes too, since the threshold needs no N_T to tell the days apart."""
    tmed = threshold.tmed_min
    return {
        "tmed_cmi": tmed,
        "tmed_min": tmed / served if served and tmed is not None else None,
        "days": threshold.days,
        "is_short_history": threshold.is_short_history,
    }


def _period_minutes(outages: Sequence[Incident], now: datetime, zone: tzinfo) -> float | None:
    """Minutes of the local days from the first begin to `now`, the last one whole."""
    if not outages:
        return None
    first = min(i.started_at for i in outages).astimezone(zone).date()
    last = now.astimezone(zone).date() + timedelta(days=1)
    begin, end = (datetime(d.year, d.month, d.day, tzinfo=zone).astimezone(UTC) for d in (first, last))
    return (end - begin) / MINUTE


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
