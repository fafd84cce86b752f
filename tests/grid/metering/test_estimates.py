"""Estimates of missing reads: which rung fills what, what is left open, and that a read that comes later wins."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cli.grid.estimate import estimate as command
from domain.grid.metering.observe.day_grid import Outage
from domain.grid.metering.observe.estimates import EstimateResult, estimate_missing
from domain.grid.metering.observe.files import IngestResult, ingest_file
from domain.grid.metering.observe.publish import publish
from domain.grid.metering.observe.regenerate import regenerate_feeder
from domain.grid.metering.rules.flags import codes
from domain.grid.metering.store.audits import local_day, read_counts, rollup_differences
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict
from domain.kernel.settings import DbRole, WriteMode
from tests.conftest import Database
from tests.makers import make_fleet, make_meters, make_tenant

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = date(2026, 6, 10)  # a Wednesday
MIDNIGHT = datetime(2026, 6, 10, 4, tzinfo=UTC)  # in New York
HOUR = timedelta(hours=1)
METERS = ["A", "B", "C", "D"]
Row = tuple[str, datetime, float, str]


def day_rows(meters: Iterable[str], kwh: float = 1.0, *, days: int = 0, hours: Iterable[int] = range(24)) -> list[Row]:
    """Hourly actual reads of one local day, `days` after DAY; `hours` are those in which the intervals start."""
    start = MIDNIGHT + timedelta(days=days)
    return [(meter, start + (hour + 1) * HOUR, kwh, "A") for meter in meters for hour in hours]


def load(rows: Iterable[Row], *, tenant: str = "T", mode: WriteMode = WriteMode.SAFE) -> IngestResult:
    lines = "".join(f"{meter},{end.isoformat()},{kwh},{quality},60\n" for meter, end, kwh, quality in rows)
    content = "meter_id,read_at,kwh,quality,interval_minutes\n" + lines
    return ingest_file(tenant, content.encode(), "reads.csv", mode=mode, now=NOW)


def settle() -> None:
    """Two days of reads after DAY, so that it has ended 24 hours ago."""
    load(day_rows(METERS, days=1) + day_rows(METERS, days=2))


def missing(*hours: int) -> list[int]:
    return [hour for hour in range(24) if hour not in hours]


def estimate(on: date = DAY, **more: Any) -> EstimateResult:
    return estimate_missing("T", on, now=NOW, actor="test", **more)


def asked(query: str, tenant: str = "T") -> list[tuple[Any, ...]]:
    with transaction(tenant) as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def standing(meter: str = "A", on: date = DAY) -> dict[int, tuple[float, str, str]]:
    """Rows of a meter that are not actual reads: local hour of the start -> kWh, flags, source."""
    rows = asked(
        "SELECT extract(hour FROM (read_at - interval '1 hour') AT TIME ZONE 'America/New_York')::int, kwh,"
        f" quality_flags, source FROM meter_reads_electric WHERE meter_id = '{meter}' AND quality_flags & 1 = 0"
        f" AND ((read_at - interval '1 hour') AT TIME ZONE 'America/New_York')::date = '{on}' ORDER BY read_at"
    )
    return {hour: (kwh, codes(flags), source) for hour, kwh, flags, source in rows}


def rollups_hold(on: date = DAY) -> bool:
    with transaction("T") as connection:
        day = local_day(connection, "T", on)
        counts = read_counts(connection, day)
        alike = {counts[name] for name in ("reads", "in_meter_days", "in_feeder_intervals", "in_feeder_days")}
        return rollup_differences(connection, day) == [] and len(alike) == 1


@pytest.fixture
def tenant(database: Database) -> str:
    make_tenant("T")
    make_meters("T", METERS)
    return "T"


def test_a_short_gap_is_interpolated_and_the_rung_is_recorded(tenant: str) -> None:
    reads = day_rows(METERS[1:]) + day_rows(["A"], hours=missing(11, 12))
    load([(m, end, 4.0 if (m, end) == ("A", MIDNIGHT + 14 * HOUR) else kwh, q) for m, end, kwh, q in reads])
    settle()
    result = estimate()
    assert (result.status, result.counts["estimated"], result.methods) == ("estimated", 2, {"linear_interpolation": 2})
    source = "VEE_ESTIMATE:linear_interpolation"
    assert standing() == {11: (2.0, "E", source), 12: (3.0, "E", source)}
    [(made_from, batch_source, write_mode)] = asked(
        f"SELECT made_from, source, write_mode FROM read_batches WHERE batch_id = '{result.batch_ids[0]}'"
    )
    assert (made_from["methods"], batch_source, write_mode) == ({"linear_interpolation": 2}, "VEE_ESTIMATE", "safe")
    assert rollups_hold()


def test_estimating_again_changes_nothing(tenant: str) -> None:
    load(day_rows(METERS[1:]) + day_rows(["A"], hours=missing(11, 20)))
    settle()
    estimate()
    before = asked("SELECT * FROM meter_reads_electric ORDER BY meter_id, read_at")
    again = estimate()
    assert (again.status, again.counts["missing"], again.batch_ids) == ("nothing_to_estimate", 0, ())
    assert asked("SELECT * FROM meter_reads_electric ORDER BY meter_id, read_at") == before
    assert asked("SELECT count(*) FROM read_batches WHERE source = 'VEE_ESTIMATE'") == [(1,)]


def test_a_day_whose_reads_may_still_arrive_is_not_estimated(tenant: str) -> None:
    with pytest.raises(Conflict, match="no reads have come in"):
        estimate()
    load(day_rows(METERS, hours=missing(11)) + day_rows(METERS, days=1, hours=range(23)))
    with pytest.raises(Conflict, match="its reads may still arrive") as refused:
        estimate()
    assert refused.value.code == "DAY_NOT_SETTLED"
    load(day_rows(METERS, days=1, hours=[23]))
    assert estimate().status == "estimated"


def test_a_longer_gap_takes_like_days_moved_by_the_feeders_index(tenant: str) -> None:
    for week, kwh in ((1, 2.0), (2, 3.0), (3, 4.0), (4, 90.0)):
        load(day_rows(["A"], kwh, days=-7 * week) + day_rows(METERS[1:], 1.0, days=-7 * week))
    load(day_rows(METERS[1:], 2.0) + day_rows(["A"], 6.0, hours=missing(*range(8, 13))))
    settle()
    result = estimate()
    assert result.methods == {"average_of_like_days": 5}
    rows = standing()
    assert sorted(rows) == list(range(8, 13))
    # The feeder's hours by coverage against the mean of its like days: 12 of 24 kWh and more, the index is above 0.25.
    now, like = 19 * (6 + 3 * 2) + 5 * (3 * 2 * 4 / 3), 24 * ((2 + 3 + 4 + 90) / 4 + 3)
    assert rows[8][0] == pytest.approx(3.0 * now / like, abs=1e-4)


def test_a_meter_without_like_days_takes_its_classs_profile_and_its_own_energy(tenant: str) -> None:
    for days in (-1, -2, -3):
        load(day_rows(["A"], 2.0, days=days) + day_rows(METERS[1:], days=days))
    peak = [(m, end, 3.0 if end.hour >= 16 else 1.0, q) for m, end, _, q in day_rows(METERS[1:])]
    load(peak)
    load(day_rows(METERS[1:], days=1) + day_rows(METERS, days=2))
    result = estimate()
    assert result.methods == {"class_profile": 24}
    rows = standing()
    assert sum(row[0] for row in rows.values()) == pytest.approx(48.0, abs=1e-3)
    assert {round(row[0] / rows[0][0], 3) for row in rows.values()} == {1.0, 3.0}


def test_a_gap_of_more_than_seven_days_leaves_the_like_days(tenant: str) -> None:
    for days in range(-28, 3):
        silent = -8 <= days <= 0
        load(day_rows(METERS[1:] if silent else METERS, days=days))
    assert estimate().methods == {"class_profile": 24}
    assert estimate(DAY - timedelta(days=1)).methods == {"class_profile": 24}


def test_a_silent_day_inside_seven_takes_like_days(tenant: str) -> None:
    for days in range(-28, 3):
        load(day_rows(METERS[1:] if -5 <= days <= 0 else METERS, days=days))
    assert estimate().methods == {"average_of_like_days": 24}


def test_meters_that_were_never_read_or_are_out_of_use_are_not_estimated(tenant: str) -> None:
    make_meters("T", ["NEW", "OLD"])
    load(day_rows([*METERS, "OLD"], days=-1) + day_rows(METERS))
    settle()
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE meters SET is_active = false WHERE meter_id = 'OLD'"))
    result = estimate()
    assert (result.status, result.counts["missing"]) == ("nothing_to_estimate", 0)


def test_a_day_of_which_nothing_came_is_not_made_up(tenant: str) -> None:
    load(day_rows(METERS, days=-1))
    settle()
    assert estimate().status == "nothing_to_estimate"
    assert standing() == {}


def test_storm_mode_suppresses_estimates_and_says_so(database: Database) -> None:
    make_tenant("T")
    many = [f"M{number:03d}" for number in range(120)]
    make_meters("T", many)
    load(row for days in (-2, -1) for row in day_rows(many, days=days))
    load(day_rows(many[:80], hours=[12]) + day_rows(many, hours=missing(12, 18)) + day_rows(many[:119], hours=[18]))
    load(day_rows(many, days=1))
    result = estimate()
    assert result.methods == {"linear_interpolation": 1, "suppressed_by_storm_mode": 40}
    assert (result.counts["missing"], result.counts["estimated"]) == (41, 1)


def test_an_outage_is_zero_and_never_estimated(tenant: str) -> None:
    load(day_rows(METERS[1:]) + day_rows(["A"], hours=missing(11, 12)))
    settle()
    begins = MIDNIGHT + 10 * HOUR + timedelta(minutes=30)
    result = estimate(outages=[Outage("A", begins, MIDNIGHT + 12 * HOUR)])
    assert result.methods == {"linear_interpolation": 1, "outage": 1}
    assert standing() == {
        11: (0.0, "O", "VEE_ESTIMATE:outage"),
        12: (1.0, "E", "VEE_ESTIMATE:linear_interpolation"),
    }
    assert (result.counts["estimated"], result.counts["zero_by_outage"]) == (1, 1)


@pytest.mark.parametrize("mode", list(WriteMode))
def test_a_read_that_comes_later_takes_the_place_of_its_estimate_in_either_mode(tenant: str, mode: WriteMode) -> None:
    load(day_rows(METERS[1:]) + day_rows(["A"], hours=missing(11, 12, 13, 20)))
    settle()
    estimate(outages=[Outage("A", MIDNIGHT + 20 * HOUR, MIDNIGHT + 21 * HOUR)])
    assert standing().keys() == {20}
    for week in (1, 2, 3):
        load(day_rows(METERS, days=-7 * week))
    estimate()
    assert standing().keys() == {11, 12, 13, 20}
    result = load(day_rows(["A"], 7.0, hours=[11, 20]), mode=mode)
    assert (result.counts["updated"], result.counts["kept_versions"]) == (2, 2)
    assert standing().keys() == {12, 13}
    kept = asked("SELECT kind, kwh, quality_flags, source FROM meter_read_versions ORDER BY read_at")
    assert [(row[0], codes(row[2]), row[3]) for row in kept] == [
        ("replaced", "E", "VEE_ESTIMATE:average_of_like_days"),
        ("replaced", "O", "VEE_ESTIMATE:outage"),
    ]
    assert rollups_hold()
    assert asked(
        "SELECT sum(reads_estimated), sum(reads_received) FROM gl_feeder_interval WHERE local_date = '2026-06-10'"
    )[0] == (2, 94)


def test_safe_still_keeps_a_read_and_a_utilitys_estimate_gives_way_only_to_a_read(tenant: str) -> None:
    end = MIDNIGHT + HOUR
    load([("A", end, 1.0, "A"), ("B", end, 1.0, "E")])
    load([("A", end, 2.0, "A"), ("B", end, 2.0, "E")])
    load([("A", end, 3.0, "E")])
    stands = "SELECT meter_id, kwh FROM meter_reads_electric ORDER BY meter_id"
    assert asked(stands) == [("A", 1.0), ("B", 1.0)]
    load([("B", end, 4.0, "A")])
    assert asked(stands) == [("A", 1.0), ("B", 4.0)]


def test_a_gap_across_midnight_is_filled_alike_by_both_days(tenant: str) -> None:
    load(day_rows(METERS[1:]) + day_rows(["A"], 1.0, hours=range(23)))
    load(day_rows(METERS[1:], days=1) + day_rows(["A"], 4.0, days=1, hours=range(1, 24)))
    load(day_rows(METERS, days=2))
    assert estimate().methods == {"linear_interpolation": 1}
    assert estimate(DAY + timedelta(days=1)).methods == {"linear_interpolation": 1}
    assert (standing()[23][0], standing(on=DAY + timedelta(days=1))[0][0]) == (2.0, 3.0)


@pytest.mark.parametrize(("day", "begins", "hours"), [("2026-03-08", 5, 23), ("2025-11-02", 4, 25)])
def test_days_on_which_the_clocks_change_are_filled_whole(tenant: str, day: str, begins: int, hours: int) -> None:
    on = date.fromisoformat(day)
    midnight = datetime(on.year, on.month, on.day, begins, tzinfo=UTC)
    ends = [midnight + (hour + 1) * HOUR for hour in range(hours)]
    for week in (1, 2, 3):
        load(
            [
                (m, end - timedelta(days=7 * week) + shift * HOUR, 2.0, "A")
                for m in METERS
                for end in ends
                for shift in (-1, 0, 1)
            ]
        )
    load([(m, end, 2.0, "A") for m in METERS for end in ends if m != "A"])
    load([(m, ends[-1] + hour * HOUR, 2.0, "A") for m in METERS for hour in range(1, 49)])
    result = estimate(on)
    assert (result.counts["estimated"], result.methods) == (hours, {"average_of_like_days": hours})
    assert asked(f"SELECT reads, kwh_dwh FROM gl_meter_day WHERE meter_id = 'A' AND local_date = '{day}'") == [
        (hours, hours * 20_000)
    ]


def test_coverage_counts_what_arrived_and_the_loss_uses_the_estimate(tenant: str) -> None:
    """A big customer whose energy is not as the registry expects: its estimate corrects the loss, not the coverage."""
    ends = [(MIDNIGHT + (hour + 1) * HOUR).isoformat() for hour in range(24)]
    energy = "feeder_id,read_at,kwh,interval_minutes\n" + "".join(f"F1,{end},10,60\n" for end in ends)
    load(day_rows(METERS[1:]) + day_rows(["A"], 6.0, hours=missing(11, 12)))
    ingest_file("T", energy.encode(), "energy.csv", mode=WriteMode.SAFE, now=NOW)
    settle()
    asks = (
        "SELECT coverage_pct::float8, loss_pct_raw::float8, loss_pct_adj::float8, reads_received, reads_estimated"
        " FROM v_gl_feeder_interval WHERE read_at = '2026-06-10 16:00+00'"
    )
    assert asked(asks) == [(75.0, 70.0, 60.0, 3, 0)]
    estimate()
    assert asked(asks) == [(75.0, 10.0, 10.0, 3, 1)]
    day = "SELECT coverage_pct::float8, loss_pct_adj::float8, reads_received, reads_estimated FROM v_gl_feeder_day"
    assert asked(f"{day} WHERE local_date = '{DAY}'") == [(97.92, 10.0, 94, 2)]
    overview = "SELECT coverage_pct::float8, estimated_pct::float8 FROM v_kpi_electric_overview_daily"
    assert asked(f"{overview} WHERE local_date = '{DAY}'") == [(97.92, 2.083)]


def test_estimates_alone_give_no_coverage_and_no_loss(tenant: str) -> None:
    """A file of which the utility estimated every read."""
    ends = [(MIDNIGHT + (hour + 1) * HOUR).isoformat() for hour in range(24)]
    energy = "feeder_id,read_at,kwh,interval_minutes\n" + "".join(f"F1,{end},10,60\n" for end in ends)
    load([(meter, end, kwh, "E") for meter, end, kwh, _ in day_rows(METERS)])
    ingest_file("T", energy.encode(), "energy.csv", mode=WriteMode.SAFE, now=NOW)
    asks = "SELECT coverage_pct::float8, loss_pct_adj, loss_status FROM v_gl_feeder_interval"
    assert set(asked(asks)) == {(0.0, None, "NO_READS")}


def test_a_fresh_day_and_a_row_level_load_count_estimates_alike(tenant: str) -> None:
    make_tenant("U")
    make_meters("U", METERS)
    mixed = [(m, end, kwh, "E" if (i * 7) % 3 == 0 else "A") for i, (m, end, kwh, _) in enumerate(day_rows(METERS))]
    load(mixed)
    for part in (mixed[5::2], mixed[:5], mixed[6::2]):
        load(part, tenant="U")
    for table in ("gl_feeder_interval", "gl_feeder_day", "gl_meter_day"):
        same = f"SELECT to_jsonb(t) - 'tenant_id' AS row FROM {table} AS t ORDER BY 1"
        assert asked(same) == asked(same, "U")
    assert rollups_hold()


def test_a_demo_days_random_gaps_are_filled_and_the_day_is_still_what_its_batch_says(database: Database) -> None:
    make_fleet()
    publish("T", window_start=MIDNIGHT, window_end=MIDNIGHT + 48 * HOUR, mode=WriteMode.SAFE, now=NOW, actor="test")
    rows = "SELECT count(*) FROM meter_reads_electric WHERE source = 'GL_EMULATOR' AND read_at <= '2026-06-11 04:00+00'"
    [(came,)] = asked(rows)
    result = estimate()
    assert came < 60 * 96
    assert result.counts["missing"] == 60 * 96 - came
    assert result.counts["estimated"] == result.methods["linear_interpolation"] > 0
    assert rollups_hold()
    with transaction("T") as connection:
        again = regenerate_feeder(connection, "T", DAY)
    assert (again.is_equal, again.reads > 0) == (True, True)


def test_tenants_are_apart(tenant: str) -> None:
    make_tenant("U")
    make_meters("U", METERS)
    load(day_rows(METERS, hours=missing(11)))
    settle()
    load(day_rows(METERS, hours=missing(11)), tenant="U")
    load(day_rows(METERS, days=1), tenant="U")
    estimate()
    assert asked("SELECT count(*) FROM meter_reads_electric WHERE quality_flags = 2", "U") == [(0,)]
    with pytest.raises(Conflict):
        estimate_missing("U", DAY + timedelta(days=1), now=NOW, actor="test")


def test_the_command_reports_for_people_and_as_json(tenant: str) -> None:
    load(day_rows(METERS, hours=missing(11)))
    settle()
    told = CliRunner().invoke(command, ["--tenant", "T", "--date", DAY.isoformat()])
    assert told.output.splitlines() == [
        "2026-06-10: 4 intervals of 4 meters were missing, 4 were estimated, 0 are zero by an outage",
        "  linear interpolation: 4",
    ]
    answer = json.loads(CliRunner().invoke(command, ["--tenant", "T", "--date", "2026-06-10", "--json"]).output)
    assert (answer["status"], answer["counts"]["missing"], answer["methods"]) == ("nothing_to_estimate", 0, {})
