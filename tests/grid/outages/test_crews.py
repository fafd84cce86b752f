"""Crews: what forbids a job is said, what is proposed is the same on every run and in every order."""

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.outages.rules.crew_fit import Crew, CrewSettings, Job, Travel, fit, haversine_km
from domain.grid.outages.rules.crew_routes import RoutePlanner
from domain.grid.outages.rules.crews import CrewPlan, recommend_crews
from domain.kernel.errors import Invalid

NOW = datetime(2026, 7, 14, 1, 0, tzinfo=UTC)
HERE = (35.2, -80.8)


def crew(crew_id: str = "C1", lat: float = HERE[0], lon: float = HERE[1], **more: object) -> Crew:
    facts: dict[str, object] = {
        "name": f"Line {crew_id}",
        "depot_latitude": HERE[0],
        "depot_longitude": HERE[1],
        "shift_start": NOW - timedelta(hours=2),
        "shift_end": NOW + timedelta(hours=6),
        "skills": ("line_oh", "switching"),
    }
    return Crew(crew_id=crew_id, latitude=lat, longitude=lon, **(facts | more))  # type: ignore[arg-type]


def job(job_id: str = "J1", lat: float = HERE[0] + 0.05, lon: float = HERE[1], **more: object) -> Job:
    facts: dict[str, object] = {"work_min": 60.0, "customers": 100, "skills": ("line_oh",)}
    return Job(job_id=job_id, latitude=lat, longitude=lon, **(facts | more))  # type: ignore[arg-type]


def test_seconds_are_added_as_said() -> None:
    one = fit(crew(open_jobs=2), job(), NOW, ways={("C1", "J1"): Travel(10.0, 1200)})
    assert (one.arrival_s, one.completion_s, one.cost_s) == (1800, 5400, 5400 + 1800)
    assert haversine_km((0.0, 0.0), (0.0, 1.0)) == pytest.approx(111.195, abs=0.01)
    straight = haversine_km(HERE, (HERE[0] + 0.05, HERE[1]))
    assert fit(crew(), job(), NOW).travel_km == pytest.approx(1.3 * straight, abs=0.001)
    urban, rural = (fit(crew(), job(is_rural=rural), NOW).arrival_s for rural in (False, True))
    storm = fit(crew(), job(), NOW, is_storm=True).arrival_s
    assert (urban - 600) / (rural - 600) == pytest.approx(65 / 40, rel=0.01)
    assert (storm - 600) / (urban - 600) == pytest.approx(1.4, rel=0.01)


@pytest.mark.parametrize(
    ("who", "what", "said"),
    [
        (crew(skills=("switching",)), job(), "lacks line_oh"),
        (crew(shift_end=NOW + timedelta(minutes=30)), job(), "min of shift left"),
        (crew(shift_start=NOW + timedelta(hours=1)), job(), "outside its shift"),
        (crew(hours_worked=15.5), job(), "16 hours of work without rest"),
        (crew(hours_worked=16, hours_rested=3), job(), "has to rest 8 hours"),
        (crew(status="rest"), job(), "is on rest"),
        (crew(status="off"), job(), "is off duty"),
        (crew(), job(parts=("cross-arm",)), "has no cross-arm"),
        (crew(members=1, skills=("line_oh", "hv")), job(is_hv=True), "high voltage"),
        (crew(), job(is_hv=True), "lacks hv"),
    ],
)
def test_every_hard_condition_is_told_and_never_assigned(who: Crew, what: Job, said: str) -> None:
    plan = recommend_crews([what], [who], as_of=NOW)
    assert any(said in reason for reason in plan.recommendations[0].conflicts)
    assert plan.recommendations[0].score == 0
    assert plan.assignment[0].crew_id is None
    assert "Nobody is proposed for J1" in plan.assignment[0].explanation


def test_overtime_and_parts_from_the_depot_cost_time_and_are_said() -> None:
    late = crew(shift_end=NOW + timedelta(minutes=30), overtime_allowed=True)
    one = fit(late, job(), NOW)
    assert one.is_feasible
    assert one.cost_s > one.completion_s
    assert "overtime" in recommend_crews([job()], [late], as_of=NOW).recommendations[0].explanation
    away = crew(lat=HERE[0] + 0.1, depot_parts=("cross-arm",))
    plan = recommend_crews([job(parts=("cross-arm",))], [away], as_of=NOW)
    assert "would fetch cross-arm at its depot" in plan.recommendations[0].explanation
    assert plan.recommendations[0].travel_km > fit(away, job(), NOW).travel_km


def test_a_place_that_nobody_knows_takes_the_usual_time() -> None:
    nowhere = replace(job(), latitude=None, longitude=None)
    one = fit(crew(), nowhere, NOW)
    assert (one.arrival_s, one.travel_km) == (600 + 1200, 0.0)
    plan = recommend_crews([nowhere, job("J2"), job("J3")], [crew()], as_of=NOW)
    assert "the way is not known" in plan.recommendations[0].explanation
    assert all(one.crew_id == "C1" for one in plan.assignment)


def test_three_are_shown_and_the_joint_plan_may_differ_from_the_greedy_one() -> None:
    near, far = crew("A", lat=HERE[0] + 0.049), crew("B", lat=HERE[0] + 0.2)
    jobs = [job("J1"), job("J2", lat=HERE[0] - 0.5)]
    plan = recommend_crews(jobs, [near, far, crew("C", lat=HERE[0] + 0.3), crew("D", lat=HERE[0] + 0.4)], as_of=NOW)
    assert [one.crew_id for one in plan.recommendations if one.job_id == "J1"] == ["A", "B", "C"]
    assert plan.is_optimal
    assert len({one.crew_id for one in plan.assignment}) == 2
    assert all(one.rank <= 3 or one.is_assigned for one in plan.recommendations)
    assert sum(one.is_assigned for one in plan.recommendations) == 2


JOBS = st.lists(
    st.builds(
        job,
        job_id=st.integers(0, 99).map(lambda n: f"J{n:02d}"),
        lat=st.sampled_from([35.1, 35.2, 35.3]),
        lon=st.sampled_from([-80.9, -80.8]),
        customers=st.sampled_from([1, 50, 50, 400]),
        work_min=st.sampled_from([20.0, 60.0]),
    ),
    max_size=6,
    unique_by=lambda one: one.job_id,
)
CREWS = st.lists(
    st.builds(
        crew,
        crew_id=st.integers(0, 99).map(lambda n: f"C{n:02d}"),
        lat=st.sampled_from([35.1, 35.2, 35.3]),
        open_jobs=st.integers(0, 1),
        skills=st.sampled_from([("line_oh",), ("line_oh", "switching"), ("tree",)]),
    ),
    max_size=4,
    unique_by=lambda one: one.crew_id,
)


@given(JOBS, CREWS, st.randoms())
def test_ties_never_change_between_runs_and_orders(jobs: list[Job], crews: list[Crew], chance: random.Random) -> None:
    first = recommend_crews(jobs, crews, as_of=NOW)
    shuffled_jobs, shuffled_crews = list(jobs), list(crews)
    chance.shuffle(shuffled_jobs)
    chance.shuffle(shuffled_crews)
    assert recommend_crews(shuffled_jobs, shuffled_crews, as_of=NOW) == first
    assert [one.job_id for one in first.assignment] == sorted(one.job_id for one in jobs)
    _is_sound(first, {one.crew_id: one for one in crews})


def _is_sound(plan: CrewPlan, crews: dict[str, Crew]) -> None:
    """Nobody stands in two places, nobody passes the shift, and what is forbidden is not proposed."""
    for crew_id, who in crews.items():
        own = sorted((one for one in plan.assignment if one.crew_id == crew_id), key=lambda one: one.sequence)
        assert [one.sequence for one in own] == list(range(1, len(own) + 1))
        assert "line_oh" in who.skills or not own
        for before, after in itertools.pairwise(own):
            assert before.done_min is not None
            assert after.eta_min is not None
            assert before.done_min < after.eta_min
        if own:
            assert (own[-1].done_min or 0) <= (who.shift_end - NOW) / timedelta(minutes=1)


def _waiting(planner: RoutePlanner, routes: list[list[int]]) -> int:
    done = {number for route in routes for number in route}
    left = sum(planner.weights[n] * planner.settings.horizon_s for n in range(len(planner.jobs)) if n not in done)
    return left + sum(planner.cost(number, route) or 0 for number, route in enumerate(routes))


def test_routes_of_more_jobs_than_crews_are_near_the_best_of_all() -> None:
    chance = random.Random(5)  # noqa: S311
    ratios = []
    for _ in range(25):
        jobs = [
            job(f"J{n}", 35 + chance.random() / 2, -81 + chance.random() / 2, customers=chance.randint(1, 500))
            for n in range(5)
        ]
        crews = [crew(f"C{n}", 35 + chance.random() / 2, -81 + chance.random() / 2) for n in range(2)]
        fits = [[fit(who, one, NOW) for one in jobs] for who in crews]
        planner = RoutePlanner(jobs, crews, fits, [one.customers for one in jobs], CrewSettings())
        best = min(
            _waiting(planner, [list(order[:cut]), list(order[cut:])])
            for count in range(6)
            for order in itertools.permutations(range(5), count)
            for cut in range(count + 1)
            if planner.cost(0, order[:cut]) is not None and planner.cost(1, order[cut:]) is not None
        )
        ratios.append(_waiting(planner, planner.plan()) / best)
    assert min(ratios) >= 1
    assert max(ratios) <= 1.1
    assert sum(ratio == 1 for ratio in ratios) >= 22


def test_ids_that_stand_twice_are_refused() -> None:
    with pytest.raises(Invalid, match="crew C1 is given twice"):
        recommend_crews([job()], [crew(), crew()], as_of=NOW)
    with pytest.raises(Invalid, match="job J1 is given twice"):
        recommend_crews([job(), replace(job(), customers=3)], [crew()], as_of=NOW)
