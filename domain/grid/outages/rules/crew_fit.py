"""Which crew could take which job: what forbids it, how long it would take, and why one is before another.

A job is a piece of field work of an outage (patrol, switching, repair). What a crew must have is a hard condition with
a reason in words; what merely costs time is counted in whole seconds, so that sums are exact and ties are ties.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

CREWS_VERSION = "crews/1"
_EARTH_KM = 6371.0088


@dataclass(frozen=True)
class CrewSettings:
    """Speeds, times and rules of work. [M] unless said otherwise; grid.md 4.7 gives the factors."""

    version: str = CREWS_VERSION
    detour_factor: float = 1.3  # road over straight line
    urban_kmh: float = 40.0
    rural_kmh: float = 65.0
    storm_factor: float = 1.4
    unknown_way_s: int = 1200  # where one of the places is not known
    prep_s: int = 600
    busy_job_s: int = 900  # for each job that the crew has already
    overtime_factor: float = 0.5  # of the seconds beyond the shift
    longest_work_h: float = 16.0  # then eight hours of rest
    rest_h: float = 8.0
    hv_members: int = 2
    shown: int = 3
    horizon_s: int = 604_800  # what an unassigned job is taken to wait


DEFAULT = CrewSettings()


def settings_of(settings: CrewSettings = DEFAULT) -> dict[str, Any]:
    """The settings as plain JSON, to be hashed with a run."""
    return asdict(settings)


@dataclass(frozen=True, slots=True)
class Job:
    """Field work that waits for a crew.

    Attributes:
        latitude, longitude: None where nobody knows the place; then the usual time of travel is taken.
        customers: who wait for it, the weight of its completion.
        work_min: minutes on site.
        skills: all of them are needed.
        parts: what must be on the truck or fetched.
    """

    job_id: str
    latitude: float | None
    longitude: float | None
    work_min: float
    customers: int = 1
    zone_id: str | None = None
    option_id: str | None = None
    role: str = "patrol"
    skills: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    is_hv: bool = False
    is_rural: bool = False


@dataclass(frozen=True, slots=True)
class Crew:
    """A crew as its board shows it at `as_of`.

    Attributes:
        latitude, longitude: where it is; the depot's where nobody knows, None where that is not known either.
        status: available, assigned, enroute, onsite, rest or off.
        hours_worked: since its last rest of eight hours.
        open_jobs: work that it has already.
    """

    crew_id: str
    name: str
    latitude: float | None
    longitude: float | None
    depot_latitude: float | None
    depot_longitude: float | None
    shift_start: datetime
    shift_end: datetime
    members: int = 2
    skills: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    depot_parts: tuple[str, ...] = ()
    status: str = "available"
    hours_worked: float = 0.0
    hours_rested: float = 24.0
    open_jobs: int = 0
    overtime_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Travel:
    """A way by road; `km` None where one of its ends is not known."""

    km: float | None
    seconds: int


@dataclass(frozen=True, slots=True)
class Fit:
    """A crew looked at for a job.

    Attributes:
        arrival_s: seconds from `as_of` until work begins; completion_s until it is done.
        cost_s: the same with what counts against it beyond time (work in hand, overtime).
        conflicts: what forbids it, in words; empty if it could go.
        parts_missing: neither on the truck nor in the depot; parts_fetched are a detour.
    """

    crew: Crew
    job: Job
    travel_km: float
    is_way_known: bool
    arrival_s: int
    completion_s: int
    cost_s: int
    shift_remaining_s: int
    skills_matched: tuple[str, ...]
    skills_missing: tuple[str, ...]
    parts_missing: tuple[str, ...]
    parts_fetched: tuple[str, ...]
    conflicts: tuple[str, ...]

    @property
    def is_feasible(self) -> bool:
        """Whether nothing forbids it."""
        return not self.conflicts


Ways = Mapping[tuple[str, str], Travel]
Place = tuple[float | None, float | None]


def fit(
    crew: Crew,
    job: Job,
    as_of: datetime,
    settings: CrewSettings = DEFAULT,
    *,
    is_storm: bool = False,
    ways: Ways | None = None,
) -> Fit:
    """Look at a crew for a job: way, time, skills, parts, and what forbids it. Pure; times in seconds, ways in km.

    Args:
        crew: with shift, skills, parts and place.
        job: with its place, work in minutes, skills and parts.
        as_of: from when on times are counted, UTC.
        settings: speeds, preparation and what overtime costs.
        is_storm: ways take longer.
        ways: travel by (crew_id, job_id) where a road network knows better.
    """
    missing = tuple(sorted(set(job.parts) - set(crew.parts)))
    fetched = tuple(part for part in missing if part in crew.depot_parts)
    way = (ways or {}).get((crew.crew_id, job.job_id)) or _way(crew, job, settings, is_storm, by_depot=bool(fetched))
    arrival = settings.prep_s + way.seconds
    completion = arrival + round(job.work_min * 60)
    remaining = round((crew.shift_end - as_of) / timedelta(seconds=1))
    overtime = max(0, completion - max(remaining, 0))
    cost = completion + settings.busy_job_s * crew.open_jobs + round(settings.overtime_factor * overtime)
    needed = set(job.skills) | ({"hv"} if job.is_hv else set())
    lacking = tuple(sorted(needed - set(crew.skills)))
    absent = tuple(part for part in missing if part not in fetched)
    return Fit(
        crew=crew,
        job=job,
        travel_km=round(way.km or 0.0, 3),
        is_way_known=way.km is not None,
        arrival_s=arrival,
        completion_s=completion,
        cost_s=cost,
        shift_remaining_s=remaining,
        skills_matched=tuple(sorted(needed & set(crew.skills))),
        skills_missing=lacking,
        parts_missing=absent,
        parts_fetched=fetched,
        conflicts=_conflicts(crew, job, as_of, lacking, absent, completion, remaining, settings),
    )


def haversine_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance between (latitude, longitude) pairs."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def way_between(a: Place, b: Place, settings: CrewSettings, *, is_rural: bool, is_storm: bool) -> Travel:
    """The way by road, estimated from the straight line; the usual time where a place is not known."""
    if a[0] is None or a[1] is None or b[0] is None or b[1] is None:
        return Travel(None, round(settings.unknown_way_s * (settings.storm_factor if is_storm else 1.0)))
    km = haversine_km((a[0], a[1]), (b[0], b[1])) * settings.detour_factor
    speed = settings.rural_kmh if is_rural else settings.urban_kmh
    hours = km / speed * (settings.storm_factor if is_storm else 1.0)
    return Travel(km, round(hours * 3600))


def _way(crew: Crew, job: Job, settings: CrewSettings, is_storm: bool, *, by_depot: bool) -> Travel:
    here, there = (crew.latitude, crew.longitude), (job.latitude, job.longitude)
    stops: list[Place] = [here, (crew.depot_latitude, crew.depot_longitude), there] if by_depot else [here, there]
    legs = [way_between(a, b, settings, is_rural=job.is_rural, is_storm=is_storm) for a, b in pairwise(stops)]
    lengths = [leg.km for leg in legs if leg.km is not None]
    return Travel(math.fsum(lengths) if len(lengths) == len(legs) else None, sum(leg.seconds for leg in legs))


def _conflicts(
    crew: Crew,
    job: Job,
    as_of: datetime,
    lacking: tuple[str, ...],
    absent: tuple[str, ...],
    completion_s: int,
    remaining_s: int,
    settings: CrewSettings,
) -> tuple[str, ...]:
    """Every hard condition that does not hold, in the order in which a dispatcher would ask."""
    found = []
    if crew.status in {"rest", "off"}:
        found.append(f"is on {crew.status}" if crew.status == "rest" else "is off duty")
    if not crew.shift_start <= as_of < crew.shift_end and not crew.overtime_allowed:
        found.append("is outside its shift")
    elif completion_s > remaining_s and not crew.overtime_allowed:
        found.append(f"needs {_hours(completion_s)} and has {_hours(max(remaining_s, 0))} of shift left")
    if lacking:
        found.append(f"lacks {', '.join(lacking)}")
    if absent:
        found.append(f"has no {', '.join(absent)} on the truck or in the depot")
    if crew.hours_worked >= settings.longest_work_h and crew.hours_rested < settings.rest_h:
        found.append(f"has to rest {settings.rest_h:.0f} hours after {settings.longest_work_h:.0f} hours of work")
    elif crew.hours_worked + completion_s / 3600 > settings.longest_work_h:
        found.append(f"would pass {settings.longest_work_h:.0f} hours of work without rest")
    if (job.is_hv or "hv" in job.skills) and crew.members < settings.hv_members:
        found.append(f"has {crew.members} member for high voltage, {settings.hv_members} are needed")
    return tuple(found)


def _hours(seconds: int) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def explain(one: Fit) -> str:
    """A sentence or two for the person who decides, in words of advice."""
    crew, minutes = one.crew, round(one.arrival_s / 60)
    if not one.is_feasible:
        return f"{crew.name} could not take it: {'; '.join(one.conflicts)}."
    skills = f"has {_listed(one.skills_matched)}" if one.skills_matched else "needs no special skill"
    way = f"{one.travel_km:.1f} km" if one.is_way_known else "the way is not known"
    said = f"{crew.name} could be on site in about {minutes} minutes ({way}) and {skills}"
    said += f"; {_hours(max(one.shift_remaining_s, 0))} of its shift remain"
    if one.parts_fetched:
        said += f"; it would fetch {_listed(one.parts_fetched)} at its depot on the way"
    if one.completion_s > one.shift_remaining_s:
        said += "; it would work overtime"
    if crew.open_jobs:
        said += f"; it has {crew.open_jobs} other {'job' if crew.open_jobs == 1 else 'jobs'}"
    return said + "."


def _listed(words: tuple[str, ...]) -> str:
    names = [word.replace("_", " ") for word in words]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
