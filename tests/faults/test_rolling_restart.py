"""Two replicas of the API are restarted one after the other under load, and nobody is refused, cut or kept waiting."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cli.services.postgres import free_port
from domain.kernel.db import transaction
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database
from tests.faults.balancer import READY, Balancer
from tests.faults.table import Table
from tests.flows.mortal import Mortals
from tests.kernel.gates_of_tests import lay_down
from tests.makers import make_tenant, make_token

DRAIN_S = 2.0
CALLERS = 3


class Replicas:
    """Two processes of the API, each on a port of its own, begun by a process that has the product loaded."""

    def __init__(self, mortals: Mortals) -> None:
        self.mortals = mortals
        self.ports = [free_port(), free_port()]
        self.urls = [f"http://127.0.0.1:{port}" for port in self.ports]
        self.pids = [self.begin(port) for port in self.ports]

    def begin(self, port: int) -> int:
        """Start a replica."""
        return self.mortals.begin("api.serve", "--host", "127.0.0.1", "--port", str(port))

    def end(self, at: int) -> int:
        """Ask it to end, and wait until it has: its exit code."""
        os.kill(self.pids[at], signal.SIGTERM)
        return self.mortals.ended(self.pids[at])

    def restart(self, at: int, balancer: Balancer) -> None:
        """As a rolling update does: one is gone before the new one comes, and the next waits until it is ready."""
        assert self.end(at) == 0
        self.pids[at] = self.begin(self.ports[at])
        balancer.until(self.urls[at], True)


class Callers:
    """People who read and sign without a pause, and note whatever was not answered."""

    def __init__(self, url: str, proposals: list[tuple[str, str]]) -> None:
        self.url, self.proposals = url, proposals
        self.over = threading.Event()
        self.answered, self.failed = 0, list[str]()
        self.signed: list[str] = []
        self.token = make_token("T", "ADMIN", email="ada@example.org", ttl_s=3600)
        self.threads = [threading.Thread(target=self._go, args=(own,)) for own in range(CALLERS)]
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        """Let each come to the end of what it is at."""
        self.over.set()
        for thread in self.threads:
            thread.join(60)

    def _go(self, own: int) -> None:
        mine = self.proposals[own::CALLERS]
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False) as client:
            for proposal_id, content_hash in mine:
                if self.over.is_set():
                    return
                self._note(client, "GET", f"/v1/proposals/{proposal_id}", None)
                signed = {"content_hash": content_hash}
                if self._note(client, "POST", f"/v1/proposals/{proposal_id}/approve", signed):
                    self.signed.append(proposal_id)

    def _note(self, client: httpx.Client, method: str, path: str, body: Any) -> bool:
        try:
            answer = client.request(method, path, json=body)
        except httpx.TransportError as error:
            self.failed.append(f"{method} {path}: {error!r}")
            return False
        self.answered += 1
        if not answer.is_success:
            self.failed.append(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.is_success


@pytest.fixture(scope="module")
def proposals(module_database: Database) -> list[tuple[str, str]]:
    make_tenant("T")
    ensure_signing_keys()
    with transaction("T") as connection:
        laid = [lay_down(connection, RETENTION_DISPOSAL) for _ in range(3000)]
    return [(str(one.proposal_id), one.content_hash) for one in laid]


@pytest.fixture(scope="module")
def replicas(proposals: list[tuple[str, str]]) -> Iterator[Replicas]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERSIGN_DRAIN_S", str(DRAIN_S))
        mortals = Mortals()
    made = Replicas(mortals)
    yield made
    # One of them may have begun a moment ago and hear no signal yet but this one.
    for pid in made.pids:
        mortals.kill(pid)
    mortals.end()


@pytest.mark.parametrize("rounds", [1, pytest.param(8, marks=pytest.mark.soak)])
def test_nobody_notices_that_both_replicas_are_restarted(
    replicas: Replicas, proposals: list[tuple[str, str]], table: Table, rounds: int
) -> None:
    balancer = Balancer(replicas.urls)
    try:
        for url in replicas.urls:
            balancer.until(url, True)
        callers = Callers(balancer.url, proposals)
        for turn in range(2 * rounds):
            replicas.restart(turn % 2, balancer)
        callers.end()
    finally:
        balancer.end()
    assert all(balancer.served.values()), balancer.served
    with transaction("T") as connection:
        query = "SELECT proposal_id::text FROM countersignatures WHERE decision = 'APPROVED'"
        there = list(connection.exec_driver_sql(query).scalars())
    assert sorted(there) == sorted(callers.signed)
    restarts = f"replicas restarted under load ({len(callers.signed)} signatures)"
    table.add(restarts, faults=2 * rounds, checks=callers.answered, lost=callers.failed)


def test_what_is_begun_before_the_end_is_answered_and_then_the_connection_closes(
    replicas: Replicas, proposals: list[tuple[str, str]]
) -> None:
    url, (proposal_id, content_hash) = replicas.urls[0], proposals[-1]
    _until_ready(url)
    body = json.dumps({"content_hash": content_hash}).encode()

    def slowly() -> Iterator[bytes]:
        yield body[:10]
        os.kill(replicas.pids[0], signal.SIGTERM)
        _until_draining(url)
        time.sleep(DRAIN_S)
        yield body[10:]

    headers = {
        "Authorization": f"Bearer {make_token('T', 'ADMIN', ttl_s=3600)}",
        "Content-Type": "application/json",
    }
    with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        answer = client.post(f"/v1/proposals/{proposal_id}/approve", content=slowly())
    assert answer.is_success, answer.text
    assert answer.headers["connection"] == "close"
    assert replicas.mortals.ended(replicas.pids[0]) == 0
    replicas.pids[0] = replicas.begin(replicas.ports[0])


def _until_ready(url: str) -> None:
    while True:
        try:
            if httpx.get(url + READY, trust_env=False, timeout=60).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)


def _until_draining(url: str) -> None:
    """Readiness is refused, everything else is served."""
    deadline = time.monotonic() + 30
    while httpx.get(url + READY, trust_env=False, timeout=60).status_code == 200:
        assert time.monotonic() < deadline
    told = httpx.get(url + READY, trust_env=False, timeout=60)
    assert (told.status_code, told.json()["status"]) == (503, "draining")
    live = httpx.get(f"{url}/health/live", trust_env=False, timeout=60)
    assert (live.status_code, live.headers["connection"]) == (200, "close")
