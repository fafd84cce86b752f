"""Courses in the graph by real runs as the machine: packages are what was signed, without gaps, and told of."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from orchestration.courses.checks import CHECKS, course_checks
from orchestration.definitions import defs
from orchestration.resources import Machine
from tests.conftest import Database, application
from tests.courses.authoring.course_house import House, open_house
from tests.makers import make_tenant
from tests.orchestration.steps import checks


@pytest.fixture(scope="module")
def house(module_database: Database) -> Iterator[House]:
    with TestClient(application(), raise_server_exceptions=False) as client:
        made = open_house(client)
        made.approved_course()
        made.publish()
        yield made


def look(instance: dg.DagsterInstance) -> dict[str, Any]:
    done = dg.materialize(
        [course_checks],
        selection=dg.AssetSelection.all_asset_checks(),
        instance=instance,
        resources={"machine": Machine()},
    )
    return checks(done)


def test_published_packages_pass_their_audits_in_every_tenant(house: House, instance: dg.DagsterInstance) -> None:
    make_tenant("EMPTY")
    found = look(instance)
    assert set(found) == set(CHECKS)
    assert all(one.passed for one in found.values()), {name: one.description for name, one in found.items()}
    assert "T: 1 packages hash to what was signed." in (found["hashes_recompute"].description or "")


def test_the_nightly_job_runs_both(house: House, instance: dg.DagsterInstance) -> None:
    done = defs.resolve_job_def("courses_audit").execute_in_process(instance=instance)
    assert done.success
    assert set(checks(done)) == set(CHECKS)


def test_decisions_and_packages_are_told_to_the_graph(house: House) -> None:
    with transaction("T", DbRole.OWNER) as connection:
        found = connection.execute(
            text("SELECT DISTINCT asset_key[2] FROM lineage_outbox WHERE asset_key[1] = 'courses'")
        )
        assert set(found.scalars()) >= {"content_revisions", "content_decisions", "course_packages"}


def test_a_changed_package_and_a_gap_are_found(
    house: House, instance: dg.DagsterInstance, module_database: Database
) -> None:
    """Behind every guard, as a superuser who takes the triggers away."""
    with psycopg.connect(module_database.urls["superuser"]) as connection:
        connection.execute("ALTER TABLE course_packages DISABLE TRIGGER ALL")
        connection.execute(
            "UPDATE course_packages SET version = 2, content_text = replace(content_text, 'outage', 'Outage'),"
            " content_hash = encode(sha256(convert_to(replace(content_text, 'outage', 'Outage'), 'UTF8')), 'hex')"
        )
        connection.execute("ALTER TABLE course_packages ENABLE TRIGGER ALL")
    found = look(instance)
    assert not found["hashes_recompute"].passed
    assert not found["versions_have_no_gaps"].passed
