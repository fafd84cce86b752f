"""What the KPI views say of outages: IEEE 1366 by local day as the plain rules have it, and the work of the day."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from math import exp, log
from statistics import fmean, stdev
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from sqlalchemy import text

from domain.grid.metering.store import kpi
from domain.grid.outages.rules.interruptions import Interruption, day_begun, joined
from domain.grid.outages.rules.reliability import momentary_events, reliability_indices, saidi_by_day
from domain.kernel.db import transaction
from tests.conftest import Database
from tests.makers import make_fleet, make_tenant

ZONE = ZoneInfo("America/New_York")
FIRST = date(2026, 3, 7)  # the clocks go forward on the 8th
DAYS = [FIRST + timedelta(days=number) for number in range(4)]
BEGIN = datetime(2026, 3, 7, tzinfo=ZONE).astimezone(UTC)
KNOWN = BEGIN + timedelta(days=3, hours=5)
OUTAGES = [uuid.UUID(int=number) for number in range(1, 5)]
SERVED = 40
Open = psycopg.Connection[dict[str, Any]]


@pytest.fixture(scope="module")
def world(module_database: Database) -> Iterator[Open]:
    """The database's superuser, whom no trigger asks for a signature; each use is rolled back."""
    make_fleet(feeders=2, meters_per_feeder=20)
    with psycopg.connect(module_database.urls["superuser"], row_factory=dict_row) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.commit()
        yield connection


def put(world: Open, table: str, **values: Any) -> None:
    names = ["tenant_id", *values]
    marks = ", ".join(f"%({name})s" for name in names)
    world.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", {"tenant_id": "T"} | values)


def outage(world: Open, number: int, begin: datetime, **values: Any) -> None:
    put(
        world, "outages", outage_id=OUTAGES[number], canon_key=f"k{number}", feeder_id="FEEDER_1", device_id="D",
        device_ids=["D"], status="OPEN", started_at=begin, customers_out_peak=1, run_id=uuid.uuid4(),
        countersignature_id=uuid.uuid4(), **values,
    )  # fmt: skip


def impact(world: Open, one: Interruption) -> None:
    put(
        world, "outage_impacts", outage_id=uuid.UUID(one.event_id), meter_id=one.customer_id, out_at=one.out_at,
        restored_at=one.restored_at, source="test",
    )  # fmt: skip


def of_day(world: Open, day: date, known: datetime = KNOWN) -> Mapping[str, Any]:
    found = world.execute(
        "SELECT i.* FROM day_bounds('America/New_York', %(day)s) AS y, interruptions_of_day('T', y.from_ts"
        " - interval '1 microsecond', y.to_ts - interval '1 microsecond', %(known)s) AS i",
        {"day": day, "known": known},
    ).fetchone()
    assert found is not None
    return found


stretches = st.builds(
    lambda number, meter, begin, lasts: Interruption(
        str(OUTAGES[number]),
        f"M00000{meter}",
        BEGIN + timedelta(minutes=begin),
        None if lasts is None else BEGIN + timedelta(minutes=begin + lasts),
    ),
    st.integers(0, 3),
    st.integers(1, 3),
    st.one_of(st.integers(0, 40), st.integers(1430, 1450), st.integers(0, 3 * 1440)),
    st.one_of(st.integers(0, 8), st.integers(0, 2000), st.none()),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given=st.lists(stretches, max_size=14, unique_by=lambda one: (one.event_id, one.customer_id, one.out_at)))
def test_a_day_counts_interruptions_as_ieee_1366_does(world: Open, given: list[Interruption]) -> None:
    for number in range(4):
        outage(world, number, BEGIN)
    for one in given:
        impact(world, one)
    found = {day: of_day(world, day) for day in DAYS}
    world.rollback()

    known = joined(one for one in given if one.out_at <= KNOWN)
    saidi = saidi_by_day(given, as_of=KNOWN, customers_served=1, zone=ZONE)
    assert {day: row["cmi"] for day, row in found.items() if row["cmi"]} == pytest.approx(
        {day: minutes for day, minutes in saidi.items() if minutes}
    )
    for day, row in found.items():
        begun = [one for one in known if day_begun(one, ZONE) == day]
        assert row["customers_interrupted"] == reliability_indices(begun, as_of=KNOWN).customers_interrupted
    assert sum(row["momentary_customers"] for row in found.values()) == momentary_events(known, KNOWN)


def test_an_outage_that_somebody_excluded_does_not_count(world: Open) -> None:
    outage(world, 0, BEGIN, excluded_reason="A drill.")
    impact(world, Interruption(str(OUTAGES[0]), "M000001", BEGIN, BEGIN + timedelta(hours=1)))
    row = of_day(world, FIRST)
    world.rollback()
    assert (row["cmi"], row["customers_interrupted"]) == (0.0, 0)


@pytest.mark.parametrize(("minutes", "events"), [(5, 1), (6, 2)])
def test_what_follows_within_five_minutes_is_the_same_momentary_event(world: Open, minutes: int, events: int) -> None:
    outage(world, 0, BEGIN)
    for begin in (0, minutes):
        out_at = BEGIN + timedelta(minutes=begin)
        impact(world, Interruption(str(OUTAGES[0]), "M000001", out_at, out_at + timedelta(minutes=1)))
    row = of_day(world, FIRST)
    world.rollback()
    assert (row["momentary_customers"], row["customers_interrupted"]) == (events, 0)


def test_a_storm_that_the_planner_has_not_seen_yet_is_counted_in_seconds(world: Open) -> None:
    outage(world, 0, BEGIN)
    row = "INSERT INTO outage_impacts (tenant_id, outage_id, meter_id, out_at, restored_at, source) SELECT 'T',"
    numbered = "FROM generate_series(1, 25000) AS n"
    begin, end = BEGIN - timedelta(days=9), BEGIN - timedelta(days=8)
    world.execute(f"{row} %s, 'S' || n, %s, %s, 'test' {numbered}", (OUTAGES[0], begin, end))
    world.execute("ANALYZE outage_impacts")
    world.execute(f"{row} %s, 'S' || n, %s, NULL, 'test' {numbered}", (OUTAGES[0], BEGIN))
    # A plan that compares each customer with each takes minutes.
    world.execute("SET LOCAL statement_timeout = '15s'")
    row_of_day = of_day(world, FIRST)
    world.rollback()
    assert row_of_day["customers_interrupted"] == 25000


def test_a_day_without_interruptions_says_nought(world: Open) -> None:
    row = of_day(world, FIRST)
    assert tuple(row.values()) == (0.0, 0, 0)


def fieldops(world: Open) -> dict[date, Mapping[str, Any]]:
    rows = world.execute("SELECT * FROM v_kpi_fieldops_daily WHERE tenant_id = 'T'").fetchall()
    return {row["local_date"]: row for row in rows}


def empty_again(world: Open) -> None:
    for table in ("outages", "outage_impacts", "provisional_outages", "crews", "crew_status"):
        world.execute(f"DELETE FROM {table}")
    world.commit()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


def night(world: Open) -> None:
    """On the 8th a crew restores an outage a quarter of an hour later than said; one of the 9th is not over."""
    outage(
        world, 0, at(8, 20), dispatched_at=at(8, 20, 30), arrived_at=at(8, 21), fault_found_at=at(8, 21, 30),
        restored_at=at(8, 23), etr_first=at(8, 22, 45), cause="Tree on line",
    )  # fmt: skip
    outage(world, 1, at(9, 1), dispatched_at=at(9, 2), arrived_at=at(9, 3))
    outage(world, 2, at(9, 4), restored_at=at(9, 5), arrived_at=at(9, 5, 30), cause="Non-outage: customer's breaker")
    for number in range(1, 5):
        impact(world, Interruption(str(OUTAGES[0]), f"M00000{number}", at(8, 20), at(8, 23)))
    impact(world, Interruption(str(OUTAGES[1]), "M000005", at(9, 1), None))
    for number, (status, when) in enumerate(
        [("PROMOTED", at(8, 20, 10)), ("PROMOTED", at(9, 4, 30)), ("REJECTED", at(9, 6)), ("CANDIDATE", None)]
    ):
        put(
            world, "provisional_outages", prov_outage_id=uuid.UUID(int=100 + number), feeder_id="FEEDER_1",
            device_id="D", device_ids=["D"], eq_class_id="E", window_start=at(8, 20), window_end=at(8, 21),
            first_evidence_at=at(8, 20), meters_predicted=1, meters_reported=1, meter_ids=["M000001"],
            posterior=0.9, posterior_meters_out=1, status=status, run_id=uuid.uuid4(), decided_at=when,
            countersignature_id=uuid.uuid4(),
            canon_outage_id=OUTAGES[0 if number == 0 else 2] if status == "PROMOTED" else None,
        )  # fmt: skip
    for crew, said in (("C1", "onsite"), ("C2", "available"), ("C3", None)):
        put(
            world, "crews", crew_id=crew, name=crew, depot="Depot", lat=0, lon=0, shift_start="00:00", shift_end="23:59"
        )  # fmt: skip
        if said is not None:
            put(world, "crew_status", crew_id=crew, ts=at(8, 22), status=said)


def test_a_night_of_work_is_told_by_day(world: Open) -> None:
    night(world)
    days = fieldops(world)
    world.rollback()
    assert sorted(days) == [date(2026, 3, 8), date(2026, 3, 9)]
    first, second = days[date(2026, 3, 8)], days[date(2026, 3, 9)]
    told = {
        name: float(value)
        for name, value in first.items()
        if name not in ("tenant_id", "local_date") and value is not None
    }
    assert told == {
        "outages_open": 0, "outages_new": 1, "provisional_open": 3, "promoted": 1, "rejected": 0,
        "false_promotion_rate": 0, "customers_interrupted": 4, "cmi": 720, "saidi_min": 18, "saifi": 0.1,
        "caidi_min": 180, "maifi_e": 0, "asai_pct": pytest.approx(100 - 100 * 720 / (SERVED * 23 * 60), abs=1e-6),
        "crews_available": 2, "crews_assigned": 1, "jobs_open": 0, "jobs_completed": 1,
        "avg_dispatch_min": 30, "avg_travel_min": 30,
        "avg_repair_min": 90, "etr_error_min_p50": 15, "etr_within_30_pct": 100, "theft_cases_open": 0,
        "theft_cases_confirmed": 0, "ok_on_arrival": 0,
    }  # fmt: skip
    assert first["med_flag"] is None, "nobody wrote down the days before"
    assert (second["outages_new"], second["outages_open"], second["jobs_open"]) == (2, 1, 1)
    assert (second["provisional_open"], second["promoted"], second["rejected"]) == (1, 1, 1)
    assert (second["false_promotion_rate"], second["ok_on_arrival"], second["customers_interrupted"]) == (1, 1, 1)
    assert second["cmi"] > 1000, "what is open lasts until now"


def test_a_major_event_day_lies_above_the_threshold_of_its_five_years(world: Open) -> None:
    night(world)
    minutes = [0.5 + 0.01 * number for number in range(40)]
    for number, one in enumerate(minutes):
        put(
            world, "reliability_days", local_date=date(2026, 3, 7) - timedelta(days=number), cmi=one * 1000,
            customers_interrupted=1, customers_served=1000, source="test",
        )  # fmt: skip
    put(
        world, "reliability_days", local_date=date(2021, 3, 7), cmi=1e9, customers_interrupted=1, customers_served=1,
        source="too old",
    )  # fmt: skip
    found = world.execute("SELECT major_event_threshold('T', '2026-03-08') AS t").fetchone()
    days = fieldops(world)
    world.rollback()

    logs = [log(one) for one in minutes]
    assert found is not None
    assert found["t"] == pytest.approx(exp(fmean(logs) + 2.5 * stdev(logs)))
    assert days[date(2026, 3, 8)]["med_flag"] is True


def test_the_overview_counts_open_outages_and_customers_out_at_the_end_of_the_day(world: Open) -> None:
    night(world)
    row = world.execute("SELECT * FROM outages_standing('T', %(at)s)", {"at": at(8, 21)}).fetchone()
    later = world.execute("SELECT * FROM outages_standing('T', %(at)s)", {"at": at(10, 0)}).fetchone()
    world.rollback()
    assert row == {"open_outages": 1, "customers_out": 4}
    assert later == {"open_outages": 1, "customers_out": 1}


def test_a_utility_without_meter_reads_has_its_days_too(world: Open, module_database: Database) -> None:
    night(world)
    world.commit()
    with transaction("T") as connection:
        newest = kpi.fieldops_days(connection, 10)
        assert [row["local_date"] for row in newest] == [date(2026, 3, 9), date(2026, 3, 8)]
        assert [row["local_date"] for row in kpi.fieldops_days(connection, 1)] == [date(2026, 3, 9)]
    empty_again(world)


def test_a_tenant_that_asks_for_another_one_is_told_nothing(world: Open, module_database: Database) -> None:
    night(world)
    world.commit()
    make_tenant("U")
    day = {"day": date(2026, 3, 8), "begin": at(8, 0), "end": at(9, 0), "known": KNOWN}
    asked = text("SELECT * FROM fieldops_of_day('T', :day, :begin, :end, :known, 40)")
    with transaction("U") as connection:
        told = connection.execute(asked, day).mappings().one()
        assert connection.execute(text("SELECT * FROM outages_standing('T', :end)"), day).one() == (0, 0)
    with transaction("T") as connection:
        own = connection.execute(asked, day).mappings().one()
    empty_again(world)
    assert (own["outages_new"], own["customers_interrupted"], own["crews_available"]) == (1, 4, 2)
    assert {name: value for name, value in told.items() if value} == {"asai_pct": 100}
