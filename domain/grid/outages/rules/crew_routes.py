"""More jobs than crews: who does what one after the other, so that customers wait as little as possible in all.

Weighted shortest processing time orders the jobs, each is put where it costs least, then moves, exchanges and reversals
improve the routes until none does; three other orders are tried as well, and the best plan is kept. All sums are whole
customer-seconds and every loop runs in a fixed order, so that the same jobs and crews always make the same routes. A
good plan, not a proven optimum.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from domain.grid.outages.rules.crew_fit import Crew, CrewSettings, Fit, Job, Place, way_between

Routes = list[list[int]]
_MOST_ROUNDS = 200


@dataclass
class RoutePlanner:
    """Jobs and crews by position, both in the order of their ids.

    Attributes:
        fits: per crew, per job.
        weights: what a second of waiting costs, per job.
    """

    jobs: Sequence[Job]
    crews: Sequence[Crew]
    fits: Sequence[Sequence[Fit]]
    weights: Sequence[int]
    settings: CrewSettings
    is_storm: bool = False
    # What was worked out already: the search asks for the same routes again and again.
    _known: dict[tuple[int, ...], int | None] = field(default_factory=dict)

    def plan(self) -> Routes:
        """The jobs of each crew in order; a job that no crew could take stands nowhere."""
        best = min(self._planned(order) for order in self._orders())
        return best[1][:-1]

    def _planned(self, order: Sequence[int]) -> tuple[int, Routes]:
        """Weighted seconds of waiting, and the routes, when jobs are put in by this order."""
        # The last route is nobody's: it takes every job, at the cost of waiting for the whole horizon.
        routes: Routes = [[] for _ in range(len(self.crews) + 1)]
        for job in order:
            self._insert(routes, job)
        for _ in range(_MOST_ROUNDS):
            if not self._improve(routes):
                break
        return sum(self.cost(crew, route) or 0 for crew, route in enumerate(routes)), routes

    def _orders(self) -> list[list[int]]:
        """Most customers per second first; as other starts the farthest, the heaviest, and those few crews can take."""
        jobs = range(len(self.jobs))
        able = [sum(row[job].is_feasible for row in self.fits) for job in jobs]
        return [
            sorted(jobs, key=self._wspt),
            sorted(jobs, key=lambda job: (-self._nearest(job), job)),
            sorted(jobs, key=lambda job: (-self.weights[job], job)),
            sorted(jobs, key=lambda job: (able[job], -self.weights[job], job)),
        ]

    def times(self, crew: int, route: Sequence[int]) -> list[tuple[int, int]]:
        """Arrival and completion of each job of a route, seconds from now."""
        out: list[tuple[int, int]] = []
        for place, job in enumerate(route):
            arrival = (
                self.fits[crew][job].arrival_s if not place else out[-1][1] + self._leg(crew, route[place - 1], job)
            )
            out.append((arrival, arrival + round(self.jobs[job].work_min * 60)))
        return out

    def cost(self, crew: int, route: Sequence[int]) -> int | None:
        """Weighted seconds of a route; None where a crew may not do so much."""
        key = (crew, *route)
        if key not in self._known:
            self._known[key] = self._cost(crew, route)
        return self._known[key]

    def _cost(self, crew: int, route: Sequence[int]) -> int | None:
        if crew == len(self.crews):
            return sum(self.weights[job] * self.settings.horizon_s for job in route)
        who, total = self.crews[crew], 0
        for job, (_, done) in zip(route, self.times(crew, route), strict=True):
            one = self.fits[crew][job]
            overtime = max(0, done - max(one.shift_remaining_s, 0))
            if not one.is_feasible or (overtime and not who.overtime_allowed):
                return None
            if who.hours_worked + done / 3600 > self.settings.longest_work_h:
                return None
            extra = self.settings.busy_job_s * who.open_jobs + round(self.settings.overtime_factor * overtime)
            total += self.weights[job] * (done + extra)
        return total

    def _leg(self, crew: int, before: int, after: int) -> int:
        stops: list[Place] = [(self.jobs[before].latitude, self.jobs[before].longitude)]
        if self.fits[crew][after].parts_fetched:
            stops.append((self.crews[crew].depot_latitude, self.crews[crew].depot_longitude))
        stops.append((self.jobs[after].latitude, self.jobs[after].longitude))
        rural = self.jobs[after].is_rural
        legs = [
            way_between(stops[n], stops[n + 1], self.settings, is_rural=rural, is_storm=self.is_storm).seconds
            for n in range(len(stops) - 1)
        ]
        return self.settings.prep_s + sum(legs)

    def _wspt(self, job: int) -> tuple[Fraction, str]:
        """Most customers per second of work and way first."""
        return -Fraction(self.weights[job], max(self._nearest(job), 1)), self.jobs[job].job_id

    def _nearest(self, job: int) -> int:
        return min((row[job].completion_s for row in self.fits if row[job].is_feasible), default=1)

    def _insert(self, routes: Routes, job: int) -> None:
        best: tuple[int, int, int] | None = None
        for crew, route in enumerate(routes):
            before = self.cost(crew, route) or 0
            for place in range(len(route) + 1):
                cost = self.cost(crew, [*route[:place], job, *route[place:]])
                if cost is not None and (best is None or (cost - before, crew, place) < best):
                    best = (cost - before, crew, place)
        if best is not None:
            routes[best[1]].insert(best[2], job)

    def _improve(self, routes: Routes) -> bool:
        """Take the first change that helps; False when none does."""
        for changed in self._changes(routes):
            before = after = 0
            for crew, route in changed.items():
                cost = self.cost(crew, route)
                if cost is None:
                    break
                before += self.cost(crew, routes[crew]) or 0
                after += cost
            else:
                if after < before:
                    for crew, route in changed.items():
                        routes[crew] = route
                    return True
        return False

    def _changes(self, routes: Routes) -> Iterator[dict[int, list[int]]]:
        places = [(crew, place) for crew, route in enumerate(routes) for place in range(len(route))]
        for crew, place in places:
            job, rest = routes[crew][place], routes[crew][:place] + routes[crew][place + 1 :]
            for other in range(len(routes)):
                target = rest if other == crew else routes[other]
                for at in range(len(target) + 1):
                    moved = {crew: rest} if other != crew else {}
                    yield moved | {other: [*target[:at], job, *target[at:]]}
        for number, (crew, place) in enumerate(places):
            for other, at in places[number + 1 :]:
                yield _exchanged(routes, crew, place, other, at)
        yield from _tails_exchanged(routes)
        for crew, route in enumerate(routes):
            for begin in range(len(route)):
                for end in range(begin + 2, len(route) + 1):
                    yield {crew: [*route[:begin], *reversed(route[begin:end]), *route[end:]]}


def _exchanged(routes: Routes, crew: int, place: int, other: int, at: int) -> dict[int, list[int]]:
    changed = {crew: list(routes[crew]), other: list(routes[other])}
    changed[crew][place], changed[other][at] = routes[other][at], routes[crew][place]
    return changed


def _tails_exchanged(routes: Routes) -> Iterator[dict[int, list[int]]]:
    """What follows a place in one route against what follows a place in another."""
    for crew, route in enumerate(routes):
        for other in range(crew + 1, len(routes)):
            for cut in range(len(route) + 1):
                for at in range(len(routes[other]) + 1):
                    yield {
                        crew: [*route[:cut], *routes[other][at:]],
                        other: [*routes[other][:at], *route[cut:]],
                    }
