"""Each alert is on a figure that is exported, has a runbook, and is raised by what it names."""

import re
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import yaml
from fastapi.testclient import TestClient

from api.acts import FULFILLED
from domain.kernel.alerts import ALERTS, health_figures, worst
from domain.kernel.db import transaction, working_as
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.seals.state import OVERDUE
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.makers import make_tenant, make_token

ROOT = Path(__file__).resolve().parents[2]
RULES = yaml.safe_load((ROOT / "deploy/prometheus/countersign.rules.yml").read_text())["groups"][0]["rules"]
SEAL = next(alert for alert in ALERTS if alert.metric.startswith("ledger"))
NAMES = re.compile(r"\b(?:countersign|audit)_[a-z_]+")
EVENT = (
    "INSERT INTO events (event_id, tenant_id, event_type, occurred_at, recorded_at, actor_id, actor_role, status,"
    " payload)"
    " VALUES (gen_random_uuid(), 'T', 'test.waited', now(), now() - interval '3 hours', 'x', 'SYSTEM', 'ok', '{}')"
)
SIGNED = (
    "INSERT INTO countersignatures (countersignature_id, proposal_id, tenant_id, kind, subject_type, subject_id,"
    " content_hash, decision, signer_id, signer_role, meaning, signed_at, key_id, signature) VALUES (gen_random_uuid(),"
    " gen_random_uuid(), 'T', 'retention.disposal', 'rows', 'x', repeat('0', 64), 'APPROVED', gen_random_uuid(),"
    " 'ADMIN', 'x', now() - interval '1 hour', 'x', decode(repeat('00', 64), 'hex'))"
)
FAULTS = {
    "CountersignDataStale": "INSERT INTO publish_schedules (tenant_id, is_on, interval_minutes, changed_at, changed_by)"
    " VALUES ('T', true, 15, now() - interval '1 hour', 'x')",
    "CountersignJobsFailed": "INSERT INTO publish_jobs (tenant_id, job_id, kind, status, started_at)"
    " VALUES ('T', gen_random_uuid(), 'publish', 'failed', now())",
    "CountersignAuditGaps": "INSERT INTO audit_gaps (event_id, tenant_id, event, reason, noted_at)"
    " VALUES (gen_random_uuid(), 'T', '{}', 'x', now() - interval '1 hour')",
    "CountersignSealOverdue": EVENT,
    "CountersignSignatureWaits": SIGNED,
}


def test_the_rules_are_those_of_the_page_and_each_has_a_runbook() -> None:
    rules = {rule["alert"]: rule for rule in RULES}
    for alert in ALERTS:
        rule = rules[alert.name]
        assert rule["expr"] == f"max(countersign_{alert.metric}) > {alert.above:g}"
        assert rule["for"] == f"{alert.minutes}m"
        assert rule["labels"]["severity"] == alert.severity
        assert rule["annotations"] == {"summary": alert.says, "runbook": f"docs/runbooks/{alert.runbook}"}
    for name, rule in rules.items():
        assert name in (ROOT / rule["annotations"]["runbook"]).read_text(), name
    assert SEAL.above == OVERDUE.total_seconds()


def test_every_figure_of_a_rule_is_exported_and_names_nobody(database: Database) -> None:
    make_tenant("NAMED_TENANT")
    with TestClient(application()) as client:
        told = client.get("/metrics").text
    exported = set(re.findall(r"^# TYPE (\S+)", told, re.MULTILINE))
    asked = {name for rule in RULES for name in NAMES.findall(rule["expr"])}
    assert asked <= exported | {f"{name}_total" for name in exported}
    assert "NAMED_TENANT" not in told
    assert 'countersign_jobs_failed{kind="fulfilment"} 0.0' in told


@pytest.mark.parametrize("name", FAULTS)
def test_each_alert_is_raised_by_what_it_names_and_by_nothing_else(database: Database, name: str) -> None:
    make_tenant("T")
    sealed("PLATFORM")  # what the copied database brought with it may be older than an alert allows
    raised = lambda: [one.name for one in ALERTS if worst(figures(), one) > one.above]  # noqa: E731
    assert raised() == []
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE events DISABLE TRIGGER USER")
        connection.execute(FAULTS[name])
        connection.execute("ALTER TABLE events ENABLE TRIGGER USER")
    assert raised() == [name]


@pytest.mark.parametrize(
    ("status", "attempts", "waiting"), [("STARTED", 1, 1), ("FAILED", 2, 1), ("FAILED", 3, 0), ("DONE", 1, 0)]
)
def test_a_signature_waits_until_it_is_carried_out_or_given_up(
    database: Database, status: str, attempts: int, waiting: int
) -> None:
    make_tenant("T")
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(SIGNED)
        connection.execute(
            "INSERT INTO fulfilments (countersignature_id, tenant_id, run_id, status, attempts, finished_at)"
            " SELECT countersignature_id, tenant_id, 'x', %s, %s, CASE WHEN %s <> 'STARTED' THEN now() END"
            " FROM countersignatures",
            (status, attempts, status),
        )
    assert [one.value for one in figures() if one.metric == "signatures_waiting"] == [waiting]


def sealed(*tenants: str) -> None:
    ensure_signing_keys()
    with working_as(DbRole.MACHINE):
        for tenant in tenants:
            seal_ledger(tenant)


def figures() -> list:  # type: ignore[type-arg]
    with transaction(None) as connection:
        return health_figures(connection, FULFILLED)


def test_a_seal_ends_its_alert_and_the_page_shows_both(database: Database) -> None:
    make_tenant("T")
    sealed("PLATFORM")
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute(EVENT)
    asked = {"Authorization": f"Bearer {make_token('T', 'PLATFORM_ADMIN')}"}
    with TestClient(application()) as client:
        shown = client.get("/admin/health", headers=asked)
        assert f"1 of {len(ALERTS)} alerts is raised" in shown.text
        sealed("T", "PLATFORM")
        assert worst(figures(), SEAL) < timedelta(minutes=5).total_seconds()
        assert "Nothing is overdue" in client.get("/admin/health", headers=asked).text
        operator = {"Authorization": f"Bearer {make_token('T', 'ADMIN', email='a@example.org')}"}
        assert client.get("/admin/health", headers=operator).status_code == 403
