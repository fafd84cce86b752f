"""Idempotency keys: once, whoever sends it again; another request under the same key is refused."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any
from uuid import uuid4

import pytest
from fastapi import APIRouter, File, Header, UploadFile
from fastapi.responses import Response
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import text

from api import limits
from api.app import create_app
from api.deps import CallerDep, TenantSession, allow
from api.idempotency import KEY, LARGEST_BODY_BYTES
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, NotFound, TooManyRequests, Unavailable
from domain.kernel.events import record
from domain.kernel.idempotency import LONGEST_KEPT_BYTES, Answer, Claim, claim
from domain.kernel.keys import create_key
from domain.kernel.principal import Kind, Principal
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database, application
from tests.makers import make_person, make_tenant, make_token

router = APIRouter(dependencies=[allow(roles={"OPERATOR"}, scopes={"ami:write"})])
SLOW_S = 1.0


class Act(BaseModel):
    n: int = 0
    how: str = ""


@router.post("/v1/acts", status_code=201)
def act(body: Act, caller: CallerDep, session: TenantSession) -> Any:
    """Acts countably, then answers, fails or takes its time as it was told."""
    record(session, "test.acted", actor_id=caller.id, actor_role=caller.actor_role, payload={"n": body.n})
    told = {"id": str(uuid4()), "n": body.n}
    match body.how:
        case "slow":
            time.sleep(SLOW_S)
        case "crash":
            raise RuntimeError("no")
        case "unavailable":
            raise Unavailable("Not now.")
        case "missing":
            raise NotFound("There is no such thing.")
        case "busy":
            raise Conflict("Busy.")
        case "often":
            raise TooManyRequests("Too often.")
        case "long":
            return told | {"long": "x" * (LONGEST_KEPT_BYTES + 1)}
        case "secret":
            return told | {"secret": "csk_abc_SHOWNONCE"}
        case "headers":
            return Response(b"\x00\xff", 202, {"Location": "/v1/acts/1", "ETag": '"1"'}, "application/octet-stream")
    return told


@router.post("/v1/parts")
def parts(file: Annotated[UploadFile, File()], caller: CallerDep, session: TenantSession) -> Any:
    record(session, "test.acted", actor_id=caller.id, actor_role="X")
    return {"id": str(uuid4()), "size": file.size}


@router.get("/v1/acts")
def acts(idempotency_key: Annotated[str | None, Header()] = None) -> Any:
    return {"id": str(uuid4())}


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    make_tenant("T")
    make_tenant("U")
    with TestClient(create_app(router), raise_server_exceptions=False) as made:
        yield made
    limits._engine(settings().url(DbRole.APP)).dispose()
    limits._engine.cache_clear()


@pytest.fixture(scope="module")
def ada(client: TestClient) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token('T', 'OPERATOR', ttl_s=3600)}"}


def acted() -> int:
    with transaction("T", DbRole.OWNER) as connection:
        return int(connection.execute(text("SELECT count(*) FROM events WHERE event_type = 'test.acted'")).scalar_one())


def post(client: TestClient, who: dict[str, str], key: str, **body: Any) -> Any:
    return client.post("/v1/acts", json=body, headers=who | {"Idempotency-Key": key})


def new() -> str:
    return str(uuid4())


def test_the_same_key_and_body_give_the_same_answer_without_acting_again(client: TestClient, ada: Any) -> None:
    key, before = new(), acted()
    first, second = post(client, ada, key, n=1), post(client, ada, key, n=1)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.headers["content-type"] == second.headers["content-type"]
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
    assert acted() == before + 1


def test_an_answer_can_be_had_again_before_its_key_is_let_go(client: TestClient, ada: Any) -> None:
    holder = make_person("T", "held", "OPERATOR")
    key, asked = new(), "0" * 64
    held = claim(holder, key, asked)
    assert isinstance(held, Claim)
    try:
        with pytest.raises(Conflict, match="being worked on"):
            claim(holder, key, asked)
        held.keep(Answer(200, [], b"done"))
        assert claim(holder, key, asked) == Answer(200, [], b"done")
    finally:
        held.release()


def test_bytes_status_and_headers_come_back_as_they_were(client: TestClient, ada: Any) -> None:
    key = new()
    for _ in range(2):
        answer = post(client, ada, key, how="headers")
        assert (answer.status_code, answer.content) == (202, b"\x00\xff")
        assert (answer.headers["location"], answer.headers["etag"]) == ("/v1/acts/1", '"1"')


@pytest.mark.parametrize("other", [{"n": 2}, {"n": 1, "how": "x"}, {}])
def test_the_same_key_with_another_body_is_422(client: TestClient, ada: Any, other: dict[str, Any]) -> None:
    key = new()
    post(client, ada, key, n=1)
    before = acted()
    answer = post(client, ada, key, **other)
    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert acted() == before


def test_another_address_or_query_is_another_request(client: TestClient, ada: Any) -> None:
    key = new()
    post(client, ada, key, n=1)
    answer = client.post("/v1/acts?x=1", json={"n": 1}, headers=ada | {"Idempotency-Key": key})
    assert answer.json()["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_each_caller_and_tenant_has_its_own_keys(client: TestClient, ada: Any) -> None:
    key = new()
    others = [
        {"Authorization": f"Bearer {make_token('T', 'OPERATOR', email='bob@example.org')}"},
        {"Authorization": f"Bearer {make_token('U', 'OPERATOR')}"},
        {"Authorization": f"Bearer {create_key('T', 'k', ['ami:write'])[1]}"},
    ]
    ids = {post(client, who, key, n=1).json()["id"] for who in [ada, *others]}
    assert len(ids) == 4


def test_at_once_one_acts_and_the_others_wait_their_turn(client: TestClient, ada: Any) -> None:
    key, before = new(), acted()
    barrier = threading.Barrier(8)

    def go(_: int) -> Any:
        barrier.wait()
        return post(client, ada, key, n=7, how="slow")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(go, range(8)))
    told = {answer.status_code for answer in answers}
    assert told <= {201, 409}
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert waiting
    assert {(answer.json()["code"], answer.headers["retry-after"]) for answer in waiting} == {
        ("IDEMPOTENCY_IN_PROGRESS", "1")
    }
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert post(client, ada, key, n=7, how="slow").status_code == 201
    assert acted() == before + 1


def test_another_body_is_refused_even_while_the_first_is_worked_on(client: TestClient, ada: Any) -> None:
    key = new()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, client, ada, key, n=1, how="slow")
        time.sleep(SLOW_S / 2)
        assert post(client, ada, key, n=2).json()["code"] == "IDEMPOTENCY_KEY_REUSED"
        assert first.result().status_code == 201


@pytest.mark.parametrize(("how", "status"), [("crash", 500), ("unavailable", 503), ("busy", 409), ("often", 429)])
def test_failures_and_answers_of_the_moment_are_not_kept(client: TestClient, ada: Any, how: str, status: int) -> None:
    key, before = new(), acted()
    answers = [post(client, ada, key, how=how) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, status]
    assert all("idempotency-replayed" not in answer.headers for answer in answers)
    assert acted() == before
    assert post(client, ada, key, n=3).status_code == 201


def test_a_refusal_that_tells_of_the_request_is_kept(client: TestClient, ada: Any) -> None:
    key = new()
    for how in ("missing", "missing"):
        answer = post(client, ada, key, how=how)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert answer.headers["idempotency-replayed"] == "true"


def test_an_answer_too_long_to_keep_is_given_once_and_never_acted_on_again(client: TestClient, ada: Any) -> None:
    key, before = new(), acted()
    assert post(client, ada, key, how="long").status_code == 201
    again = post(client, ada, key, how="long")
    assert (again.status_code, again.json()["code"]) == (409, "IDEMPOTENCY_ANSWER_NOT_KEPT")
    assert acted() == before + 1


def test_what_is_kept_can_be_read_by_nobody_without_the_key(client: TestClient, ada: Any) -> None:
    key = new()
    assert post(client, ada, key, how="secret").content == post(client, ada, key, how="secret").content
    with transaction("T", DbRole.OWNER) as connection:
        rows = connection.execute(text("SELECT * FROM idempotency_keys")).all()
    stored = b"".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for r in rows for v in r)
    assert b"SHOWNONCE" not in stored
    assert key.encode() not in stored


def test_a_process_that_was_killed_leaves_no_second_act(client: TestClient, ada: Any) -> None:
    caller = Principal(Kind.SERVICE, "k", "k", "T", scopes=frozenset({"ami:write"}))
    held = claim(caller, "key", "0" * 64)
    assert isinstance(held, Claim)
    held.release()  # as the end of the process does, with nothing kept
    with pytest.raises(Conflict) as caught:
        claim(caller, "key", "0" * 64)
    assert caught.value.code == "IDEMPOTENCY_OUTCOME_UNKNOWN"


def test_after_a_day_the_key_is_free_and_the_row_is_gone(client: TestClient, ada: Any) -> None:
    key = new()
    first = post(client, ada, key, n=1).json()
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE idempotency_keys SET created_at = created_at - interval '24 hours 1 second'"))
    assert post(client, ada, key, n=1).json()["id"] != first["id"]
    with transaction("T", DbRole.OWNER) as connection:
        assert connection.execute(text("SELECT count(*) FROM idempotency_keys WHERE tenant_id = 'T'")).scalar() == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ä".encode("latin-1").decode("latin-1")])
def test_a_key_that_is_none_is_422(client: TestClient, ada: Any, key: str) -> None:
    before = acted()
    headers = [*ada.items(), ("Idempotency-Key", key.encode("latin-1"))]
    answer = client.post("/v1/acts", json={}, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID")
    assert acted() == before


def test_an_unknown_caller_is_401_and_a_body_too_large_413(client: TestClient, ada: Any) -> None:
    assert post(client, {}, new()).status_code == 401
    for size in (9 * 1024 * 1024, LARGEST_BODY_BYTES + 1):
        answer = client.post("/v1/acts", content=iter([b" " * size]), headers=ada | {"Idempotency-Key": new()})
        assert answer.status_code == 413


def test_uploads_in_parts_and_other_verbs_are_left_alone(client: TestClient, ada: Any) -> None:
    headers = ada | {"Idempotency-Key": new()}
    assert len({client.post("/v1/parts", files={"file": b"x"}, headers=headers).json()["id"] for _ in range(2)}) == 2
    assert len({client.get("/v1/acts", headers=headers).json()["id"] for _ in range(2)}) == 2


def test_the_header_is_described_on_every_post_that_takes_it() -> None:
    described = application().openapi()["paths"]
    posts = {path: item["post"] for path, item in described.items() if "post" in item}
    without = [
        path
        for path, operation in posts.items()
        if all(parameter["name"] != "Idempotency-Key" for parameter in operation.get("parameters", []))
    ]
    assert without == [path for path in posts if "multipart/form-data" in str(posts[path].get("requestBody"))]
    assert len(posts) > len(without)


@given(st.text())
def test_any_text_is_a_key_or_is_refused(key: str) -> None:
    assert bool(KEY.fullmatch(key)) == (1 <= len(key) <= 255 and all("!" <= c <= "~" for c in key))


def test_an_answer_cannot_be_moved_to_another_request(client: TestClient) -> None:
    caller = Principal(Kind.SERVICE, "m", "m", "T", scopes=frozenset({"ami:write"}))
    held = claim(caller, "moved", "1" * 64)
    assert isinstance(held, Claim)
    held.keep(Answer(200, [], b"{}"))
    held.release()
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE idempotency_keys SET request_hash = :h WHERE caller_id = 'm'"), {"h": "2" * 64})
    with pytest.raises(Conflict, match="not the one that was given"):
        claim(caller, "moved", "2" * 64)
