"""What answers look like: one form of error, no leak, committed before told, counted, described."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient

from api.limits import Limit, wait_s
from domain.kernel.logs import configure_logs

Bearer = Callable[..., dict[str, str]]
GOOD = {"minutes": 5}
MEMBERS = {"type", "title", "status", "detail", "code", "hint", "request_id", "errors"}


def test_every_error_is_a_problem_with_the_same_members(client: TestClient, bearer: Bearer) -> None:
    headers = bearer("OPERATOR")
    answers = [
        client.put("/v1/orders"),
        client.get("/v1/orders"),
        client.get("/v1/nowhere", headers=headers),
        client.get("/nowhere"),
        client.post("/v1/orders", json={}, headers=headers),
        client.post("/v1/orders", json=GOOD | {"fault": "conflict"}, headers=headers),
        client.post("/v1/orders", json=GOOD | {"fault": "crash"}, headers=headers),
    ]
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body.keys() >= MEMBERS
        assert body["status"] == answer.status_code
        assert body["request_id"] == answer.headers["x-request-id"]


def test_field_errors_name_the_field_and_do_not_repeat_what_was_sent(client: TestClient, bearer: Bearer) -> None:
    answer = client.post("/v1/orders", json={"minutes": "csk_abc_hunter2"}, headers=bearer("OPERATOR"))
    assert answer.json()["errors"][0]["field"] == "minutes"
    assert "hunter2" not in answer.text


def test_a_crash_tells_nothing_of_the_inside_and_keeps_nothing(client: TestClient, bearer: Bearer) -> None:
    headers = bearer("OPERATOR")
    before = client.get("/v1/orders", headers=headers).json()
    answer = client.post("/v1/orders", json=GOOD | {"fault": "crash"}, headers=headers)
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    assert client.get("/v1/orders", headers=headers).json() == before


def test_an_answer_is_given_only_after_the_commit(client: TestClient, bearer: Bearer) -> None:
    answer = client.post("/v1/orders", json=GOOD | {"fault": "deferred"}, headers=bearer("OPERATOR"))
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")


def test_course_addresses_carry_their_own_error_member_too(client: TestClient, bearer: Bearer) -> None:
    body = client.get("/api/courses/x", headers=bearer("LEARNER")).json()
    assert body["error"] == {"code": "NOT_FOUND", "message": "There is no published course x.", "details": []}


@pytest.mark.parametrize("given", ["abc-123", "x" * 64])
def test_a_sensible_request_id_is_kept(client: TestClient, given: str) -> None:
    assert client.get("/health/live", headers={"X-Request-ID": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["x" * 65, "a b", "<script>"])
def test_another_request_id_is_replaced(client: TestClient, given: str) -> None:
    assert client.get("/health/live", headers={"X-Request-ID": given}).headers["x-request-id"] != given


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for path in ("/health/live", "/v1/orders", "/static/robots.txt", "/nowhere"):
        headers = client.get(path).headers
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_the_ledger_row_and_the_answer_share_the_request_id(client: TestClient, bearer: Bearer) -> None:
    from sqlalchemy import text

    from domain.kernel.db import transaction

    client.post("/v1/orders", json=GOOD, headers=bearer("OPERATOR") | {"X-Request-ID": "find-me"})
    with transaction("T") as connection:
        assert connection.execute(text("SELECT count(*) FROM events WHERE request_id = 'find-me'")).scalar() == 1


def test_ready_names_what_it_asked(client: TestClient) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"database": "ok", "objects": "ok", "dagster": "not configured"}


def test_ready_is_503_when_dagster_does_not_answer(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from domain.kernel.settings import settings

    monkeypatch.setenv("COUNTERSIGN_DAGSTER_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    answer = client.get("/health/ready")
    monkeypatch.undo()
    settings.cache_clear()
    assert (answer.status_code, answer.json()["checks"]["dagster"]) == (503, "down")


def test_requests_are_counted_by_route_and_not_by_path(client: TestClient, bearer: Bearer) -> None:
    client.delete("/v1/orders/987654321012345678", headers=bearer("ADMIN"))
    shown = client.get("/metrics").text
    assert 'route="/v1/orders/{order_id}",status="404"' in shown
    assert "987654321012345678" not in shown


def test_the_description_names_problems_and_the_token(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/v1/orders"]["post"]
    assert operation["security"] == [{"bearer": []}]
    assert {"401", "403", "409", "412", "413", "422", "429"} <= operation["responses"].keys()
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in json.dumps(document)


def test_many_requests_at_once_do_not_wait_for_each_other_for_ever(client: TestClient, bearer: Bearer) -> None:
    from concurrent.futures import ThreadPoolExecutor

    headers = bearer("OPERATOR")
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: client.get("/v1/orders", headers=headers).status_code, range(120)))
    assert answers == [200] * 120


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The process's log as it would be written, and everything put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    configure_logs("test", context=lambda: {"request_id": "r"}, stream=written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(processors=[structlog.processors.JSONRenderer(default=str)])


def test_planted_secrets_do_not_reach_the_log(client: TestClient, bearer: Bearer, log_lines: Any) -> None:
    client.get("/v1/orders?X-Amz-Signature=hunter2", headers={"Authorization": "Bearer csk_a_hunter2hunter2hunter2"})
    client.post("/v1/orders", json=GOOD | {"fault": "crash"}, headers=bearer("OPERATOR"))
    logging.getLogger("some.library").warning("connecting to %s", "postgresql://u:hunter2@h/db")
    lines = log_lines()
    assert [line["event"] for line in lines if line["process"] == "test"] == [
        "request",
        "request.failed",
        "request",
        "connecting to postgresql://u:[redacted]@h/db",
    ]
    assert "Traceback" in lines[1]["exception"]
    assert "hunter2" not in json.dumps(lines)


@pytest.mark.parametrize(
    ("hits", "former", "elapsed", "fits"),
    [(1, 0, 0, True), (3, 0, 59, True), (4, 0, 0, False), (1, 3, 0, False), (1, 3, 30, True), (3, 3, 59, False)],
)
def test_the_window_slides(hits: int, former: int, elapsed: float, fits: bool) -> None:
    wait = wait_s(Limit("d", 3), hits, former, elapsed)
    assert (wait == 0) is fits
    assert wait <= 120


def test_a_refused_use_fits_after_the_wait_that_was_told() -> None:
    limit = Limit("d", 3)
    for hits in range(1, 5):
        for former in range(4):
            for elapsed in range(0, 60, 7):
                wait = wait_s(limit, hits, former, elapsed)
                later = elapsed + wait + 1e-6
                if later < 60:
                    assert wait_s(limit, hits, former, later) == 0
                elif wait:
                    assert wait_s(limit, 1, hits - 1, later - 60) == 0
