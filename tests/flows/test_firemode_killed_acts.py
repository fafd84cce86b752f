"""Whoever does the work is killed at any moment of each act of a visit, from its plan to its signed report.

What was told is there and is told again; what was not told is there whole or not at all; nothing is there twice.
"""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cli.verify.ledger import verify_ledger
from domain.kernel.db import transaction, working_as
from domain.kernel.objects.chosen import open_store
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys
from domain.kernel.verify import Verdict, verify_artifact
from domain.together import RENDERERS
from tests.conftest import Database
from tests.faults.table import TABLE
from tests.flows.all_or_none import look, one_of_each
from tests.flows.mortal import KILLS, PATIENCE_S, SEED, Mortals, StubbornPhone
from tests.flows.test_firemode_killed import result
from tests.makers import make_tenant, make_token
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_evidence_over_http import photo

PEOPLE = {"tom": "TECHNICIAN", "rita": "REVIEWER", "mia": "MANAGER"}
ACTS = ("plan", "sync", "upload", "settle", "review", "submit", "approve", "export", "sign", "carry out")


class Reaper:
    """Lets acts be done, and kills who does them at a moment of chance, reckoned by how long they took undisturbed."""

    def __init__(self, mortals: Mortals, check: Callable[[], Any]) -> None:
        self.mortals, self.check = mortals, check
        self.chance = random.Random(SEED)  # noqa: S311
        self.took: dict[str, float] = {}
        self.kills: Counter[str] = Counter()

    def during(self, name: str, act: Callable[[], Any]) -> Any:
        """What comes of an act over HTTP; the first of its kind is left alone."""
        self.mortals.is_up()
        began = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            doing = pool.submit(act)
            if name in self.took:
                time.sleep(self._moment(name))
                self.mortals.kill()
                self.check()
                self.mortals.start()
            told = doing.result(timeout=PATIENCE_S)
        self.took.setdefault(name, time.monotonic() - began)
        return told

    def carried_out(self, signature: str) -> None:
        """Carry out what was signed, by machines that are killed at it, until one has come to its end."""
        module, name = "tests.flows.carrying_out", "carry out"
        if name in self.took:
            child = self.mortals.begin(module, "T", signature)
            time.sleep(self._moment(name))
            self.mortals.kill(child)
            self.check()
        began, code = time.monotonic(), 1
        while code != 0:
            # What the killed one held is let go of as soon as the database has noticed.
            assert time.monotonic() < began + PATIENCE_S, "it was never carried out"
            code = self.mortals.ended(self.mortals.begin(module, "T", signature))
        self.took.setdefault(name, time.monotonic() - began)

    def _moment(self, name: str) -> float:
        self.kills[name] += 1
        return self.chance.uniform(0, 1.2 * self.took[name])


class Visit:
    """One session, from its plan to the signed edition of its report."""

    def __init__(self, house: SmallHouse, people: dict[str, StubbornPhone], reaper: Reaper, number: int) -> None:
        self.house, self.people, self.reaper = house, people, reaper
        self.number = number
        self.planned_for = (date(2026, 11, 21) + timedelta(days=number)).isoformat()
        self.at = ""

    def walk(self) -> None:
        """Plan, test with two results for one place, send the photos; the later result counts, and is a fault."""
        session = self.reaper.during("plan", self._plan)
        self.at = f"/api/v1/tests/sessions/{session}"
        bundle = self.people["tom"].ask("GET", f"{self.at}/bundle").json()
        rows = bundle["parts"]["instances"]
        results = [result(self.house, row, 0) for row in rows]
        results.append(results[0] | {"submission_id": str(uuid4()), "value": "18.2"})
        sent = {"bundle_hash": bundle["bundle_hash"], "submissions": results}
        self.reaper.during("sync", lambda: self.people["tom"].act(f"{self.at}/sync", sent))
        photos = [self._photo(row, place, results[place]["tested_at"]) for place, row in enumerate(rows)]
        self.reaper.during("upload", lambda: self.people["tom"].bring_file(*photos[0]))
        for one in photos[1:]:
            self.people["tom"].bring_file(*one)

    def settle(self) -> None:
        """Two people decide: which of two results counts, and what the fault is."""
        waiting = self.people["rita"].ask("GET", f"{self.at}/conflicts").json()["rows"][0]["submission_id"]
        said = {"resolution": "took_this", "reason": "The hose was off the first time"}
        path = f"{self.at}/conflicts/{waiting}/settle"
        self.reaper.during("settle", lambda: self.people["rita"].act(path, said, self._settled))
        session = self.at.rsplit("/", 1)[1]
        (fault,) = self.people["rita"].ask("GET", f"/api/v1/faults?session_id={session}").json()["rows"]
        confirm = {"action": "confirm", "reason": "Seen on site"}
        at = f"/api/v1/faults/{fault['id']}"
        self.reaper.during(
            "review", lambda: self.people["rita"].act(f"{at}/review", confirm, lambda: self._reviewed(at))
        )

    def approve(self) -> None:
        laid = self.reaper.during("submit", lambda: self.people["tom"].act(f"{self.at}/submit", {}))
        self.reaper.during("approve", lambda: self._sign(laid))

    def report(self) -> str:
        """The report's id, when its signed edition stands."""
        laid = self.reaper.during("export", lambda: self.people["tom"].act(f"{self.at}/report", {}))
        signed = self.reaper.during("sign", lambda: self._sign(laid))
        self.reaper.carried_out(signed["countersignature"]["countersignature_id"])
        again = self.people["mia"].act(f"{self.at}/report", {})
        assert [again[name] for name in ("report_id", "content_hash")] == [
            laid[name] for name in ("report_id", "content_hash")
        ]
        return str(laid["report_id"])

    def _plan(self) -> str:
        body = {"building_id": str(self.house.building), "frequency": "annual", "planned_for": self.planned_for}
        made: str = self.people["tom"].act("/api/v1/tests/sessions", body, self._planned)["session_id"]
        return made

    def _planned(self) -> Any:
        rows = self.people["tom"].ask("GET", "/api/v1/tests/sessions?limit=500").json()["rows"]
        found = [one for one in rows if one["planned_for"] == self.planned_for]
        return {"session_id": found[0]["id"]} if found else None

    def _settled(self) -> Any:
        rows = self.people["rita"].ask("GET", f"{self.at}/conflicts").json()["rows"]
        return {} if not rows else None

    def _reviewed(self, at: str) -> Any:
        found = self.people["rita"].ask("GET", at).json()
        return found if found["review_state"] != "proposed" else None

    def _sign(self, laid: dict[str, Any]) -> Any:
        body = {"content_hash": laid["content_hash"], "reason": "Read"}
        return self.people["rita"].act(f"/v1/proposals/{laid['proposal_id']}/approve", body)

    def _photo(self, row: dict[str, Any], place: int, taken_at: str) -> tuple[str, dict[str, Any], bytes]:
        data = photo(640 + 10 * self.number, 480 + 10 * place)
        told = {
            "evidence_id": str(uuid4()),
            "evidence_type": "photo",
            "captured_at": taken_at,
            "file_hash_sha256": hashlib.sha256(data).hexdigest(),
            "file_size_bytes": len(data),
            "mime_type": "image/jpeg",
        }
        return f"{self.at}/instances/{row['instance_id']}/evidence", told, data


@pytest.fixture
def mortals(database: Database) -> Iterator[Mortals]:
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    made = Mortals()
    yield made
    made.end()


@pytest.fixture
def people(mortals: Mortals) -> Iterator[dict[str, StubbornPhone]]:
    made = {
        who: StubbornPhone(mortals.url, make_token("T", role, email=f"{who}@example.org", ttl_s=3600 * 10))
        for who, role in PEOPLE.items()
    }
    yield made
    for one in made.values():
        one.end()


@pytest.mark.parametrize("often", [KILLS, pytest.param(4, marks=pytest.mark.soak)])
def test_who_is_killed_at_any_act_of_a_visit_leaves_all_of_it_or_nothing_and_once(
    mortals: Mortals, people: dict[str, StubbornPhone], database: Database, often: int
) -> None:
    reaper = Reaper(mortals, lambda: look(database))
    house = SmallHouse(database, prompts=True)
    reports = []
    for number in range(often + 1):
        visit = Visit(house, people, reaper, number)
        visit.walk()
        visit.settle()
        visit.approve()
        reports.append(visit.report())
        for one in people.values():
            one.is_told_the_same()
        look(database)
        one_of_each(database, visit.at.rsplit("/", 1)[1])
    assert reaper.kills == Counter(dict.fromkeys(ACTS, often))
    assert sum(one.cut for one in people.values()) > 0, "no request was ever cut"
    for own in reports:
        _is_whole(people["mia"], own)
    with working_as(DbRole.MACHINE):
        seal_ledger("T")
    with working_as(DbRole.AUDITOR):
        (ledger,) = verify_ledger(only=("T",))
    assert ledger.findings == []
    killed = reaper.kills.total()
    TABLE.add("kill -9 of api or machine at each act of a visit", faults=killed, checks=ledger.rows + len(reports))


def _is_whole(mia: StubbornPhone, report_id: str) -> None:
    """Both editions can be fetched, are what was recorded, and are made again with the same bytes."""
    told = mia.ask("GET", f"/api/v1/reports/{report_id}").json()
    assert told["status"] == "SIGNED"
    for edition in ("draft", "signed"):
        for ending in ("pdf", "json"):
            file = told["files"][edition][ending]
            data = mia.ask("GET", file["url"]).content
            assert (hashlib.sha256(data).hexdigest(), len(data)) == (file["sha256"], file["size_bytes"])
    with transaction("T", DbRole.AUDITOR) as connection:
        rows = connection.exec_driver_sql(
            "SELECT artifact_id FROM artifacts WHERE made_from ->> 'report_id' = %s ORDER BY artifact_id", (report_id,)
        )
        found = [UUID(str(row.artifact_id)) for row in rows]
        assert len(found) == 4
        for own in found:
            verdict = verify_artifact(connection, open_store(), own, RENDERERS)
            assert verdict.verdict is Verdict.SAME, verdict.as_json()
