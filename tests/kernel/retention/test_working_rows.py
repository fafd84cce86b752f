"""The kernel's working rows: old ones go on a signature, young ones and other tenants' stay; nothing is archived."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cli.main import countersign
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from tests.conftest import Database
from tests.kernel.retention.steps import NOW, asked, carry_out, plan, proposed, sign, told
from tests.makers import make_person, make_tenant

OLD = NOW - timedelta(days=200)


@pytest.fixture(autouse=True)
def rows(database: Database) -> None:
    for tenant in ("T", "U"):
        make_tenant(tenant)
        person = make_person(tenant, f"eve-{tenant.lower()}", "OPERATOR")
        with transaction(tenant, DbRole.OWNER) as connection:
            for name, moment in (("old", OLD), ("young", NOW)):
                binds = {"name": f"{tenant}-{name}", "t": tenant, "who": person.id, "at": moment}
                connection.execute(
                    text(
                        "INSERT INTO login_sessions (session_hash, tenant_id, user_id, created_at, expires_at)"
                        " VALUES (:name, :t, CAST(:who AS uuid), :at, :at)"
                    ),
                    binds,
                )
                connection.execute(
                    text(
                        "INSERT INTO lineage_outbox (tenant_id, asset_key, partition, sent_at)"
                        " VALUES (:t, ARRAY[:name], :t, :at), (:t, ARRAY['waits'], :t, NULL)"
                    ),
                    binds,
                )
                connection.execute(text("INSERT INTO rate_limits VALUES ('door|' || :t || '|who', :at, 1)"), binds)


@pytest.mark.parametrize("name", ["login_sessions", "lineage_outbox", "rate_limits"])
def test_old_rows_of_the_tenant_go_and_nothing_else(name: str) -> None:
    before = asked(f"SELECT count(*) FROM {name}")
    assert plan(name).rows == 1
    assert plan(name).content["archive"] is None
    outcome = carry_out(sign(proposed(name)))
    assert (outcome.facts["rows"], outcome.facts["archives"]) == (1, 0)
    # The signature itself is told to Dagster by a new row of the outbox.
    signing = 1 if name == "lineage_outbox" else 0
    assert asked(f"SELECT count(*) FROM {name}") == before - 1 + signing
    assert plan(name).pieces == ()
    assert told("kernel.retention.disposed") == 1
    assert plan(name, tenant="U").rows == 1


def test_the_command_shows_what_is_due_and_proposes_on_wish() -> None:
    def command(*more: str) -> str:
        done = CliRunner().invoke(countersign, ["retention", "plan", "--tenant", "T", *more])
        assert done.exit_code == 0, done.output
        return done.stdout

    shown = {one["subject"]: one for one in json.loads(command("--json"))["plans"]}
    assert set(shown) == {"learner_events", "lineage_outbox", "login_sessions", "meter_reads", "rate_limits"}
    assert (shown["login_sessions"]["rows"], shown["meter_reads"]["is_due"]) == (1, False)
    assert asked("SELECT count(*) FROM proposals") == 0
    assert "1 rows" in command()
    first = json.loads(command("--json", "--propose"))["plans"]
    again = json.loads(command("--json", "--propose"))["plans"]
    assert [one["proposal_id"] for one in first] == [one["proposal_id"] for one in again]
    assert asked("SELECT count(*) FROM v_retention_plans WHERE state = 'WAITING'") == 3
