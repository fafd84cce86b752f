"""In which order a request is judged: 405, 401, 403, 404, 413, 422, 412, 409, 429."""

import json
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

Bearer = Callable[..., dict[str, str]]
BAD = {"minutes": 999}
GOOD = {"minutes": 5}


def test_a_wrong_verb_is_told_first_with_every_verb_that_fits(client: TestClient) -> None:
    answer = client.put("/v1/orders", content=b"not json")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert answer.json()["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("body", [b"not json", b'{"minutes": 999}', b"x" * (9 * 1024 * 1024), b""])
def test_an_unknown_caller_learns_nothing_about_the_body(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/orders", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "Bearer wrong", "token", "Bearer a b"])
def test_a_header_that_is_no_good_token_is_401(client: TestClient, header: str) -> None:
    assert client.post("/v1/orders", json=GOOD, headers={"Authorization": header}).status_code == 401


def test_a_bad_token_is_401_even_where_no_token_is_needed(client: TestClient) -> None:
    assert client.get("/api/ami/open").json() == {"caller": None}
    assert client.get("/api/ami/open", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_an_address_that_is_not_there_is_401_without_and_404_with_a_token(client: TestClient, bearer: Bearer) -> None:
    assert client.get("/v1/nowhere").status_code == 401
    answer = client.get("/v1/nowhere", headers=bearer("OPERATOR"))
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("body", [b"not json", b'{"minutes": 999}', b"x" * (9 * 1024 * 1024)])
def test_a_caller_who_may_not_is_403_whatever_the_body(client: TestClient, bearer: Bearer, body: bytes) -> None:
    headers = bearer("LEARNER") | {"Content-Type": "application/json"}
    assert client.post("/v1/orders", content=body, headers=headers).status_code == 403


def test_a_key_needs_the_scope(client: TestClient, bearer: Bearer) -> None:
    assert client.post("/v1/orders", json=GOOD, headers=bearer(service=("ami:write",))).status_code == 201
    answer = client.post("/v1/orders", json=GOOD, headers=bearer(service=("ami:read",)))
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


def test_a_key_is_refused_where_only_people_act(client: TestClient, bearer: Bearer) -> None:
    answer = client.delete("/v1/orders/1", headers=bearer(service=("ami:write",)))
    assert (answer.status_code, answer.json()["code"]) == (403, "PERSON_REQUIRED")


@pytest.mark.parametrize("where", ["body", "query"])
@pytest.mark.parametrize("fields", [GOOD, BAD])
def test_another_tenant_in_the_request_is_403_before_the_fields_are_judged(
    client: TestClient, bearer: Bearer, where: str, fields: dict[str, int]
) -> None:
    named = {"tenantId": "U"}
    answer = client.post(
        "/v1/orders",
        json=fields | named if where == "body" else fields,
        params=named if where == "query" else None,
        headers=bearer("OPERATOR"),
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "TENANT_MISMATCH")


def test_the_platforms_administrator_works_in_the_tenant_that_is_named(client: TestClient, bearer: Bearer) -> None:
    headers = bearer("PLATFORM_ADMIN", "OPERATOR")
    answer = client.post("/v1/orders", json=GOOD | {"tenantId": "U"}, headers=headers)
    assert answer.json()["tenant"] == "U"
    assert client.get("/v1/orders", params={"tenantId": "U"}, headers=headers).json()["placed"] == 1


def test_a_body_too_large_is_413_before_its_fields(client: TestClient, bearer: Bearer) -> None:
    headers = bearer("OPERATOR") | {"Content-Type": "application/json"}
    assert client.post("/v1/orders", content=b"[" + b" " * 9_000_000, headers=headers).status_code == 413
    assert client.post("/v1/small", content=b"x" * 64, headers=headers).json() == {"size": 64}
    assert client.post("/v1/small", content=b"x" * 65, headers=headers).status_code == 413


def test_a_body_without_a_length_is_stopped_at_the_limit(client: TestClient, bearer: Bearer) -> None:
    answer = client.post("/v1/small", content=iter([b"x" * 40, b"x" * 40]), headers=bearer("OPERATOR"))
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


@pytest.mark.parametrize(
    "body",
    [b"not json", b"", b"null", b"[]", b"7", b'{"minutes": 0}', b'{"minutes": "x"}', b"\xff\xfe", b"[" * 100_000],
)
def test_a_bad_body_is_422_and_never_500(client: TestClient, bearer: Bearer, body: bytes) -> None:
    headers = bearer("OPERATOR") | {"Content-Type": "application/json"}
    answer = client.post("/v1/orders", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID")


@pytest.mark.parametrize("note", ["a\x00b", "\ud800"])
def test_text_that_no_database_keeps_is_422(client: TestClient, bearer: Bearer, note: str) -> None:
    headers = bearer("OPERATOR") | {"Content-Type": "application/json"}
    answer = client.post("/v1/orders", content=json.dumps(GOOD | {"note": note}), headers=headers)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("missing", 404, "NOT_FOUND"), ("stale", 412, "STALE"), ("conflict", 409, "CLOSED")],
)
def test_what_the_domain_refuses_keeps_its_status_and_code(
    client: TestClient, bearer: Bearer, fault: str, status: int, code: str
) -> None:
    answer = client.post("/v1/orders", json=GOOD | {"fault": fault}, headers=bearer("OPERATOR"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_asking_too_often_is_429_and_says_when_to_come_back(client: TestClient, bearer: Bearer) -> None:
    headers = bearer("OPERATOR", "TECHNICIAN")
    answers = [client.post("/v1/orders", json=GOOD | {"fault": "often"}, headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 80
    assert client.post("/v1/orders", json=BAD | {"fault": "often"}, headers=headers).status_code == 422
