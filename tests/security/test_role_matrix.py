"""Every route asked as every role, as a service and as nobody: what the table in the docs says, and nothing else.

A body that says it is too large stops each request behind the gate and before the route: 413 means that the caller was
let in, and nothing was done.
"""

import asyncio
import random
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.app import create_app
from api.deps import allow
from api.gate import Gate
from domain.kernel.keys import create_key
from domain.kernel.principal import Kind, Principal, Role
from tests.conftest import Database, visiting
from tests.conftest import application as served
from tests.makers import make_tenant, make_token
from tests.security.matrix import READS, Line, lines_of, page

TABLE = Path(__file__).resolve().parents[2] / "docs" / "security-roles.md"
TOO_LARGE = {"content-length": "99999999999"}
PATHS = re.compile(r"{(\w+)(?::\w+)?}")
SCOPES = tuple(sorted({scope for line in lines_of(served()) for scope in line.scopes}))
UNPROTECTED = {"/health/live", "/health/ready", "/metrics", "/openapi.json"}
ONE = "00000000-0000-4000-8000-000000000001"
ACT = re.compile(r"/(approve|reject|refuse|sign|countersign|publish|adopt|accept|withdraw|retire|apply)(/|$)")
NAMES = ("nobody", "service", *(role.value for role in Role))


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    make_tenant("T")
    with visiting() as made:
        yield made


@pytest.fixture(scope="module")
def callers(client: TestClient) -> dict[str, dict[str, str]]:
    people = {role.value: make_token("T", role, email=f"{role.lower()}@example.org", ttl_s=3600) for role in Role}
    tokens = people | {"service": create_key("T", "test", SCOPES)[1]}
    return {"nobody": {}} | {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}


def expected(line: Line, name: str) -> set[int]:
    if line.is_known_to_all or line.is_open:
        return {413}
    if name == "nobody":
        return {401}
    may = bool(line.scopes) and name == "service" if name == "service" else Role(name) in line.roles
    return {413} if may else {403}


def asked(client: TestClient, line: Line, headers: dict[str, str]) -> int:
    return client.request(line.verb, PATHS.sub(ONE, line.template), headers=headers | TOO_LARGE).status_code


def disagreements(asks: Callable[[Line, str], int], lines: list[Line], names: Iterable[str]) -> list[str]:
    found = []
    for line in lines:
        for name in names:
            status = asks(line, name)
            if line.template not in UNPROTECTED and status not in expected(line, name):
                found.append(f"{name}: {line.verb} {line.template} {status}, not {expected(line, name)}")
    return found


def at_the_gate(application: FastAPI) -> Callable[[Line, str], int]:
    """The gate alone, with callers who are known to it by name: what it answers, and 413 for whom it lets in."""
    known = {
        role.value: Principal(id=ONE, kind=Kind.PERSON, name=role.value, tenant_id="T", roles=frozenset({role}))
        for role in Role
    }
    known["service"] = Principal(id=ONE, kind=Kind.SERVICE, name="s", tenant_id="T", scopes=frozenset(SCOPES))

    async def behind(_scope: Scope, _receive: Receive, send: Send) -> None:
        await Response(status_code=413)(_scope, _receive, send)

    gate = Gate(behind, application, known.__getitem__)
    told: list[int] = []

    async def send(message: Message) -> None:
        told.extend([message["status"]] if message["type"] == "http.response.start" else [])

    async def receive() -> Message:
        return {"type": "http.request"}

    def ask(line: Line, name: str) -> int:
        told.clear()
        headers = [(b"authorization", b"Bearer " + name.encode())] if name != "nobody" else []
        path = PATHS.sub(ONE, line.template)
        asyncio.run(gate({"type": "http", "path": path, "method": line.verb, "headers": headers}, receive, send))
        return told[0]

    return ask


def test_the_table_in_the_docs_is_the_applications() -> None:
    assert TABLE.read_text() == page(served()), "python -m tests.security.matrix > docs/security-roles.md"


def test_the_gate_answers_every_caller_at_every_route_as_the_table_says() -> None:
    application = served()
    lines = lines_of(application)
    assert len(lines) > 400
    assert disagreements(at_the_gate(application), lines, NAMES) == []


def test_a_route_that_lets_in_more_than_the_table_says_is_found() -> None:
    routes = APIRouter()
    routes.add_api_route("/v1/open", lambda: {}, dependencies=[allow(roles=set(Role))])  # noqa: PIE807
    narrow = [Line("GET", "/v1/open", frozenset({Role.AUDITOR}), frozenset(), is_open=False, is_known_to_all=False)]
    assert len(disagreements(at_the_gate(create_app(routes)), narrow, NAMES)) == len(Role) - 1


@pytest.mark.parametrize("share", [0.03, pytest.param(1.0, marks=pytest.mark.soak)])
def test_the_whole_application_answers_so_with_real_tokens_and_keys(
    client: TestClient, callers: dict[str, dict[str, str]], share: float
) -> None:
    lines, chance = lines_of(client.app), random.Random(11)  # type: ignore[arg-type]  # noqa: S311
    pairs = [(line, name) for line in lines for name in NAMES if chance.random() < share]
    assert len(pairs) > 150
    found = [disagreements(lambda one, who: asked(client, one, callers[who]), [line], [name]) for line, name in pairs]
    assert [one for some in found for one in some] == []


def test_a_service_signs_nothing_and_an_auditor_or_learner_administers_nothing() -> None:
    for line in lines_of(served()):
        if line.verb in READS:
            continue
        assert not (line.scopes and ACT.search(line.template)), line
        if line.template.startswith(("/v1/admin/", "/v1/countersign", "/v1/proposals", "/admin/")):
            assert not line.scopes, line
        if line.template.startswith(("/v1/admin/", "/admin/people", "/admin/roles", "/admin/keys", "/admin/tenant")):
            assert not line.roles & {Role.AUDITOR, Role.LEARNER, Role.TECHNICIAN, Role.OWNER}, line


def test_an_auditor_changes_nothing_but_what_is_the_auditors_own() -> None:
    changes = {line.template for line in lines_of(served()) if line.verb not in READS and Role.AUDITOR in line.roles}
    assert changes == OWN | QUESTIONS | LENT


# What an auditor may send: about the auditor's own sessions and messages,
OWN = {
    "/me/channels",
    "/me/channels/{channel_id}",
    "/me/channels/{channel_id}/end",
    "/me/sessions/{mark}/end",
}
# questions that are asked by POST and keep nothing,
QUESTIONS = {
    "/grid/replays/{replay_id}/verify",
    "/admin/courses/{syllabus_id}/{version}/verify",
    "/ledger/{event_id}/verify",
    "/lineage/{thing_id}/verify",
    "/stairs/sessions/{session_id}/tests/{instance_id}/replay",
    "/api/admin/syllabi/{syllabus_id}/package",
    "/api/v1/evaluations/{evaluation_id}/replay",
    "/v1/evaluations/{evaluation_id}/replay",
}
# and acts of signing, which are refused behind the door to whom nobody has lent authority.
LENT = {
    "/admin/courses/{syllabus_id}/parts/{item_id}/{verb}",
    "/admin/courses/{syllabus_id}/publish",
    "/admin/courses/{syllabus_id}/restore",
    "/admin/courses/{syllabus_id}/retire/{package_id}",
    "/api/admin/artifacts/{item_id}/approve",
    "/api/admin/artifacts/{item_id}/reject",
    "/api/admin/packages/{package_id}/retire",
    "/api/admin/syllabi/{item_id}/approve",
    "/api/admin/syllabi/{item_id}/reject",
    "/api/admin/syllabi/{syllabus_id}/publish",
    "/api/admin/syllabi/{syllabus_id}/restore",
    "/countersign/refuse",
    "/countersign/{proposal_id}/{verb}",
    "/delegations/{delegation_id}/end",
    "/v1/countersign/refuse",
    "/v1/delegations/{delegation_id}/end",
    "/v1/proposals/{proposal_id}/approve",
    "/v1/proposals/{proposal_id}/ask",
    "/v1/proposals/{proposal_id}/refuse",
    "/v1/proposals/{proposal_id}/withdraw",
}
