"""Artifacts over HTTP: list, one, its link; a link opens the bytes and nothing else, safely served."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from domain.kernel.artifacts import Artifact, keep, link_to
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.local import LocalStore
from domain.kernel.settings import settings
from tests.kernel.objects.stores import CREDENTIALS, bucket_server, url_of

DATA = b"%PDF-1.4 the bytes of a report"
Bearer = Callable[..., dict[str, str]]


def kept(number: int = 1, data: bytes = DATA, tenant: str = "T", media_type: str = "application/pdf") -> Artifact:
    with transaction(tenant) as connection:
        return keep(
            connection,
            open_store(),
            data,
            kind="test.report",
            media_type=media_type,
            made_from={"n": number},
            actor_id="test",
        )


def fetch(client: TestClient, artifact: Artifact, bearer: Bearer, **headers: str) -> Any:
    return client.get(f"/v1/artifacts/{artifact.artifact_id}", headers=bearer("AUDITOR") | headers)


def test_the_list_goes_on_where_a_page_ends(client: TestClient, bearer: Bearer) -> None:
    made = {str(kept(number).artifact_id) for number in range(5)}
    seen: set[str] = set()
    cursor = ""
    while cursor is not None:
        query = {"limit": "2", "kind": "test.report"} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/v1/artifacts", params=query, headers=bearer("AUDITOR")).json()
        assert answer["counts"]["artifacts"] == len(answer["rows"]) <= 2
        seen |= {row["artifact_id"] for row in answer["rows"]}
        cursor = answer["next_cursor"]
    assert made <= seen
    assert client.get("/v1/artifacts?cursor=x", headers=bearer("AUDITOR")).status_code == 422


def test_one_has_a_link_that_opens_the_bytes_safely(client: TestClient, bearer: Bearer) -> None:
    answer = fetch(client, kept(), bearer).json()
    assert answer["status"] == "ok"
    assert answer["url_warning"] is None
    served = client.get(answer["url"])
    assert (served.status_code, served.content) == (200, DATA)
    assert served.headers["content-type"] == "application/pdf"
    assert served.headers["content-disposition"].startswith("attachment; filename=")
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["content-security-policy"].startswith("sandbox;")
    head = client.head(answer["url"])
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(DATA)), b"")


def test_a_part_is_served_by_range(client: TestClient, bearer: Bearer) -> None:
    url = fetch(client, kept(), bearer).json()["url"]
    part = client.get(url, headers={"Range": "bytes=5-8"})
    assert (part.status_code, part.content) == (206, DATA[5:9])
    assert client.get(url, headers={"Range": "bytes=900-"}).status_code == 416


def test_an_artifact_never_changes_and_the_client_is_told(client: TestClient, bearer: Bearer) -> None:
    made = kept()
    etag = fetch(client, made, bearer).headers["etag"]
    again = fetch(client, made, bearer, **{"If-None-Match": f'"x", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert fetch(client, made, bearer, **{"If-None-Match": '"x"'}).status_code == 200


def test_another_tenants_artifact_is_not_there(client: TestClient, bearer: Bearer) -> None:
    theirs = kept(tenant="U")
    assert fetch(client, theirs, bearer).status_code == 404
    listed = client.get("/v1/artifacts?limit=500", headers=bearer("AUDITOR")).json()["rows"]
    assert str(theirs.artifact_id) not in {row["artifact_id"] for row in listed}
    url = link_to(open_store(), theirs, datetime.now(UTC)).url
    assert client.get(url.replace("tenant=U", "tenant=T")).json()["code"] == "LINK_INVALID"
    assert client.get(url.replace("/objects/U/", "/objects/T/")).json()["code"] == "LINK_INVALID"


def test_a_link_that_has_ended_or_was_forged_opens_nothing(client: TestClient) -> None:
    made = kept()
    ended = link_to(open_store(), made, datetime.now(UTC) - timedelta(days=8)).url
    assert (client.get(ended).status_code, client.get(ended).json()["code"]) == (403, "LINK_EXPIRED")
    good = link_to(open_store(), made, datetime.now(UTC)).url
    forged = good[:-1] + ("0" if good[-1] != "0" else "1")
    assert client.get(forged).json()["code"] == "LINK_INVALID"
    assert client.get(f"/objects/{made.store_key}").json()["code"] == "LINK_INVALID"


@pytest.mark.parametrize(
    "path", ["../../secrets/object_link_key", "%2e%2e/%2e%2e/secrets/x", "T/..%2f..%2fx", "T%00/x"]
)
def test_no_path_leads_out_of_the_store(client: TestClient, path: str) -> None:
    made = kept()
    url = link_to(open_store(), made, datetime.now(UTC)).url
    answer = client.get(url.replace(made.store_key, path))
    assert answer.status_code in {403, 404}
    assert "key" not in answer.text.lower() or answer.json()["code"] in {"LINK_INVALID", "NOT_FOUND"}


def test_a_truncated_or_lost_file_is_not_served_as_whole(client: TestClient) -> None:
    made, store = kept(77, b"a file that will be cut"), open_store()
    assert isinstance(store, LocalStore)
    url = link_to(store, made, datetime.now(UTC)).url
    store.path(made.store_key).write_bytes(b"a file that")
    assert (client.get(url).status_code, client.get(url).json()["code"]) == (409, "OBJECT_DAMAGED")
    store.path(made.store_key).unlink()
    assert (client.get(url).status_code, client.get(url).json()["code"]) == (404, "OBJECT_MISSING")


def test_a_page_that_somebody_kept_runs_nothing_here(client: TestClient, bearer: Bearer) -> None:
    made = kept(1, b"<script>alert(1)</script>", media_type="text/html")
    served = client.get(fetch(client, made, bearer).json()["url"])
    assert "attachment" in served.headers["content-disposition"]
    assert "default-src 'none'" in served.headers["content-security-policy"]


def test_links_are_stored_nowhere_and_signed_anew(client: TestClient, bearer: Bearer) -> None:
    answer = fetch(client, kept(), bearer).json()
    signature = answer["url"].rsplit("signature=", 1)[1]
    assert len(signature) == 64
    with transaction("T") as connection:
        for table in ("artifacts", "events", "proposals"):
            stored = connection.exec_driver_sql(f"SELECT string_agg(t::text, ' ') FROM {table} AS t").scalar()
            assert signature not in (stored or "")


def test_who_may(client: TestClient, bearer: Bearer) -> None:
    path = f"/v1/artifacts/{uuid.uuid4()}"
    assert client.get(path).status_code == 401
    assert client.get(path, headers=bearer("LEARNER")).status_code == 403
    assert client.get(path, headers=bearer(service=("ami:read",))).status_code == 403
    assert client.get(path, headers=bearer(service=("kernel:read",))).status_code == 404
    assert client.get("/v1/artifacts/nonsense", headers=bearer("AUDITOR")).status_code == 422


def test_in_a_bucket_the_link_leads_to_the_bucket_and_the_local_door_is_shut(
    client: TestClient, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home = link_to(open_store(), kept(), datetime.now(UTC)).url
    server = bucket_server()
    try:
        with monkeypatch.context() as patch:
            for name, value in (CREDENTIALS | {"S3_ENDPOINT_URL": url_of(server)}).items():
                patch.setenv(name, value)
            settings.cache_clear()
            url = fetch(client, kept(5, b"in the bucket"), bearer).json()["url"]
            assert url.startswith(url_of(server))
            with httpx.Client(trust_env=False) as anyone:
                assert anyone.get(url).content == b"in the bucket"
            assert client.get(at_home).json()["code"] == "OBJECT_MISSING"
    finally:
        settings.cache_clear()
        server.stop()
