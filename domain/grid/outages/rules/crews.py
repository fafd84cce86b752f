"""Crews for jobs: the best three for each job, and what is best for all jobs together.

Advice to a dispatcher, no more. The joint plan minimises the sum of customers times the time until their job is done;
it may give a job a crew that is not its first, since that one is worth more elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.grid.outages.rules.assignment import FORBIDDEN, assign
from domain.grid.outages.rules.crew_fit import (
    CREWS_VERSION,
    DEFAULT,
    Crew,
    CrewSettings,
    Fit,
    Job,
    Travel,
    Ways,
    explain,
    fit,
    settings_of,
)
from domain.grid.outages.rules.crew_routes import RoutePlanner
from domain.kernel.errors import Invalid

__all__ = ["CREWS_VERSION", "Crew", "CrewSettings", "Job", "Travel", "recommend_crews", "settings_of"]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A crew for a job; `rank` among the crews of the job, `score` 100 for the quickest."""

    job_id: str
    crew_id: str
    crew_name: str
    zone_id: str | None
    option_id: str | None
    role: str
    rank: int
    score: float
    is_assigned: bool
    eta_min: float
    done_min: float
    travel_km: float
    skills_matched: tuple[str, ...]
    skills_missing: tuple[str, ...]
    parts_missing: tuple[str, ...]
    workload: int
    shift_remaining_min: float
    conflicts: tuple[str, ...]
    reasons: dict[str, float]
    explanation: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """A job in the joint plan: its crew and place in that crew's order, or why nobody goes.

    Times are minutes from `as_of`.
    """

    job_id: str
    crew_id: str | None
    sequence: int
    eta_min: float | None
    done_min: float | None
    customer_minutes: float | None
    explanation: str


@dataclass(frozen=True, slots=True)
class CrewPlan:
    """Both answers; `is_optimal` where the joint plan is proven to be the best (no more jobs than crews)."""

    recommendations: tuple[Recommendation, ...]
    assignment: tuple[Assigned, ...]
    is_optimal: bool
    version: str


def recommend_crews(
    jobs: Sequence[Job],
    crews: Sequence[Crew],
    settings: CrewSettings = DEFAULT,
    *,
    as_of: datetime,
    is_storm: bool = False,
    ways: Ways | None = None,
) -> CrewPlan:
    """Rank crews for each job and plan all jobs together; the order in which they come in does not matter.

    Raises:
        Invalid: two jobs or two crews with one id, or costs beyond exact sums.
    """
    in_order = sorted(jobs, key=lambda job: job.job_id)
    there = sorted(crews, key=lambda crew: crew.crew_id)
    _refuse_twice([job.job_id for job in in_order], "job")
    _refuse_twice([crew.crew_id for crew in there], "crew")
    fits = [[fit(crew, job, as_of, settings, is_storm=is_storm, ways=ways) for job in in_order] for crew in there]
    planner = RoutePlanner(in_order, there, fits, [max(1, job.customers) for job in in_order], settings, is_storm)
    is_optimal = len(in_order) <= len(there)
    routes = _optimal(planner) if is_optimal else planner.plan()
    assignment = _assignment(planner, routes)
    chosen = {(one.job_id, one.crew_id) for one in assignment}
    ranked = [
        one for number in range(len(in_order)) for one in _ranked([row[number] for row in fits], chosen, settings)
    ]
    return CrewPlan(tuple(ranked), assignment, is_optimal, settings.version)


def _refuse_twice(ids: list[str], what: str) -> None:
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise Invalid(f"The {what} {twice[0]} is given twice.", hint=f"Give each {what} once.")


def _optimal(planner: RoutePlanner) -> list[list[int]]:
    """One job at most for each crew, at least total cost."""
    costs = [
        [planner.weights[job] * row[job].cost_s if row[job].is_feasible else FORBIDDEN for row in planner.fits]
        for job in range(len(planner.jobs))
    ]
    alone = [weight * planner.settings.horizon_s for weight in planner.weights]
    routes: list[list[int]] = [[] for _ in planner.crews]
    for job, crew in enumerate(assign(costs, alone)):
        if crew is not None:
            routes[crew].append(job)
    return routes


def _assignment(planner: RoutePlanner, routes: list[list[int]]) -> tuple[Assigned, ...]:
    found: dict[int, Assigned] = {}
    for crew, route in enumerate(routes):
        for place, (job, (arrival, done)) in enumerate(zip(route, planner.times(crew, route), strict=True)):
            one, who = planner.jobs[job], planner.crews[crew]
            after = f" after {planner.jobs[route[place - 1]].job_id}" if place else ""
            said = f"{who.name} is proposed for {one.job_id}{after}: on site in about {round(arrival / 60)} minutes."
            waited = round(one.customers * done / 60, 3)
            found[job] = Assigned(
                one.job_id, who.crew_id, place + 1, round(arrival / 60, 3), round(done / 60, 3), waited, said
            )
    for job, one in enumerate(planner.jobs):
        if job not in found:
            found[job] = Assigned(one.job_id, None, 0, None, None, None, _why_nobody(planner, job))
    return tuple(found[job] for job in sorted(found))


def _why_nobody(planner: RoutePlanner, job: int) -> str:
    own = [row[job] for row in planner.fits]
    name = planner.jobs[job].job_id
    if not own:
        return f"Nobody is proposed for {name}: no crew is known."
    if any(one.is_feasible for one in own):
        return (
            f"Nobody is proposed for {name}: every crew that could go is needed elsewhere or has too little shift left."
        )
    return f"Nobody is proposed for {name}: {'; '.join(f'{one.crew.name} {one.conflicts[0]}' for one in own[:3])}."


def _ranked(fits: list[Fit], chosen: set[tuple[str, str | None]], settings: CrewSettings) -> list[Recommendation]:
    """The best of a job, and the crew of the joint plan if it is not among them."""
    quickest = min((one.cost_s for one in fits if one.is_feasible), default=1)
    scored = [(round(100.0 * quickest / one.cost_s, 3) if one.is_feasible else 0.0, one) for one in fits]
    scored.sort(key=lambda pair: (-pair[0], pair[1].arrival_s, pair[1].crew.crew_id))
    out = []
    for rank, (score, one) in enumerate(scored, start=1):
        is_assigned = (one.job.job_id, one.crew.crew_id) in chosen
        if rank <= settings.shown or is_assigned:
            out.append(_recommendation(one, rank, score, is_assigned))
    return out


def _recommendation(one: Fit, rank: int, score: float, is_assigned: bool) -> Recommendation:
    job, crew = one.job, one.crew
    return Recommendation(
        job_id=job.job_id,
        crew_id=crew.crew_id,
        crew_name=crew.name,
        zone_id=job.zone_id,
        option_id=job.option_id,
        role=job.role,
        rank=rank,
        score=score,
        is_assigned=is_assigned,
        eta_min=round(one.arrival_s / 60, 3),
        done_min=round(one.completion_s / 60, 3),
        travel_km=one.travel_km,
        skills_matched=one.skills_matched,
        skills_missing=one.skills_missing,
        parts_missing=one.parts_missing,
        workload=crew.open_jobs,
        shift_remaining_min=round(one.shift_remaining_s / 60, 3),
        conflicts=one.conflicts,
        reasons={
            "arrival_min": round(one.arrival_s / 60, 3),
            "work_min": round(job.work_min, 3),
            "added_min": round((one.cost_s - one.completion_s) / 60, 3),
            "customers": float(job.customers),
        },
        explanation=explain(one),
    )
