"""Publish, sign, claim and number at once, from processes that die, beside an API that dies: one order explains all.

Each client writes down what it asked and what it was told; the checker looks for an order in which one actor alone
would have been answered the same. A few clients in an ordinary run; more, and PostgreSQL killed as well, in a soak.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from cli.services.postgres import Postgres
from domain.kernel.db import transaction
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.people import ensure_person
from tests.conftest import application
from tests.courses.authoring.course_house import DEMO, House, open_house
from tests.courses.regeneration.test_workers import many
from tests.faults.history.checker import check
from tests.faults.history.clients import Orders
from tests.faults.history.models import Claim, Model, Once, Revisions, Versions
from tests.faults.history.operations import Operation, read
from tests.faults.table import Table
from tests.faults.world import World, standing
from tests.kernel.gates_of_tests import lay_down
from tests.makers import make_token

OTHER = "other"


@dataclass(frozen=True)
class Size:
    """How much of it.

    Attributes:
        clients: of each kind.
        rounds: of each client.
        strikes: how often something is killed.
    """

    clients: int
    rounds: int
    strikes: int
    things: int


SIZES = {"few": Size(2, 12, 4, 8), "many": Size(4, 110, 50, 60)}


@dataclass
class Crowd:
    """The clients, what they act on, and where they write."""

    size: Size
    folder: Path
    things: dict[str, list[Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    first_version: str = ""

    def prepare(self) -> None:
        """A published course, another that is only drafted, jobs that were triggered, proposals that wait."""
        with TestClient(application(), raise_server_exceptions=False) as client:
            house = open_house(client)
            house.approved_course()
            self.first_version = house.publish()["contentHash"]
            many(house, self.size.things)
            self._draft_another(house)
        with transaction("T") as connection:
            laid = [lay_down(connection, RETENTION_DISPOSAL) for _ in range(self.size.things)]
            rows = connection.exec_driver_sql("SELECT job_id::text FROM regeneration_jobs ORDER BY 1").scalars()
            self.things["claim"] = list(rows)
        self.things["sign"] = [(str(one.proposal_id), one.content_hash) for one in laid]
        self.things["publish"], self.things["edit"] = [DEMO], [f"{DEMO}.m01l02"]
        self.tokens = {who: house.people[who]["Authorization"].split()[1] for who in ("author", "reviewer")}

    def _draft_another(self, house: House) -> None:
        house.approve("reviewer", house.drafted_syllabus(OTHER))
        house.post("author", f"/api/admin/syllabi/{OTHER}/lessons:generate", {"moduleId": "m01"}, 202)
        house.work()
        lessons = house.get("author", f"/api/admin/artifacts?syllabusId={OTHER}")["items"]
        self.starts = {one["id"]: one["revision"] for one in lessons}
        self.things["revise"] = sorted(self.starts)
        self.starts = {one["id"]: one["revision"] for one in lessons}

    def orders(self, does: str, number: int, url: str) -> Orders:
        """What a client of this kind is told."""
        name = f"{does}{number}"
        token = make_token("T", "ADMIN", email=f"{name}@example.org", ttl_s=7200)
        me = str(ensure_person("T", f"{name}@example.org", name, ["ADMIN"]).id)
        tokens, history = self.tokens | {"me": token}, str(self.folder / f"{name}.history")
        rounds = 10**6 if does == "edit" else self.size.rounds
        return Orders(name, does, url, tokens, me, self.things[does], rounds, history, str(self.folder / "over"))

    def histories(self, does: str) -> list[Operation]:
        """What all clients of a kind wrote."""
        return read(sorted(self.folder.glob(f"{does}*.history")))


@pytest.fixture(params=["few", pytest.param("many", marks=pytest.mark.soak)])
def crowd(request: pytest.FixtureRequest, server: Postgres, tmp_path: Path) -> Iterator[tuple[World, Crowd]]:
    made = Crowd(SIZES[request.param], tmp_path)
    with standing(server, tmp_path, made.prepare, alone=request.param == "many") as world:
        yield world, made


def begin_all(world: World, crowd: Crowd) -> None:
    """Every client, each in a process of its own."""
    for does in ("sign", "revise", "claim", "publish"):
        for number in range(crowd.size.clients):
            _begin(world, crowd, does, number)
    _begin(world, crowd, "edit", 0)


def _begin(world: World, crowd: Crowd, does: str, number: int) -> None:
    orders = crowd.orders(does, number, world.mortals.url)
    file = crowd.folder / f"{orders.client}.orders"
    file.write_text(json.dumps(asdict(orders)))
    world.employ(orders.client, "tests.faults.history.clients", str(file))


def await_all(world: World, crowd: Crowd) -> None:
    """Let everybody come to an end."""
    for name in [own for own in world.workers if not own.startswith("edit")]:
        assert world.mortals.ended(world.workers.pop(name)[2]) == 0, f"{name} did not end well"
    (crowd.folder / "over").touch()
    world.mortals.ended(world.workers.pop("edit0")[2])


def looked_at_last(world: World, does: str) -> list[Operation]:
    """A last look at everything, straight at the tables: what it shows must be explained too."""
    queries = {
        "sign": "SELECT p.proposal_id::text, c.signer_id::text FROM proposals AS p LEFT JOIN countersignatures AS c ON"
        " c.proposal_id = p.proposal_id AND c.decision = 'APPROVED' WHERE p.kind = 'retention.disposal'",
        "claim": "SELECT job_id::text, claim_token::text FROM regeneration_jobs",
        "publish": "SELECT syllabus_id, count(*) FROM course_packages GROUP BY 1",
        "revise": f"SELECT item_id, max(revision) FROM content_revisions WHERE item_id LIKE '{OTHER}.%' GROUP BY 1",
    }
    now = time.monotonic_ns()
    with psycopg.connect(world.database.urls["superuser"]) as connection:
        rows = connection.execute(queries[does]).fetchall()  # type: ignore[arg-type]
    return [Operation("the last look", key, "look", None, now, now + 1, told) for key, told in rows]


def test_one_order_explains_what_everybody_was_told(crowd: tuple[World, Crowd], table: Table) -> None:
    world, made = crowd
    begin_all(world, made)
    mortal = ["api", "connections", *(name for name in world.workers if name.endswith("0") and name != "edit0")]
    world.break_often(made.size.strikes, 0.4, mortal + (["postgres", "postgres"] if world.server else []))
    await_all(world, made)
    killed = sum(world.struck.values())
    table.add("clients, API, database struck while they sign, publish, claim and number", faults=killed, checks=0)
    models: dict[str, Model] = {"sign": Once(), "claim": Claim(), "publish": Versions(made.first_version)}
    for does, model in models.items():
        judge(table, does, made.histories(does) + looked_at_last(world, does), model)
    for item, start in made.starts.items():
        told = made.histories("revise") + looked_at_last(world, "revise")
        judge(table, f"revise {item}", [one for one in told if one.key == item], Revisions(start))


def judge(table: Table, what: str, history: list[Operation], model: Model) -> None:
    """Whether one order explains it, and whether anything was done at all."""
    verdict = check(history, model)
    assert any(one.act != "look" and one.ended is not None for one in history), f"nobody was ever told: {what}"
    table.add(
        f"  history of {what}", faults=0, checks=verdict.operations, lost=[str(one) for one in verdict.faults.items()]
    )
