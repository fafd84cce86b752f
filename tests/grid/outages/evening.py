"""The night in the town over HTTP as a test begins it: reported, inferred, promoted; who asks is said each time."""

from datetime import datetime, time, timedelta
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from domain.grid.network.rules.model import Network
from domain.grid.outages.rules.signals import Signal
from domain.grid.outages.rules.storm import reports_of
from domain.grid.outages.store import crews
from domain.grid.outages.store.crews import CrewNow
from domain.kernel.db import transaction
from domain.kernel.keys import create_key
from domain.kernel.signing import ensure_signing_keys
from tests.grid.outages.town import NIGHT, below, make_town, night
from tests.makers import make_token

EARLY = NIGHT + timedelta(minutes=6)
DEPOT = ("Depot", 47.01, 8.01, time(12, 0), time(23, 59), "truck", 3, ("fuse_link",), "available", None, 2.0)
CREWS = [
    CrewNow("CREW-1", "Crew North", *DEPOT, ("line_oh", "bucket", "switching", "hv")),
    CrewNow("CREW-2", "Crew South", *DEPOT, ("switching",)),
]


class Evening:
    """A tenant with the town, its machine's key, two operators and a manager."""

    def __init__(self, client: TestClient, tenant_id: str = "T") -> None:
        ensure_signing_keys()
        self.client, self.tenant_id, self.network = client, tenant_id, make_town(tenant_id)
        _, key = create_key(tenant_id, "ami", ["ami:write", "grid:read", "grid:advise"])
        self.machine = {"Authorization": f"Bearer {key}"}
        self.ada, self.bea = self.person("ada"), self.person("bea")
        self.manager = self.person("boss", "MANAGER")
        with transaction(tenant_id) as connection:
            crews.put(connection, CREWS)

    def person(self, name: str, role: str = "OPERATOR") -> dict[str, str]:
        token = make_token(self.tenant_id, role, email=f"{name}.{self.tenant_id.lower()}@example.org", ttl_s=3600)
        return {"Authorization": f"Bearer {token}"}

    def ask(self, path: str, body: Any, who: dict[str, str] | None = None) -> Response:
        return self.client.post(path, json=body, headers=who or self.machine)

    def post(self, path: str, body: Any, who: dict[str, str] | None = None) -> Any:
        answer = self.ask(path, body, who)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def get(self, path: str, who: dict[str, str] | None = None) -> Any:
        answer = self.client.get(path, headers=who or self.ada)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def report(self, signals: list[Signal]) -> Any:
        return self.post("/v1/grid/meter-events", {"events": [event(one) for one in signals]})

    def infer(self, at: datetime = EARLY) -> Any:
        return self.post("/v1/provisionals/infer", {"as_of": at.isoformat()})

    def promote(self, who: dict[str, str] | None = None, **named: Any) -> Any:
        seen = self.post("/v1/provisionals/promote", named)
        body = {"mode": "commit", "content_hash": seen["content_hash"], "reason": "Calls confirm it."}
        return self.post("/v1/provisionals/promote", named | body, who or self.ada)


def events_of(network: Network) -> list[Signal]:
    """What is reported of the night, with one stray gasp on the south feeder."""
    return reports_of([night(network)], list(below(network, "FUSE-S2")[:1]), seed=1)


def event(one: Signal) -> dict[str, Any]:
    """A signal as the endpoint takes it."""
    who = {"device_id": one.device_id} if one.device_id else {"meter_id": one.meter_id}
    stamps = {"at": one.at.isoformat(), "arrived_at": one.arrived_at.isoformat()}
    return {"type": one.type, "source": one.source, **who, **stamps}


def began(client: TestClient, tenant_id: str = "T") -> tuple[Evening, str]:
    """The night until its outage is promoted, and the outage's id."""
    made = Evening(client, tenant_id)
    made.report([one for one in events_of(made.network) if one.arrived_at <= EARLY])
    made.infer()
    return made, made.promote()["outage_id"]


def over(evening: Evening) -> None:
    """The rest of the reports, and everybody followed until supply is back."""
    evening.report([one for one in events_of(evening.network) if one.arrived_at > EARLY])
    evening.infer(NIGHT + timedelta(hours=4))
