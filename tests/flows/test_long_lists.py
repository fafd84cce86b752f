"""Lists with a hundred thousand rows: each page of them costs under 300 ms at the 95th percentile, whichever it is.

What is counted is the time of the processors, of this process and of the database's, so that what else runs beside does
not count.
"""

import os
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database
from tests.flows.looking import serving
from tests.flows.test_every_page import Links, signed_in
from tests.flows.test_main_tasks import stormy
from tests.makers import make_token

pytestmark = pytest.mark.soak
ROWS, ROUNDS, MOST_S = 100_000, 20, 0.3
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
TENANT = "LONG"
# What a copy of a row has of its own; `n` counts from one.
COPIES = {
    "provisional_outages": {
        "prov_outage_id": "gen_random_uuid()",
        "eq_class_id": "r.eq_class_id || '-' || n",
        "posterior": "r.posterior * n / 100001.0",
        "status": "(ARRAY['VERIFY', 'EXPIRED', 'CANDIDATE'])[n % 3 + 1]",
        "nested_of": "NULL",
    },
    "outages": {
        "outage_id": "gen_random_uuid()",
        "canon_key": "r.canon_key || '-' || n",
        "started_at": "r.started_at - make_interval(mins => n)",
        "status": "'CLOSED'",
    },
    "proposals": {
        "proposal_id": "gen_random_uuid()",
        "subject_id": "gen_random_uuid()::text",
        "content_hash": "encode(sha256(n::text::bytea), 'hex')",
        "expires_at": "now() + interval '30 days'",
        "content": "NULL",
    },
    "events": {"event_id": "uuidv7()", "seq": None, "occurred_at": "r.occurred_at - make_interval(secs => n)"},
}
FAULTS = """
INSERT INTO faults (building_id, severity, defect_classification, description, detected_at, notice_due_at)
SELECT b.id, (ARRAY['critical', 'high', 'medium', 'low'])[n % 4 + 1], '2', 'Pressure too low at point ' || n,
  now() - make_interval(mins => n), now() + make_interval(mins => n)
FROM buildings AS b, generate_series(1, :n) AS n
"""
SESSIONS = """
INSERT INTO test_sessions (building_id, frequency, planned_for)
SELECT b.id, 'annual', current_date - n % 4000 FROM buildings AS b, generate_series(1, :n) AS n
"""
ARTIFACTS = """
INSERT INTO artifacts (artifact_id, kind, sha256, size_bytes, media_type, store_key, created_at)
SELECT gen_random_uuid(), 'grid.report', encode(sha256(n::text::bytea), 'hex'), n, 'application/pdf', 'k/' || n,
  now() - make_interval(secs => n) FROM generate_series(1, :n) AS n
"""
METERS = """
INSERT INTO meters (meter_id, feeder_id, base_kwh_day, topology_version_id)
SELECT 'X' || n, f.feeder_id, 10, f.topology_version_id FROM
  (SELECT * FROM feeders ORDER BY feeder_id LIMIT 1) AS f, generate_series(1, :n) AS n
"""
PAGES = [
    "/",
    "/grid/outages",
    "/grid/outages?state=over",
    "/grid/meters",
    "/grid/reads",
    "/grid/summary",
    "/stairs",
    "/stairs/faults",
    "/stairs/faults?status=all&severity=high",
    "/ledger",
    "/artifacts",
    "/advice",
    "/advice/work-items",
    "/admin/people",
    "/admin/courses",
    "/admin/store",
]


@pytest.fixture(scope="module")
def reader(module_database: Database) -> Iterator[httpx.Client]:
    """An owner of a tenant with a hundred thousand of everything that is listed."""
    ensure_signing_keys()
    with serving() as address:
        stormy(address, TENANT)
        _promote(address)
        _plant()
        with signed_in(address, f"Tessa of {TENANT}") as client:
            yield client


def _promote(address: str) -> None:
    """One outage of which the others are copies."""
    token = make_token(TENANT, "OPERATOR", email=f"olivia@{TENANT.lower()}.example")
    with httpx.Client(
        base_url=address, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
    ) as client:
        advised = client.post("/v1/provisionals/promote", json={}).json()
        seen = {"mode": "commit", "content_hash": advised["content_hash"], "reason": "Calls confirm it."}
        client.post("/v1/provisionals/promote", json=seen).raise_for_status()
        building = {"name": "Long Building", "timezone": "Australia/Sydney"}
        token = make_token(TENANT, "MANAGER", email=f"max@{TENANT.lower()}.example")
        client.headers["Authorization"] = f"Bearer {token}"
        client.post("/api/v1/buildings", json=building).raise_for_status()


def _plant() -> None:
    with transaction(TENANT, DbRole.OWNER) as connection:
        for table, own in COPIES.items():
            columns = connection.execute(
                text(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = :t"
                    " AND table_schema = 'public' AND is_generated = 'NEVER' ORDER BY ordinal_position"
                ),
                {"t": table},
            ).scalars()
            kept = [one for one in columns if own.get(one, "") is not None]
            values = ", ".join(own.get(one) or f"r.{one}" for one in kept)
            connection.execute(
                text(
                    f"INSERT INTO {table} ({', '.join(kept)}) SELECT {values} FROM"
                    f" (SELECT * FROM {table} WHERE tenant_id = '{TENANT}' LIMIT 1) AS r,"
                    f" generate_series(1, {ROWS}) AS n"
                )
            )
        for planted in (FAULTS, SESSIONS, ARTIFACTS, METERS):
            connection.execute(text(planted), {"n": ROWS})
    with transaction(TENANT, DbRole.OWNER) as connection:
        for table in (*COPIES, "faults", "test_sessions", "artifacts", "meters"):
            connection.execute(text(f"ANALYZE {table}"))


def _spent() -> float:
    """Seconds of processor time of this process and of all processes of the tests' database server."""
    total = time.process_time()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if words[1] == _postmaster():
            total += (int(words[11]) + int(words[12])) * TICK_S
    return total


@cache
def _postmaster() -> str:
    """The process that all of the database's are children of."""
    with transaction(TENANT) as connection:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return (Path("/proc") / str(backend) / "stat").read_text().rpartition(")")[2].split()[1]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_of_a_long_list_is_quick(reader: httpx.Client, path: str) -> None:
    costs, there = [], path
    for _ in range(ROUNDS):
        before = _spent()
        answer = reader.get(there)
        costs.append(_spent() - before)
        assert answer.status_code == 200, f"{there}: {answer.text[:300]}"
        links = Links()
        links.feed(answer.text)
        later = [one for one in links.pages if "after=" in one]
        there = str(answer.url.join(later[0])) if later else path
    costs.sort()
    assert costs[int(0.95 * len(costs)) - 1] < MOST_S, f"{path}: {[round(one, 3) for one in costs]}"
