"""Any life of people, roles, keys and sessions over HTTP, act by act in any order: what was taken away opens nothing.

A model says who may come in; after every act each credential that was ever given out is tried, and the application and
the model agree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck
from hypothesis import settings as rules_of
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from api.doors import doors_of
from api.gate import SESSION_COOKIE
from domain.kernel.principal import Role
from domain.kernel.signing import ensure_signing_keys
from domain.kernel.tokens import issue_dev_token
from tests.conftest import Database, visiting
from tests.makers import make_tenant, make_token

ROLES = (Role.AUDITOR, Role.OPERATOR, Role.ADMIN, Role.LEARNER)
# Doors whose roles differ, and one that services may use.
DOORS = ("/v1/admin/people", "/v1/advice/signals", "/v1/admin/keys")
PICK = st.integers(min_value=0, max_value=50)


@dataclass
class One:
    """A person as the model knows him or her, with a token of all roles, which says nothing by itself.

    Attributes:
        cookies: each with the roles at its signing in: a role that is given later needs another.
    """

    id: str
    email: str
    token: str
    roles: set[str] = field(default_factory=set)
    is_active: bool = True
    cookies: list[tuple[str, frozenset[str]]] = field(default_factory=list)


class Lives(RuleBasedStateMachine):
    """One tenant, whose administrator does all."""

    client: TestClient
    numbers: Iterator[int] = iter(range(10**9))

    def __init__(self) -> None:
        super().__init__()
        self.admin = {"Authorization": f"Bearer {make_token('T', 'ADMIN', email='root@example.org', ttl_s=3600)}"}
        self.people: list[One] = []
        self.keys: dict[str, tuple[str, bool]] = {}
        self.allowed = {
            door.template: {str(role) for allowed in door.allowed for role in allowed.roles}
            for door in doors_of(self.client.app)  # type: ignore[arg-type]
            if door.template in DOORS and "GET" in door.methods
        }

    def act(self, method: str, path: str, status: int, body: Any = None) -> Any:
        answer = self.client.request(method, path, json=body, headers=self.admin)
        assert answer.status_code == status, (method, path, answer.text)
        return answer.json()

    @precondition(lambda self: len(self.people) < 3)
    @rule(role=st.sampled_from(ROLES))
    def invite(self, role: Role) -> None:
        email = f"p{next(self.numbers)}@example.org"
        told = self.act("POST", "/v1/admin/people", 201, {"email": email, "name": "P", "roles": [role]})
        token = issue_dev_token(told["id"], email, "P", "T", list(Role), timedelta(hours=1))
        self.people.append(One(told["id"], email, token, {str(role)}))

    @precondition(lambda self: self.people)
    @rule(at=PICK, role=st.sampled_from(ROLES))
    def give_or_end(self, at: int, role: Role) -> None:
        one = self.people[at % len(self.people)]
        if str(role) in one.roles:
            self.act("DELETE", f"/v1/admin/roles/{one.id}/{role}", 200)
        else:
            self.act("POST", "/v1/admin/roles", 201, {"user_id": one.id, "role": role})
        one.roles ^= {str(role)}

    @precondition(lambda self: self.people)
    @rule(at=PICK)
    def bar_or_let_in(self, at: int) -> None:
        one = self.people[at % len(self.people)]
        self.act("PATCH", f"/v1/admin/people/{one.id}", 200, {"active": not one.is_active})
        one.is_active = not one.is_active

    @precondition(lambda self: any(one.is_active and one.roles for one in self.people))
    @rule(at=PICK)
    def sign_in(self, at: int) -> None:
        known = [one for one in self.people if one.is_active and one.roles]
        one = known[at % len(known)]
        browser = TestClient(self.client.app, follow_redirects=False)
        answer = browser.post("/sign-in", data={"token": one.token, "next": "/me"})
        assert answer.status_code == 303, answer.text
        one.cookies.append((browser.cookies[SESSION_COOKIE], frozenset(one.roles)))

    @precondition(lambda self: any(one.cookies for one in self.people))
    @rule(at=PICK)
    def sign_out(self, at: int) -> None:
        known = [one for one in self.people if one.cookies]
        one = known[at % len(known)]
        secret, _ = one.cookies.pop()
        browser = TestClient(self.client.app, cookies={SESSION_COOKIE: secret}, follow_redirects=False)
        shown = re.search(r'name="form_token" value="([^"]+)"', browser.get("/me").text)
        browser.post("/sign-out", data={"form_token": shown[1] if shown else ""})
        assert browser.get("/me", headers={"Accept": "text/html"}).status_code != 200

    @precondition(lambda self: len(self.keys) < 4)
    @rule(scope=st.sampled_from(["advice:read", "grid:read"]))
    def make_key(self, scope: str) -> None:
        told = self.act("POST", "/v1/admin/keys", 201, {"name": "K", "scopes": [scope]})
        self.keys[told["token"]] = (told["key"]["key_id"], scope == "advice:read")

    @precondition(lambda self: self.keys)
    @rule(at=PICK, is_rotated=st.booleans())
    def end_key(self, at: int, is_rotated: bool) -> None:
        token = sorted(self.keys)[at % len(self.keys)]
        key_id, reads = self.keys.pop(token)
        if is_rotated:
            told = self.act("POST", f"/v1/admin/keys/{key_id}/rotate", 201, {"overlap_hours": 0})
            self.keys[told["token"]] = (told["key"]["key_id"], reads)
        else:
            self.act("DELETE", f"/v1/admin/keys/{key_id}", 200)
        assert self.asked(DOORS[1], token) == 401

    def asked(self, path: str, token: str) -> int:
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code

    @invariant()
    def every_credential_opens_what_the_model_says(self) -> None:
        for one in self.people:
            for path in DOORS:
                told = self.asked(path, one.token)
                if not one.is_active or not one.roles:
                    assert told in {401, 403}, (one, path, told)
                else:
                    assert told == (200 if one.roles & self.allowed[path] else 403), (one, path, told)
            for secret, held in one.cookies[-1:]:
                browser = TestClient(self.client.app, cookies={SESSION_COOKIE: secret}, follow_redirects=False)
                told = browser.get("/me", headers={"Accept": "text/html"}).status_code
                assert (told == 200) == (one.is_active and bool(one.roles & held)), (one, told)
        for token, (_, reads) in self.keys.items():
            assert self.asked(DOORS[1], token) == (200 if reads else 403)


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    make_tenant("T")
    ensure_signing_keys()
    with visiting() as made:
        yield made


@pytest.mark.parametrize("lives", [3, pytest.param(150, marks=pytest.mark.soak)])
def test_whatever_was_taken_away_opens_nothing(client: TestClient, lives: int) -> None:
    Lives.client = client
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Lives,
        settings=rules_of(
            max_examples=lives,
            stateful_step_count=20,
            deadline=None,
            database=None,
            derandomize=lives < 10,
            suppress_health_check=list(HealthCheck),
        ),
    )
