"""What all flows have in common: rounds of work, and a look at what is left of it."""

from typing import Any, NamedTuple, Protocol
from uuid import uuid4

import httpx
import psycopg

from tests.flows.mortal import UNKNOWN, StubbornPhone

Rows = psycopg.Connection[Any]


class Found(NamedTuple):
    """How many things were compared, and which of them were missing, doubled or altered."""

    checks: int
    lost: list[str]


class Flow(Protocol):
    """Somebody's work over HTTP.

    Attributes:
        name: as the table of faults names it.
        phone: counts how often the flow was cut.
    """

    name: str
    phone: StubbornPhone

    def go_on(self, number: int) -> bool:
        """One more round; False where there is no more to do."""
        ...

    def look(self, connection: Rows) -> Found:
        """Compare what was told with what is there."""
        ...


class Asking:
    """A client that asks until it is answered, as the houses and evenings of other tests use one."""

    def __init__(self, url: str) -> None:
        self.phone = StubbornPhone(url, "")

    def request(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """One request, each POST under a key of its own; where nobody knows whether it was done, under another."""
        given = dict(headers or {})
        while True:
            if method == "POST":
                given["Idempotency-Key"] = str(uuid4())
            answer = self.phone.ask(method, path, json, headers=given)
            if answer.status_code != 409 or answer.json()["code"] != UNKNOWN:
                return answer
            self.phone.unknown += 1

    def post(self, path: str, json: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """A POST."""
        return self.request("POST", path, json, headers)

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """A GET."""
        return self.request("GET", path, None, headers)


def counted(what: str, told: list[Any], there: list[Any]) -> Found:
    """Whether everything told is there, and nothing twice."""
    missing = [f"{what} {one} is not there" for one in told if one not in set(there)]
    return Found(len(told) + len(there), missing + doubled(what, there))


def doubled(what: str, there: list[Any]) -> list[str]:
    """What stands more than once."""
    seen: set[Any] = set()
    return [f"{what} {one} is there twice" for one in there if one in seen or seen.add(one)]  # type: ignore[func-returns-value]
