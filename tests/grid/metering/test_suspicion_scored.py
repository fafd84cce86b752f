"""Scoring in the database: what is read, what is written, and that it can be done again."""

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pytest
from sqlalchemy import text

from api.kernel.lineage_page import headline
from domain.grid.metering.observe.publish import publish
from domain.grid.metering.observe.scenarios import Wish, inject
from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.local_days import day_number, local_midnight_us
from domain.grid.metering.rules.scenario import Kind
from domain.grid.metering.suggest import propose_inspection, score_meters
from domain.kernel.canonical import new_id
from domain.kernel.charts.words import number
from domain.kernel.db import loader_connection, transaction
from domain.kernel.errors import Invalid
from domain.kernel.settings import DbRole, WriteMode
from domain.kernel.trace import lineage_of
from tests.conftest import Database
from tests.makers import make_fleet, make_tenant

EASTERN = ZoneInfo("America/New_York")
LAST = date(2026, 3, 14)  # the baseline holds the day of 23 hours
DAYS, METERS = 24, 8
THIEF = "M03"


@pytest.fixture
def with_reads(database: Database) -> None:
    """Twenty-four days of hourly reads of eight meters on two transformers; one steals in the last week."""
    make_tenant("T")
    make_tenant("OTHER")
    _make_network()
    rng = np.random.default_rng(7)
    first = LAST - timedelta(days=DAYS - 1)
    size = rng.uniform(0.6, 1.4, METERS)
    with loader_connection("T") as connection:
        for number in range(DAYS):
            _load_day(connection, first + timedelta(days=number), size, rng)


def _make_network() -> None:
    version = new_id()
    with transaction("T", DbRole.MACHINE) as connection:
        connection.execute(
            text(
                "INSERT INTO feeders (feeder_id, code, name, tech_loss_pct, topology_version_id)"
                " VALUES ('F1', 'F1', 'Feeder 1', 5, :v)"
            ),
            {"v": version},
        )
        for number in range(METERS):
            connection.execute(
                text(
                    "INSERT INTO meters (meter_id, feeder_id, transformer_id, base_kwh_day, topology_version_id)"
                    " VALUES (:m, 'F1', :x, 24, :v)"
                ),
                {"m": f"M{number:02d}", "x": f"X{number // 4}", "v": version},
            )


def _load_day(connection: psycopg.Connection[object], on: date, size: np.ndarray, rng: np.random.Generator) -> None:
    bounds = [local_midnight_us(day_number(on) + more, EASTERN) for more in (0, 1)]
    ends = range(bounds[0] + 3_600_000_000, bounds[1] + 1, 3_600_000_000)
    shape = 1 + 0.4 * np.sin(np.arange(len(ends)) / 24 * 2 * np.pi)
    true = size[:, None] * shape * np.exp(rng.normal(0, 0.15, (METERS, len(ends))))
    volts = 122 - 0.5 * true + rng.normal(0, 0.1, true.shape)
    read = true.copy()
    if on > LAST - timedelta(days=7):
        read[3] *= 0.3
    table = connection.execute("SELECT table_name FROM day_open('T', %s)", (on,)).fetchone()[0]  # type: ignore[index]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} (meter_id, feeder_id, read_at, kwh, voltage, quality_flags, interval_minutes, source,"
            " arrived_at) VALUES (%s, 'F1', to_timestamp(%s), %s, %s, %s, 60, 'test', to_timestamp(%s))",
            [
                (
                    f"M{meter:02d}",
                    end / 1e6,
                    float(read[meter, at]),
                    None if rng.random() < 0.01 else float(volts[meter, at]),
                    int(Flag.ACTUAL | Flag.TAMPER) if (meter, on, at) == (3, LAST, 5) else int(Flag.ACTUAL),
                    end / 1e6,
                )
                for meter in range(METERS)
                for at, end in enumerate(ends)
            ],
        )
        cursor.execute("SELECT day_attach('T', %s, 'America/New_York')", (on,))
        cursor.executemany(
            "INSERT INTO feeder_delivered (feeder_id, read_at, interval_minutes, kwh, source, arrived_at)"
            " VALUES ('F1', to_timestamp(%s), 60, %s, 'test', to_timestamp(%s))",
            [(end / 1e6, float(true[:, at].sum() / 0.95), end / 1e6) for at, end in enumerate(ends)],
        )


def _rows(columns: str = "*") -> list[dict[str, object]]:
    with transaction("T", DbRole.AUDITOR) as connection:
        found = connection.execute(text(f"SELECT {columns} FROM meter_suspicion ORDER BY local_date, rank"))
        return [dict(row) for row in found.mappings()]


def test_the_thief_leads_with_reasons_and_the_ledger_names_the_run(with_reads: None) -> None:
    with transaction("T", DbRole.MACHINE) as connection:
        scored = score_meters(connection, "T", LAST)
    rows = _rows()
    assert [row["rank"] for row in rows] == list(range(1, METERS + 1))
    assert rows[0]["meter_id"] == THIEF
    assert rows[0]["score"] > 60
    assert rows[0]["transformer_id"] == "X0"
    assert rows[0]["tamper_count_30d"] == 1
    assert rows[0]["missing"] == []
    assert sum(reason["points"] for reason in rows[0]["reasons"]) == pytest.approx(rows[0]["score"], abs=0.01)
    assert scored.counts == {"meters": METERS, "reads": (24 * DAYS - 1) * METERS, "suspicious": 1, "replaced": 0}
    with transaction("T", DbRole.AUDITOR) as connection:
        event = connection.execute(text("SELECT * FROM events WHERE event_type = 'grid.suspicion.scored'")).one()
    assert event.run_id == scored.run_id
    assert event.payload["scoring_version"] == scored.scoring_version
    assert event.payload["counts"]["suspicious"] == 1


def test_a_list_to_inspect_leads_back_to_the_scoring_of_its_day_and_to_its_reads(with_reads: None) -> None:
    with transaction("T", DbRole.MACHINE) as connection:
        scored = score_meters(connection, "T", LAST)
    with transaction("T") as connection:
        proposal = propose_inspection(connection, proposed_by="test", actor_role="SERVICE")
        found = lineage_of(connection, proposal.proposal_id)
    assert [one.source for one in found.edges if one.relation == "lists what was scored by"] == [
        ("run", str(scored.run_id))
    ]
    (rows,) = [node for node in found.nodes if node.type == "rows"]
    assert rows.facts["reads"] == scored.counts["reads"]
    assert rows.facts["until_day"] == LAST.isoformat()
    assert headline(found).endswith(f"leads back to {number(scored.counts['reads'])} reads")


def test_scoring_again_gives_the_same_run_and_rows_and_keeps_what_people_set(with_reads: None) -> None:
    with transaction("T", DbRole.MACHINE) as connection:
        first = score_meters(connection, "T", LAST)
    before = json.dumps(_rows(), default=str)
    with transaction("T", DbRole.APP) as connection:
        connection.execute(text("UPDATE meter_suspicion SET case_status = 'inspection' WHERE rank = 1"))
    with transaction("T", DbRole.MACHINE) as connection:
        again = score_meters(connection, "T", LAST)
    assert again.run_id == first.run_id
    assert again.counts["replaced"] == METERS
    after = _rows()
    assert after[0]["case_status"] == "inspection"
    assert json.dumps([row | {"case_status": "open"} for row in after], default=str) == before


def test_a_day_without_reads_is_refused_and_nothing_is_written(with_reads: None) -> None:
    with pytest.raises(Invalid, match="nothing was scored"), transaction("T", DbRole.MACHINE) as connection:
        score_meters(connection, "T", date(2027, 1, 1))
    with pytest.raises(Invalid, match="window"), transaction("T", DbRole.MACHINE) as connection:
        score_meters(connection, "T", LAST, 0)
    with pytest.raises(Invalid, match="scoring version"), transaction("T", DbRole.MACHINE) as connection:
        score_meters(connection, "T", LAST, scoring_version="other")
    assert _rows() == []


def test_another_tenants_reads_are_not_seen(with_reads: None) -> None:
    with pytest.raises(Invalid, match="nothing was scored"), transaction("OTHER", DbRole.MACHINE) as connection:
        score_meters(connection, "OTHER", LAST)


def test_a_theft_before_the_window_does_not_become_what_is_usual(database: Database) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=40)
    thief, start = "M010005", datetime(2026, 11, 1, 5, tzinfo=UTC)
    now = start + timedelta(days=20)
    wish = Wish(Kind.THEFT, None, 8 * 24 * 60, severity=0.7, meter_ids=(thief,), starts_at=start + timedelta(days=5))
    inject("T", wish, now=now, actor="ada", actor_role="OPERATOR")
    publish("T", window_start=start, window_end=start + timedelta(days=13), mode=WriteMode.SAFE, now=now, actor="ada")

    def drop() -> float:
        with transaction("T", DbRole.MACHINE) as connection:
            score_meters(connection, "T", date(2026, 11, 13), 1)
        return next(float(str(row["own_drop_pct"])) for row in _rows() if row["meter_id"] == thief)

    assert drop() > 50
    assert _rows()[0]["meter_id"] == thief
    # Without the knowledge of the event seven of the twelve days before are the theft itself.
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE ami_events SET is_active = false"))
    assert drop() < 20


def test_scoring_anew_for_late_reads_asks_the_same_question(with_reads: None) -> None:
    with transaction("T", DbRole.MACHINE) as connection:
        score_meters(connection, "T", LAST, 1)
    before = json.dumps(_rows(), default=str)
    with transaction("T", DbRole.MACHINE) as connection:
        score_meters(connection, "T", LAST)
    assert json.dumps(_rows(), default=str) == before
    with transaction("T", DbRole.MACHINE) as connection:
        score_meters(connection, "T", LAST - timedelta(days=1))
    assert [row["window_days"] for row in _rows("DISTINCT local_date, window_days, 0 AS rank")] == [7, 1]
