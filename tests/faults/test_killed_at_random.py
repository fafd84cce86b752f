"""Everything is killed at seeded moments while people, meters and machines do all that they do: nothing told is lost.

In an ordinary run a few strikes beside three flows; in a soak many beside all of them, with a PostgreSQL of its own
that is killed too. The invariants: what was acknowledged is there, nothing is there twice, nothing has effect without a
signature, files are whole, the ledger verifies.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient

from cli.services.postgres import Postgres
from domain.kernel.db import transaction
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.settings import settings
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import application
from tests.courses.authoring.course_house import House, open_house
from tests.courses.regeneration.test_workers import many
from tests.faults.flows.courses import Drafting, Learning, Publishing, Regenerating
from tests.faults.flows.flow import Asking, Flow
from tests.faults.flows.outages import Outages
from tests.faults.flows.reporting import Reading, Reporting
from tests.faults.flows.signing import Signing
from tests.faults.table import Table
from tests.faults.world import World, standing
from tests.flows.mortal import StubbornPhone
from tests.grid.outages.evening import Evening
from tests.kernel.gates_of_tests import lay_down
from tests.makers import make_fleet, make_token

METERS, LEARNERS, JOBS, EVENINGS = 4, 60, 80, 4
FEW, MANY = 5, int(os.environ.get("COUNTERSIGN_STRIKES", "150"))
TENANTS = ["T", *(f"TOWN{number}" for number in range(EVENINGS))]
HOURS_S = 9000


@dataclass
class Prepared:
    """What lies ready before anything breaks."""

    proposals: list[tuple[str, str]] = field(default_factory=list)
    house: House | None = None
    learners: list[dict[str, str]] = field(default_factory=list)
    evenings: list[Evening] = field(default_factory=list)


def few(made: Prepared) -> None:
    """People and meters."""
    make_fleet("T", feeders=1, meters_per_feeder=METERS)
    ensure_signing_keys()
    _lay(made, 400)


def all_of_them(made: Prepared) -> None:
    """Every room."""
    make_fleet("T", feeders=1, meters_per_feeder=METERS)
    ensure_signing_keys()
    _lay(made, 6000)
    with TestClient(application(), raise_server_exceptions=False) as client:
        made.house = open_house(client)
        made.house.approved_course()
        made.house.publish()
        many(made.house, JOBS)
        made.evenings = [Evening(client, tenant_id) for tenant_id in TENANTS[1:]]
    for number in range(LEARNERS):
        token = make_token("T", "LEARNER", email=f"learner{number}@example.org", ttl_s=HOURS_S)
        made.learners.append({"Authorization": f"Bearer {token}"})


def _lay(made: Prepared, how_many: int) -> None:
    with transaction("T") as connection:
        laid = [lay_down(connection, RETENTION_DISPOSAL) for _ in range(how_many)]
    made.proposals = [(str(one.proposal_id), one.content_hash) for one in laid]


@pytest.fixture(params=["few", pytest.param("many", marks=pytest.mark.soak)])
def prepared(request: pytest.FixtureRequest, server: Postgres, tmp_path: Path) -> Iterator[tuple[World, Prepared]]:
    made = Prepared()
    prepare: Callable[[], None] = lambda: (few if request.param == "few" else all_of_them)(made)  # noqa: E731
    with standing(server, tmp_path, prepare, alone=request.param == "many") as world:
        yield world, made


def flows(world: World, made: Prepared) -> list[Flow]:
    url = world.mortals.url
    token = make_token("T", "ADMIN", "OPERATOR", email="ada@example.org", ttl_s=HOURS_S)
    found: list[Flow] = [
        Signing(StubbornPhone(url, token), made.proposals),
        Reporting(StubbornPhone(url, token)),
        Reading(StubbornPhone(url, token), METERS),
    ]
    if made.house is not None:
        house = made.house
        found += [Publishing(house, Asking(url)), Drafting(house, Asking(url)), Regenerating(Asking(url))]
        found += [Learning(made.learners, Asking(url)), Outages(made.evenings, Asking(url))]
    return found


def walk(world: World, flow: Flow) -> None:
    """Round after round until everything is over."""
    number = 0
    while not world.over.is_set() and flow.go_on(number):
        number += 1


def victims(world: World) -> list[str]:
    """Whom to strike, each as often as it is named."""
    world.employ("sealer", "tests.faults.sealer")
    if world.server is None:
        return ["api", "sealer", "connections"]
    world.employ("author and execution worker", "tests.faults.worker")
    world.employ("machine that carries out", "tests.faults.fulfiller", *TENANTS[1:])
    return ["api", "api", "api", "connections", "connections", "postgres", "postgres", *world.workers]


def test_nothing_that_was_told_is_lost_and_nothing_is_done_twice(
    prepared: tuple[World, Prepared], table: Table
) -> None:
    world, made = prepared
    struck, all_flows = victims(world), flows(world, made)
    threads = [world.guarded(lambda one=one: walk(world, one)) for one in all_flows]
    world.break_often(MANY if world.server else FEW, 0.8, struck)
    world.over.set()
    for thread in threads:
        thread.join(240)
    for flow in all_flows:
        flow.phone.end()
    assert world.faults == []
    world.settle()
    for name, times in sorted(world.struck.items()):
        what = "database connections cut" if name == "connections" else f"kill -9 of {name}"
        table.add(what, faults=times, checks=0)
    with psycopg.connect(world.database.urls["superuser"]) as connection:
        for flow in all_flows:
            found = flow.look(connection)
            table.add(f"  {flow.name} (cut {flow.phone.cut} times)", faults=0, checks=found.checks, lost=found.lost)
        kept = connection.execute("SELECT store_key, sha256 FROM artifacts").fetchall()
    table.add("  every file is whole", faults=0, checks=len(kept), lost=[key for key, sha in kept if sha != _hash(key)])
    rows, findings = world.ledger(TENANTS if world.server else TENANTS[:1])
    table.add("  the ledger verifies", faults=0, checks=rows, lost=findings)


def _hash(key: str) -> str:
    file = settings().home_path / "objects" / key
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "not there"
