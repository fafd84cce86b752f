"""One tenant's office: people who enter and people who sign, over HTTP."""

from typing import Any

from fastapi.testclient import TestClient

from domain.kernel.signing import ensure_signing_keys
from domain.stairs.rules.baseline_csv import Kind
from domain.stairs.rules.pilot.building import pilot_document
from domain.stairs.rules.pilot.commissioning import csv_text, pilot_baselines
from domain.stairs.rules.registry import Registry
from domain.stairs.store.registry import load_registry
from tests.makers import make_tenant, make_token

PATHS: dict[Kind, str] = {"pressure": "pressure", "velocity": "velocity", "door_force": "door-force"}


class Office:
    """Ada enters and proposes, Ben signs."""

    def __init__(self, client: TestClient, tenant: str) -> None:
        ensure_signing_keys()
        make_tenant(tenant, "Australia/Sydney")
        self.client, self.tenant = client, tenant
        self.ada = self.person("ada", "MANAGER")
        self.ben = self.person("ben", "REVIEWER")

    def person(self, name: str, *roles: str) -> dict[str, str]:
        token = make_token(self.tenant, *roles, email=f"{name}.{self.tenant.lower()}@example.org")
        return {"Authorization": f"Bearer {token}"}

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(f"/api/v1{path}", headers=self.ada)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int | None = None, **more: Any) -> Any:
        given = {} if body is None else {"json": body}
        answer = self.client.post(f"/api/v1{path}", headers=self.ada, **given, **more)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json()

    def put(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self.client.put(f"/api/v1{path}", headers=self.ada, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def upload(self, building_id: str, kind: Kind, text: str | bytes, status: int = 200) -> Any:
        path = f"/buildings/{building_id}/baseline/{PATHS[kind]}/bulk"
        data = text.encode() if isinstance(text, str) else text
        return self.post(path, status=status, files={"file": ("values.csv", data, "text/csv")})

    def sign(self, laid: dict[str, Any], status: int = 200, who: dict[str, str] | None = None) -> Any:
        """Ben reads the proposal and signs what he has read."""
        path = f"/v1/proposals/{laid['proposal_id']}/approve"
        body = {"content_hash": laid["content_hash"]}
        answer = self.client.post(path, json=body, headers=who or self.ben)
        assert answer.status_code == status, answer.text
        return answer.json()

    def import_pilot(self, *, defined: bool = True) -> str:
        """Enter the pilot building; with its scenarios and interface tests signed."""
        made = self.post("/buildings/import", pilot_document().model_dump(mode="json"))
        if defined and made["definitions"]["proposal_id"]:
            self.sign(made["definitions"])
        return str(made["building_id"])

    def adopt(self) -> None:
        """Put the shipped ruleset in force."""
        self.sign(self.post("/rules/adopt"))

    def baselines(self, building_id: str, registry: Registry) -> None:
        """Put the pilot's commissioned values in force."""
        for kind, rows in pilot_baselines(registry).items():
            self.sign(self.upload(building_id, kind, csv_text(kind, rows)))

    def generate(self, building_id: str, frequency: str = "annual", **more: Any) -> Any:
        body = {"frequency": frequency, **more}
        return self.post(f"/buildings/{building_id}/instances/generate", body, 200)


__all__ = ["Office", "load_registry"]
