"""Countersigning over HTTP: queue, verbs, codes, chain; and what another tenant sees of it."""

import uuid
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from domain.kernel import queue
from domain.kernel.canonical import sha256_hex
from domain.kernel.db import transaction
from domain.kernel.gates import RELEASE_DEPLOYMENT, RETENTION_DISPOSAL, Gate
from domain.kernel.proposals import Proposal, Subject, propose
from domain.kernel.signing import ensure_signing_keys
from tests.kernel.gates_of_tests import lay_down

Bearer = Callable[..., dict[str, str]]
NOBODY = str(uuid.UUID(int=0))


@pytest.fixture(autouse=True)
def _keys(client: TestClient) -> None:
    ensure_signing_keys()


def laid(gate: Gate = RETENTION_DISPOSAL, tenant: str = "T", **more: object) -> Proposal:
    with transaction(tenant) as connection:
        return lay_down(connection, gate, **more)


def post(client: TestClient, path: str, headers: dict[str, str], **body: object):  # type: ignore[no-untyped-def]
    return client.post(f"/v1{path}", json=body, headers=headers)


def test_the_queue_shows_what_one_may_decide_the_most_severe_first(client: TestClient, bearer: Bearer) -> None:
    mild, grave = laid(severity=0), laid(severity=3)
    laid(RELEASE_DEPLOYMENT, severity=3)
    shown = client.get("/v1/countersign/queue?limit=500", headers=bearer("ADMIN")).json()
    ids = [item["proposal_id"] for item in shown["items"]]
    assert ids.index(str(grave.proposal_id)) < ids.index(str(mild.proposal_id))
    assert {item["kind"] for item in shown["items"]} == {"retention.disposal"}
    assert shown["counts"]["waiting"] == len(ids)
    item = shown["items"][0]
    assert (item["may_sign"], item["state"], item["consequence"]) == (True, "WAITING", RETENTION_DISPOSAL.consequence)
    assert client.get("/v1/countersign/queue", headers=bearer("OPERATOR")).json()["items"] == []


def test_the_pages_of_the_queue_meet_without_gap_or_overlap(client: TestClient, bearer: Bearer) -> None:
    for severity in (1, 0, 2, 1, 3, 0, 2):
        laid(severity=severity)
    whole = client.get("/v1/countersign/queue?limit=500", headers=bearer("ADMIN")).json()["items"]
    seen: list[str] = []
    cursor = ""
    while True:
        page = client.get(f"/v1/countersign/queue?limit=3{cursor}", headers=bearer("ADMIN")).json()
        seen += [item["proposal_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [item["proposal_id"] for item in whole]
    assert client.get("/v1/countersign/queue?cursor=nonsense", headers=bearer("ADMIN")).status_code == 422
    other = client.get("/v1/proposals?limit=1", headers=bearer("ADMIN")).json()["next_cursor"]
    crossed = client.get(f"/v1/countersign/queue?cursor={other}", headers=bearer("ADMIN"))
    assert (crossed.status_code, crossed.json()["code"]) == (422, "BAD_CURSOR")
    following = client.get(f"/v1/proposals?limit=1&cursor={other}", headers=bearer("ADMIN")).json()["items"]
    assert len(following) == 1


def test_signing_needs_the_hash_that_was_seen(client: TestClient, bearer: Bearer) -> None:
    found = laid()
    path, ada = f"/proposals/{found.proposal_id}/approve", bearer("ADMIN")
    assert post(client, path, ada).json()["code"] == "HASH_REQUIRED"
    stale = post(client, path, ada, content_hash="0" * 64)
    assert (stale.status_code, stale.json()["code"]) == (409, "HASH_MISMATCH")
    signed = post(client, path, ada, contentHash=found.content_hash)
    assert (signed.status_code, signed.json()["status"]) == (200, "signed")
    again = post(client, path, ada, content_hash=found.content_hash)
    assert (again.status_code, again.json()["status"]) == (200, "already_signed")
    assert again.json()["countersignature"] == signed.json()["countersignature"]
    other = post(client, path, bearer("ADMIN", "REVIEWER"), content_hash=found.content_hash)
    assert (other.status_code, other.json()["code"]) == (409, "ALREADY_DECIDED")


def test_the_chain_leads_from_the_proposal_to_the_signature(client: TestClient, bearer: Bearer) -> None:
    found = laid()
    signed = post(client, f"/proposals/{found.proposal_id}/approve", bearer("ADMIN"), content_hash=found.content_hash)
    told = signed.json()["countersignature"]
    chain = client.get(f"/v1/countersignatures/{told['countersignature_id']}", headers=bearer("AUDITOR")).json()
    assert chain["countersignature"] == told
    assert chain["proposal"]["content"] == found.content
    assert (chain["fulfilment"], chain["artifacts"]) == (None, [])
    listed = client.get(f"/v1/countersignatures?content_hash={found.content_hash}", headers=bearer("AUDITOR")).json()
    assert listed == [told]


def test_refusals_are_done_in_bulk_and_approvals_are_not(client: TestClient, bearer: Bearer) -> None:
    one, two = laid(), laid(RELEASE_DEPLOYMENT)
    body = {"proposal_ids": [str(one.proposal_id), str(two.proposal_id), NOBODY], "reason": "Not now."}
    answer = post(client, "/countersign/refuse", bearer("ADMIN"), **body).json()
    assert answer["counts"] == {"refused": 1, "asked": 3}
    assert [one.get("code") for one in answer["results"]] == [None, "ROLE_REQUIRED", "NOT_FOUND"]
    paths = client.get("/openapi.json").json()["paths"]
    assert not [path for path in paths if "approve" in path and "{" not in path]


def test_asking_leaves_it_waiting_and_withdrawing_ends_it(client: TestClient, bearer: Bearer) -> None:
    found, ada = laid(), bearer("ADMIN")
    path = f"/proposals/{found.proposal_id}"
    assert post(client, f"{path}/ask", ada, reason="Which days?").status_code == 200
    assert client.get(f"/v1{path}", headers=ada).json()["state"] == "WAITING"
    assert post(client, f"{path}/approve", ada, content_hash=found.content_hash).status_code == 200
    assert post(client, f"{path}/withdraw", ada, reason="Wrong days.").status_code == 200
    shown = client.get(f"/v1{path}", headers=ada).json()
    assert shown["state"] == "WITHDRAWN"
    assert [one["decision"] for one in shown["decisions"]] == ["MORE_INFORMATION", "APPROVED", "WITHDRAWN"]


@pytest.mark.parametrize("verb", ["approve", "refuse", "ask", "withdraw"])
def test_the_order_of_checks_holds_for_each_verb(client: TestClient, bearer: Bearer, verb: str) -> None:
    found = laid()
    path = f"/v1/proposals/{found.proposal_id}/{verb}"
    body = {"content_hash": found.content_hash} if verb == "approve" else {"reason": "r"}
    assert client.get(path, headers=bearer("ADMIN")).status_code == 405
    assert client.post(path, json=body).status_code == 401
    assert client.post(path, json=body, headers=bearer("LEARNER")).status_code == 403
    assert client.post(path, json=body, headers=bearer(service=("grid:write",))).json()["code"] == "PERSON_REQUIRED"
    role = client.post(path, json=body, headers=bearer("OPERATOR"))
    assert (role.status_code, role.json()["code"]) == (403, "ROLE_REQUIRED")
    foreign = client.post(path, json=body, headers=bearer("ADMIN", tenant="U"))
    assert (foreign.status_code, foreign.json()["code"]) == (404, "NOT_FOUND")
    assert client.post(path, json={"surprise": 1}, headers=bearer("ADMIN")).status_code == 422
    assert client.get(f"/v1/proposals/{found.proposal_id}", headers=bearer("ADMIN")).json()["state"] == "WAITING"


def test_a_readers_list_filters_by_state_and_subject(client: TestClient, bearer: Bearer) -> None:
    subject = Subject("days", "2025")
    with transaction("T") as connection:
        propose(connection, RETENTION_DISPOSAL, subject, content={"n": 1}, summary="First.", proposed_by="machine")
        propose(connection, RETENTION_DISPOSAL, subject, content={"n": 2}, summary="Second.", proposed_by="machine")
    shown = client.get("/v1/proposals?subject_id=2025", headers=bearer("AUDITOR")).json()["items"]
    assert [(one["summary"], one["state"]) for one in shown] == [("Second.", "WAITING"), ("First.", "OUTDATED")]
    only = client.get("/v1/proposals?subject_id=2025&state=OUTDATED", headers=bearer("AUDITOR")).json()["items"]
    assert [one["summary"] for one in only] == ["First."]
    assert client.get("/v1/proposals", headers=bearer("OPERATOR")).status_code == 403


def test_a_large_content_has_an_address_of_its_own_whose_bytes_are_what_is_signed(
    client: TestClient, bearer: Bearer
) -> None:
    large, small = laid(content={"rows": ["x" * 100] * 20_000}), laid(content={"rows": [1.0, "é"]})
    told = client.get(f"/v1/proposals/{large.proposal_id}", headers=bearer("ADMIN"))
    assert len(told.content) < 256 * 1024
    assert told.json()["content"] is None
    for one in (large, small):
        told = client.get(f"/v1/proposals/{one.proposal_id}", headers=bearer("ADMIN")).json()
        whole = client.get(told["content_url"], headers=bearer("ADMIN"))
        assert sha256_hex(whole.content) == told["content_hash"]
        again = client.get(told["content_url"], headers=bearer("ADMIN") | {"If-None-Match": whole.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert told["content"] == {"rows": [1.0, "é"]}
    assert client.get(f"/v1/proposals/{NOBODY}/content", headers=bearer("ADMIN")).status_code == 404


def test_a_list_does_not_read_the_contents_that_it_does_not_show(client: TestClient, bearer: Bearer) -> None:
    laid(content={"rows": ["x" * 100] * 20_000}, evidence={"n": 1})
    with transaction("T") as connection:
        kinds = [RETENTION_DISPOSAL.kind]
        found = [*queue.waiting(connection, kinds, limit=500), *queue.history(connection, limit=500)]
    assert found
    assert all(one.content is None and not one.evidence for one in found)
