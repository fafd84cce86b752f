"""The four KPI views of the sources: made in dev where their name is free, never replaced, and nowhere else made."""

import psycopg
import pytest

from domain.kernel import migrate
from domain.kernel.release import gate
from domain.kernel.release.planned import plan_release
from domain.kernel.settings import Env, settings
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database
from tests.kernel.releases import make_approver, put_back, sign

NAMES = ("overview_daily", "feeder_loss_daily")
VIEWS = [
    *(f"v_kpi_electric_{name}" for name in NAMES),
    "v_kpi_fieldops_daily",
    "v_kpi_suspicious_meters_daily",
]

TOLD_COLUMNS = """
SELECT c.relname, count(col_description(c.oid, a.attnum)), count(*)
FROM pg_class AS c INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
WHERE starts_with(c.relname, 'v_kpi_') GROUP BY c.relname
"""


def definitions(database: Database) -> dict[str, str]:
    with psycopg.connect(database.urls["superuser"]) as connection:
        rows = connection.execute(
            "SELECT viewname, definition FROM pg_views WHERE viewname LIKE 'v!_kpi!_%' ESCAPE '!' ORDER BY viewname"
        ).fetchall()
    return dict(rows)


def drop_all(database: Database) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute(f"DROP VIEW IF EXISTS {', '.join(VIEWS)}")


def test_in_dev_a_free_name_gets_its_view_and_a_taken_one_keeps_what_it_has(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "is_embedded", lambda: True)
    shipped = definitions(database)
    assert sorted(shipped) == sorted(VIEWS)
    put_back()
    drop_all(database)
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute(
            "CREATE VIEW v_kpi_fieldops_daily WITH (security_invoker = true) AS"
            " SELECT 'of the utility' AS whose, 12.5 AS cmi"
        )
    migrate.apply()
    after = definitions(database)
    assert "of the utility" in after.pop("v_kpi_fieldops_daily")
    shipped.pop("v_kpi_fieldops_daily")
    assert after == shipped
    with psycopg.connect(database.urls["superuser"]) as connection:
        told = {view: counts for view, *counts in connection.execute(TOLD_COLUMNS).fetchall()}
    assert told.pop("v_kpi_fieldops_daily") == [0, 2], "the columns of a utility's view are the utility's to tell"
    assert [view for view, (told_of, there) in told.items() if told_of < there] == []
    assert set(told) == set(after)


def test_in_pilot_and_prod_no_view_is_made(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_signing_keys()
    put_back()
    drop_all(database)
    monkeypatch.setenv("COUNTERSIGN_ENV", "pilot")
    settings.cache_clear()
    sign(plan_release(Env.PILOT), make_approver())
    assert migrate.apply()["status"] == "COUNTERSIGNED"
    assert definitions(database) == {}
