"""Clients that act at once and write down what they asked and what they were told: one process each, that may die.

Begun with a file that says who, where and on what. An answer that did not come, or that says that a service is away,
leaves the act open: it may have been done.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from domain.courses.regeneration.store import jobs
from domain.kernel.db import transaction, working_as
from domain.kernel.errors import CountersignError
from domain.kernel.settings import DbRole
from tests.faults.history.models import REFUSED
from tests.faults.history.operations import Recorder

SYLLABI, PARTS = "/api/admin/syllabi", "/api/admin/artifacts"
LEASE = timedelta(minutes=15)
NEAR = 4


class Unanswered(Exception):
    """Nobody knows whether it was done."""


@dataclass(frozen=True)
class Orders:
    """What a client is told at its start.

    Attributes:
        client: its name, the key of its chance, and who it is.
        does: which of CLIENTS it is.
        tokens: of the people that it acts for.
        me: the id of the person who signs.
        things: what is acted on.
        rounds: how often at most.
        history: where it writes.
        over: a file; once it is there the client ends.
    """

    client: str
    does: str
    url: str
    tokens: dict[str, str]
    me: str
    things: list[Any]
    rounds: int
    history: str
    over: str


class Client:
    """Acts on things chosen by chance, and looks at them."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.chance = random.Random(orders.client)  # noqa: S311
        # One that was killed and begins anew is another: what it had asked stays open.
        self.name = f"{orders.client}/{os.getpid()}"
        self.recorder = Recorder(self.name, Path(orders.history))
        self.http = httpx.Client(base_url=orders.url, timeout=60, trust_env=False)

    def ask(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request, once.

        Raises:
            Unanswered: it was cut, or refused by something that is away.
        """
        given = {"Authorization": f"Bearer {self.orders.tokens[who]}"} | headers
        try:
            answer = self.http.request(method, path, json=body, headers=given)
        except httpx.TransportError as cause:
            raise Unanswered from cause
        if answer.status_code >= 500:
            raise Unanswered(answer.text)
        return answer

    def noted(self, key: str, act: str, given: Any, do: Callable[[], Any]) -> Any:
        """Do it, and write down when it began, when it ended and what came of it."""
        number = self.recorder.begin(key, act, given)
        try:
            told = do()
        except (Unanswered, CountersignError, SQLAlchemyError):
            time.sleep(0.05)
            return None
        self.recorder.end(number, told)
        return told

    def near(self, number: int) -> Any:
        """One of the things at which all clients are about now."""
        first = number * len(self.orders.things) // self.orders.rounds
        return self.orders.things[min(first + self.chance.randrange(NEAR), len(self.orders.things) - 1)]


class Signer(Client):
    """Signs proposals that others sign too."""

    def round(self, number: int) -> None:
        """Sign one of those that are near, and look at another."""
        self._sign(*self.near(number))
        self._look(self.near(number)[0])

    def _sign(self, proposal_id: str, content_hash: str) -> None:
        def sign() -> str:
            body = {"content_hash": content_hash}
            answer = self.ask("me", "POST", f"/v1/proposals/{proposal_id}/approve", body)
            if answer.status_code == 409:
                return REFUSED
            return str(answer.json()["countersignature"]["signer_id"])

        self.noted(proposal_id, "take", self.orders.me, sign)

    def _look(self, proposal_id: str) -> None:
        def look() -> str | None:
            made = self.ask("me", "GET", f"/v1/proposals/{proposal_id}").json()["decisions"]
            return next((str(one["signer_id"]) for one in made if one["decision"] == "APPROVED"), None)

        self.noted(proposal_id, "look", None, look)


class Reviser(Client):
    """Writes the next revision of lessons that others write too."""

    def round(self, number: int) -> None:
        """Look, and write what follows what was seen."""
        item = self.chance.choice(self.orders.things)
        content: dict[str, Any] = {}

        def look() -> int:
            told = self.ask("author", "GET", f"{PARTS}/{item}").json()
            content.update(told["content"])
            return int(told["revision"])

        seen = self.noted(item, "look", None, look)
        if seen is None:
            return
        content["keyTakeaways"] = [f"Take {number} of {self.name}.", *content["keyTakeaways"][1:]]

        def change() -> Any:
            answer = self.ask("author", "PUT", f"{PARTS}/{item}/draft", content, **{"If-Match": f'"{seen}"'})
            assert answer.status_code in {200, 412}, answer.text
            return REFUSED if answer.status_code == 412 else answer.json()["revision"]

        self.noted(item, "change", seen, change)


class Publisher(Client):
    """Publishes what is approved, as others do too."""

    def round(self, number: int) -> None:
        """Look at what would be published, publish it, and look how many versions there are."""
        course = self.orders.things[0]
        try:
            digest = self.ask("author", "POST", f"{SYLLABI}/{course}/package").json()["contentHash"]
        except (Unanswered, KeyError):
            return

        def publish() -> Any:
            answer = self.ask("reviewer", "POST", f"{SYLLABI}/{course}/publish", {"contentHash": digest})
            assert answer.status_code in {200, 201, 409}, answer.text
            return REFUSED if answer.status_code == 409 else answer.json()["version"]

        self.noted(course, "publish", digest, publish)
        self.noted(course, "look", None, lambda: self._versions(course))

    def _versions(self, course: str) -> int:
        return len(self.ask("author", "GET", f"/api/courses/{course}").json()["versions"])


class Editor(Client):
    """Rewrites and approves a lesson, so that there is something new to publish. Nothing of it is judged here."""

    def round(self, number: int) -> None:
        """Look at the lesson and do the next step with it."""
        path = f"{PARTS}/{self.orders.things[0]}"
        try:
            found = self.ask("author", "GET", path).json()
            if found["status"] == "APPROVED":
                self.ask("author", "POST", f"{path}/reopen", {"reason": "A better takeaway"})
                found = self.ask("author", "GET", path).json()
                found["content"]["keyTakeaways"][0] = f"Take {number} of the editor."
                self.ask("author", "PUT", f"{path}/draft", found["content"], **{"If-Match": f'"{found["revision"]}"'})
            else:
                seen = {"revision": found["revision"], "contentHash": found["contentHash"], "note": "Read."}
                self.ask("reviewer", "POST", f"{path}/approve", seen)
        except Unanswered:
            time.sleep(0.05)


class Claimer(Client):
    """Claims jobs that others claim too, as workers do."""

    def round(self, number: int) -> None:
        """Claim one of those that are near, and look at another."""
        with working_as(DbRole.MACHINE):
            one, other = self.near(number), self.near(number)
            self.noted(one, "take", None, lambda: self._claim(one))
            self.noted(other, "look", None, lambda: self._holder(other))
        time.sleep(0.02)

    def _claim(self, job_id: str) -> str:
        with transaction("T", actor=self.orders.client) as connection:
            claimed = jobs.claim(connection, LEASE, UUID(job_id))
        return REFUSED if claimed is None else str(claimed[0].claim_token)

    def _holder(self, job_id: str) -> str | None:
        query = text("SELECT claim_token FROM regeneration_jobs WHERE job_id = :id")
        with transaction("T") as connection:
            token = connection.execute(query, {"id": UUID(job_id)}).scalar_one()
        return None if token is None else str(token)


CLIENTS: dict[str, type[Signer | Reviser | Publisher | Editor | Claimer]] = {
    "sign": Signer,
    "revise": Reviser,
    "publish": Publisher,
    "edit": Editor,
    "claim": Claimer,
}


def main() -> None:
    """Round after round until all are done, or it is over."""
    orders = Orders(**json.loads(Path(sys.argv[1]).read_text()))
    client = CLIENTS[orders.does](orders)
    for number in range(orders.rounds):
        if Path(orders.over).exists():
            return
        client.round(number)
