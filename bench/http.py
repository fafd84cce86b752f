"""Latency and throughput over HTTP under load, beside a bare FastAPI route in the same rounds; and advice on an outage.

    python -m bench.http [--requests 600] [--callers 8] [--rounds 3] [--advice 20] [--json]

API and bare peer are processes of their own, one worker each, asked in turns by this process over connections that stay
open. Reads: what the bare route does not do is the gate (token, tenant, transaction, row-level security), the query and
the log. Learner events: bench.learner_events. Advice (rank, options, crews, replay) is asked by one caller of an outage
on EPRI ckt5, each time as of another second, so that nothing is answered from a run that stands.
"""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

import httpx

from bench import learners, outage_night
from bench.harness import Check, parser, tell
from bench.load import Answered, Question, load
from bench.population import TENANT, make_population
from bench.server import Server, own_server
from bench.serving import Served, api_process, bare_process
from domain.kernel.logs import configure_logs
from domain.kernel.people import ensure_person
from domain.kernel.tokens import issue_dev_token

ADVICE_MS = 300.0
BEGAN = datetime(2026, 11, 20, 23, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Door:
    """One of our routes and the bare one beside it."""

    name: str
    ours: Callable[[], Question]
    bare: Callable[[], Question]


def token_for(*roles: str, name: str = "bench") -> str:
    """A person's bearer token, good for the run."""
    person = ensure_person(TENANT, f"{name}@example.org", name, roles)
    return issue_dev_token(str(person.id), person.email, person.name, TENANT, list(roles), timedelta(hours=8))


def doors() -> list[Door]:
    """What is asked under load."""
    operator = token_for("OPERATOR")
    nothing = Question("GET", "/nothing")
    return [
        Door("liveness", lambda: Question("GET", "/health/live"), lambda: nothing),
        Door("GET /v1/outages", lambda: Question("GET", "/v1/outages", operator), lambda: nothing),
        Door("GET /api/ami/status", lambda: Question("GET", "/api/ami/status", operator), lambda: nothing),
        Door("GET /grid (a page)", lambda: Question("GET", "/grid", operator), lambda: nothing),
    ]


def under_load(api: Served, bare: Served, requests: int, callers: int, rounds: int) -> list[Check]:
    """Every door in turns with its bare peer."""
    checks = []
    for door in doors():
        times = max(callers, requests)
        ours, theirs = [], []
        load(api.address, [door.ours() for _ in range(callers)], callers)
        for _ in range(rounds):
            theirs.append(load(bare.address, [door.bare() for _ in range(times)], callers))
            ours.append(load(api.address, [door.ours() for _ in range(times)], callers))
        checks += _of_door(door, ours, theirs, callers)
    return checks


def _of_door(door: Door, ours: Sequence[Answered], theirs: Sequence[Answered], callers: int) -> list[Check]:
    share = median(one.rate / peer.rate for one, peer in zip(ours, theirs, strict=True))
    rate = median(one.rate for one in ours)
    low, middle, high = (median(one.percentile(at) for one in ours) for at in (0.5, 0.95, 0.99))
    bare = [median(one.percentile(at) for one in theirs) for at in (0.5, 0.95, 0.99)]
    return [
        Check(f"{door.name}: share of the bare route's rate", share, "", None, False, f"{rate:,.0f}/s", share,
              "bare FastAPI route"),
        Check(f"{door.name}: p95 of {callers} callers", middle, "ms", None, True,
              f"p50 {low:.1f}, p99 {high:.1f}; bare {bare[0]:.1f}, {bare[1]:.1f}, {bare[2]:.1f}", middle / bare[1],
              "bare FastAPI route"),
    ]  # fmt: skip


def advice(api: Served, times: int, nodes: int | None) -> list[Check]:
    """Rank, options, crews and replay of one outage, one caller, each call as of another second."""
    network, source = outage_night.lay_out(BEGAN, nodes)
    with httpx.Client(base_url=api.address, timeout=120, trust_env=False) as caller:
        night = outage_night.Night(caller, network, BEGAN)
        outage_id = night.promoted()
        early = {
            "rank": "/v1/fault-zones/rank",
            "options": "/v1/restoration-options/generate",
            "crews": "/v1/crews/recommendations/generate",
        }
        asked = {name: _asked(path, outage_id, night.key, 6, times) for name, path in early.items()}
        answered = {name: load(api.address, questions, 1) for name, questions in asked.items()}
        night.over()
        replays = _asked("/v1/replays/after-action/generate", outage_id, night.key, 250, times)
        answered["replay"] = load(api.address, replays, 1)
    note = f"{source}, {len(network.meters):,} meters"
    return [
        Check(
            f"{name} over HTTP, p95",
            one.percentile(0.95),
            "ms",
            ADVICE_MS,
            note=f"p50 {one.percentile(0.5):.0f}; {note}",
        )
        for name, one in answered.items()
    ]


def _asked(path: str, outage_id: str, key: str, minute: int, times: int) -> list[Question]:
    """The same question as of so many seconds after the minute."""
    bodies = [
        {"outage_id": outage_id, "as_of": (BEGAN + timedelta(minutes=minute, seconds=n)).isoformat()}
        for n in range(times)
    ]
    return [Question("POST", path, key, json.dumps(body).encode()) for body in bodies]


def lay_out(server: Server, meters: int) -> None:
    """A tenant with meters, feeders and courses, so that what is asked has something to answer."""
    make_population(meters)
    learners.lay_out(server, 50)


def add_load_options(options: ArgumentParser, requests: int, callers: int, advice: int) -> None:
    """How much is asked, with its defaults."""
    options.add_argument("--requests", type=int, default=requests, help=f"answers of each door (default {requests})")
    options.add_argument("--callers", type=int, default=callers, help=f"connections at once (default {callers})")
    options.add_argument("--advice", type=int, default=advice, help=f"times each advice is asked (default {advice})")
    options.add_argument("--nodes", type=int, help="a made-up network with so many nodes a feeder instead of ckt5")


def main() -> None:
    """Measure and print."""
    configure_logs("bench", "WARNING")
    options = parser(__doc__)
    add_load_options(options, requests=600, callers=8, advice=20)
    given = options.parse_args()
    with own_server(given.home) as server:
        facts = server.machine()
        lay_out(server, 1_000)
        folder = server.postgres.home
        with api_process(folder) as api, bare_process(folder) as bare:
            checks = under_load(api, bare, given.requests, given.callers, given.rounds)
            checks += advice(api, given.advice, given.nodes)
    tell(given, checks, facts)


if __name__ == "__main__":
    main()
