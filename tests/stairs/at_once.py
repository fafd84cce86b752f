"""Several people and devices at the same time, on one database."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel.db import transaction
from tests.makers import make_token
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_a_session_over_http import Desk

ROLES = {"tom": "TECHNICIAN", "tim": "TECHNICIAN", "rita": "REVIEWER", "rob": "REVIEWER", "mia": "MANAGER"}


class Busy(Desk):
    """A desk whose people have their tokens at hand, so that they ask at the same moment."""

    def __init__(self, client: TestClient, house: SmallHouse) -> None:
        super().__init__(client, house)
        self.tokens = {
            who: make_token(house.tenant, role, email=f"{who}@example.org", ttl_s=3600) for who, role in ROLES.items()
        }

    def ask(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} | more.pop("headers", {})
        return self.client.request(method, path, json=body, headers=headers, **more)

    def walked(self, **other: Any) -> list[dict[str, Any]]:
        """A new session of which everything is tested, and complies."""
        rows = self.plan()
        for row in rows:
            done = self.test(row, **(other if row is rows[0] else {}))
            assert done.status_code == 200, done.text
        return rows

    def handed_in(self) -> dict[str, Any]:
        told: dict[str, Any] = self.ask("tom", "POST", f"{self.at}/submit").json()
        return told

    def approve(self, who: str, told: dict[str, Any]) -> Any:
        body = {"content_hash": told["content_hash"], "reason": "Seen."}
        return self.ask(who, "POST", f"/v1/proposals/{told['proposal_id']}/approve", body)


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """What each of them answers, all begun at the same time."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        start.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [one.result() for one in [pool.submit(run, task) for task in tasks]]


def statuses(answers: Sequence[Any]) -> list[int]:
    """The status codes, least first."""
    return sorted(one.status_code for one in answers)


def codes(answers: Sequence[Any]) -> list[str]:
    """The codes of what was refused."""
    return sorted(one.json()["code"] for one in answers if one.status_code >= 400)


def counted(tenant_id: str, query: str, **given: Any) -> int:
    """How many rows a query has."""
    with transaction(tenant_id) as connection:
        found: int = connection.execute(text(f"SELECT count(*) FROM {query}"), given).scalar_one()
        return found


def column(tenant_id: str, query: str, **given: Any) -> list[Any]:
    """The first column of a query."""
    with transaction(tenant_id) as connection:
        return list(connection.execute(text(query), given).scalars())
