"""The database has no room left, at whichever table: an act is refused with 503 and as a whole; later it is done."""

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg import sql

from domain.kernel.db import transaction
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.faults.table import Table
from tests.kernel.gates_of_tests import lay_down
from tests.makers import make_tenant, make_token

# What the server says when it cannot extend a file (ENOSPC): 53100, disk_full.
FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$
"""
TABLES = ("events", "countersignatures", "lineage_outbox", "idempotency_keys")
STANDING = """
SELECT (SELECT count(*) FROM countersignatures), (SELECT count(*) FROM lineage_outbox),
  (SELECT count(*) FROM events WHERE event_type = 'kernel.proposal.approved')
"""


def standing(connection: psycopg.Connection[tuple[int, ...]]) -> tuple[int, ...]:
    found = connection.execute(STANDING).fetchone()
    assert found is not None
    return found


@pytest.mark.parametrize("at", TABLES)
def test_a_database_without_room_refuses_the_whole_act(database: Database, table: Table, at: str) -> None:
    make_tenant("T")
    ensure_signing_keys()
    with transaction("T") as connection:
        laid = lay_down(connection, RETENTION_DISPOSAL)
    headers = {"Authorization": f"Bearer {make_token('T', 'ADMIN')}", "Idempotency-Key": "one"}
    path, seen = f"/v1/proposals/{laid.proposal_id}/approve", {"content_hash": laid.content_hash}
    with (
        TestClient(application(), raise_server_exceptions=False) as client,
        psycopg.connect(database.urls["superuser"], autocommit=True) as looking,
    ):
        before = standing(looking)
        looking.execute(FULL)
        trigger = sql.SQL("CREATE TRIGGER full_disk BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION full_disk()")
        looking.execute(trigger.format(sql.Identifier(at)))
        refused = client.post(path, json=seen, headers=headers)
        assert (refused.status_code, standing(looking)) == (503, before), refused.text
        looking.execute(sql.SQL("DROP TRIGGER full_disk ON {}").format(sql.Identifier(at)))
        done = client.post(path, json=seen, headers=headers)
        assert done.is_success, done.text
        assert [after - former for after, former in zip(standing(looking), before, strict=True)] == [1, 1, 1]
    table.add(f"no room in the database, at {at}", faults=1, checks=4)
