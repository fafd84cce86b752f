"""The bench of FireMode measures what it says it measures."""

from sqlalchemy import text

from bench.stairs.__main__ import query_checks, rule_checks
from bench.stairs.population import Size, populate
from bench.stairs.queries import both, plan
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from tests.conftest import Database


def test_a_session_is_168_tests_and_all_of_them_pass() -> None:
    checks = {check.name: check for check in rule_checks(rounds=1)}
    assert checks["generate the pilot's annual templates"].note == "168 templates"
    assert checks["verdicts of a whole annual session"].note == "168 verdicts"
    assert checks["one verdict, median"].value > 0


def test_small_population_is_whole_and_its_queries_go_by_an_index(database: Database) -> None:
    made = populate(Size(buildings=3, instances=5_000))
    assert made.instances == 3 * 10 * 168
    checks = {check.name: check for check in query_checks(made, runs=2)}
    assert checks["session query: scans of test_instances"].note == "84 rows"
    assert {check.value for name, check in checks.items() if "scans" in name} == {0.0}
    assert {plan(made, query).nodes["Node Type"] for query in both(made)}


def test_a_plan_that_scans_the_table_is_noticed(database: Database) -> None:
    made = populate(Size(buildings=1, instances=200))
    drop_indexes(made.tenant_id)
    assert any("test_instances" in plan(made, query).sequential for query in both(made))


def drop_indexes(tenant_id: str) -> None:
    with transaction(tenant_id, DbRole.OWNER) as connection:
        names = connection.execute(
            text("SELECT indexname FROM pg_indexes WHERE tablename = 'test_instances' AND indexname LIKE 'idx%'")
        ).scalars()
        for name in names.all():
            connection.execute(text(f"DROP INDEX {name}"))
