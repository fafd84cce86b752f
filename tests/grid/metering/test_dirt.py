"""What the emulator gets wrong on purpose: how often, how it is shown, and that nothing of it depends on the asker."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cli.grid.faults import faults
from domain.grid.metering.observe.faults import rates_of, set_rates
from domain.grid.metering.observe.publish import publish
from domain.grid.metering.rules.chance import stream_key
from domain.grid.metering.rules.dirt import CLEAN, Dirt, DirtRates, soil
from domain.grid.metering.rules.emulator import emulate_feeder, truth_of
from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.fleet import SLOT_US, Fleet, slot_starts
from domain.grid.metering.store.fleet import load_fleet
from domain.kernel.db import transaction
from domain.kernel.errors import Forbidden, Invalid
from domain.kernel.settings import WriteMode
from domain.kernel.tenancy import load_tenant
from tests.conftest import Database
from tests.makers import make_fleet, make_tenant

HOUR_US = 3_600_000_000
KEYS = np.array([stream_key("T", 0, f"M{number}") for number in range(2000)], dtype=np.uint64)
ENDS = np.arange(1, 97, dtype=np.int64) * SLOT_US + 20_000 * 86_400_000_000
DAYS = np.full(96, 20_000, dtype=np.int64)
NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def soiled(rates: DirtRates) -> Dirt:
    return soil(KEYS, ENDS, SLOT_US, DAYS, rates)


def share(rates: DirtRates, flag: Flag) -> float:
    return float((soiled(rates).flags & int(flag) > 0).mean())


@pytest.mark.parametrize(
    ("fault", "rate", "found"),
    [
        ("missing", 0.02, lambda rates: soiled(rates).lost.mean()),
        ("spike", 0.02, lambda rates: share(rates, Flag.SPIKE)),
        ("stuck_per_month", 0.05, lambda rates: share(rates, Flag.ZERO)),
        ("drifting", 0.05, lambda rates: share(rates, Flag.DRIFT)),
        ("late", 0.05, lambda rates: share(rates, Flag.LATE)),
        ("repeated", 0.02, lambda rates: soiled(rates).repeated.mean()),
        ("disputed", 0.02, lambda rates: share(rates, Flag.CONFLICT)),
    ],
)
def test_each_fault_comes_at_its_rate_and_alone(fault: str, rate: float, found) -> None:  # type: ignore[no-untyped-def]
    assert found(replace(CLEAN, **{fault: rate})) == pytest.approx(rate, rel=0.25)
    assert found(replace(DirtRates(), **{fault: 0.0}, collector_gap_per_day=0.0)) == 0.0


def test_a_perfect_head_end_loses_delays_and_doubts_nothing() -> None:
    clean = soiled(CLEAN)
    assert not (clean.lost | clean.repeated | clean.disputed).any()
    assert not clean.flags.any()
    assert (clean.factor == 1.0).all()
    assert set(vars(CLEAN).values()) == {0.0}
    assert len(fields(DirtRates)) == len(vars(CLEAN))


def test_half_arrive_within_six_minutes_and_a_twentieth_after_four_hours_none_after_a_day() -> None:
    dirt = soiled(replace(DirtRates(), collector_gap_per_day=0.0))
    assert np.median(dirt.delay_us) == pytest.approx(HOUR_US / 10, rel=0.02)
    assert (dirt.delay_us > 4 * HOUR_US).mean() == pytest.approx(0.05, abs=0.003)
    assert ((dirt.flags & int(Flag.LATE) > 0) == (dirt.delay_us > 4 * HOUR_US)).all()
    assert 0 < dirt.delay_us.min() < dirt.delay_us.max() <= 24 * HOUR_US


def test_one_fault_more_moves_no_other() -> None:
    plain, more = soiled(DirtRates()), soiled(replace(DirtRates(), repeated=0.1, late=0.2))
    assert (plain.lost == more.lost).all()
    assert (plain.factor == more.factor).all()


@pytest.fixture
def fleet(database: Database) -> Fleet:
    make_fleet("T", feeders=2, meters_per_feeder=150)
    with transaction("T") as connection:
        return load_fleet(connection, load_tenant(connection))


def test_any_quarter_hour_alone_is_the_same_to_the_last_bit(fleet: Fleet) -> None:
    slots = slot_starts(datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC))
    assert len(slots) == 92
    for feeder in fleet.feeders:
        whole = truth_of(fleet, feeder, slots, [], seed=3)
        reads = emulate_feeder(fleet, feeder, slots, [], seed=3, interval_minutes=15, rates=DirtRates()).reads
        for at in np.random.default_rng(1).permutation(len(slots))[:20].tolist():
            alone = truth_of(fleet, feeder, slots[at : at + 1], [], seed=3)
            assert (alone.used_dwh[:, 0] == whole.used_dwh[:, at]).all()
            assert (alone.volts[:, 0] == whole.volts[:, at]).all()
            assert alone.delivered_dwh[0] == whole.delivered_dwh[at]
            one = emulate_feeder(
                fleet, feeder, slots[at : at + 1], [], seed=3, interval_minutes=15, rates=DirtRates()
            ).reads
            same = reads.take(np.flatnonzero(reads.read_at == slots[at] + SLOT_US))
            for column in ("meter", "kwh", "voltage", "flags", "arrived_at"):
                assert (getattr(one, column) == getattr(same, column)).all()


def test_what_comes_twice_is_stored_once_and_a_second_value_is_kept_beside_it(database: Database) -> None:
    make_fleet("T")
    rates = replace(CLEAN, repeated=0.1, disputed=0.1)

    def again(mode: WriteMode) -> dict[str, int]:
        window = {"window_start": NOON - timedelta(hours=3), "window_end": NOON}
        return publish("T", **window, mode=mode, now=NOON, actor="test", rates=rates).counts  # type: ignore[arg-type]

    counts = again(WriteMode.SAFE)
    assert counts["reads"] == counts["inserted"] == 60 * 12
    assert counts["duplicates"] > 30
    assert counts["conflicts"] > 30
    beside = text(
        "SELECT count(*), bool_and(v.kwh <> r.kwh), bool_and(r.quality_flags & 4096 > 0)"
        " FROM meter_read_versions AS v JOIN meter_reads_electric AS r USING (tenant_id, meter_id, read_at)"
        " WHERE v.kind = 'conflict'"
    )
    with transaction("T") as connection:
        first = connection.execute(beside).one()
    assert tuple(first) == (counts["conflicts"], True, True)
    again(WriteMode.UPSERT)
    with transaction("T") as connection:
        assert connection.execute(beside).one() == first


def test_a_tenants_own_rates_hold_from_now_on_and_stand_with_the_load(database: Database) -> None:
    make_fleet("T")
    assert set_rates("T", {"missing": 0.5}, now=NOON, actor="test") == replace(DirtRates(), missing=0.5)
    assert set_rates("T", {"late": 0.0}, now=NOON, actor="test") == replace(DirtRates(), missing=0.5, late=0.0)
    half = publish("T", window_end=NOON, mode=WriteMode.SAFE, now=NOON, actor="test").counts
    assert 15 < half["missing"] < 45
    set_rates("T", {}, start_from=CLEAN, now=NOON, actor="test")
    later = NOON + timedelta(minutes=15)
    whole = publish("T", window_end=later, mode=WriteMode.SAFE, now=later, actor="test").counts
    assert (whole["reads"], whole["missing"]) == (60, 0)
    with transaction("T") as connection:
        missing = text("SELECT made_from->'rates'->0 FROM read_batches ORDER BY window_end")
        assert list(connection.execute(missing).scalars()) == [0.5, 0.0]
        told = connection.execute(text("SELECT count(*) FROM events WHERE event_type = 'grid.ami.faults.set'")).scalar()
    assert told == 3


@pytest.mark.parametrize("changes", [{"mising": 0.1}, {"missing": 1.1}, {"missing": float("nan")}, {"late": 0.5}])
def test_a_rate_that_makes_no_sense_is_refused_and_nothing_is_set(
    database: Database, changes: dict[str, float]
) -> None:
    make_fleet("T")
    with pytest.raises(Invalid, match="nothing was set"):
        set_rates("T", changes, now=NOON, actor="test")
    with transaction("T") as connection:
        assert rates_of(connection) == DirtRates()


def test_a_real_utility_has_no_rates_of_faults(database: Database) -> None:
    make_tenant("REAL", is_demo=False)
    with pytest.raises(Forbidden, match="not marked as a demo tenant"):
        set_rates("REAL", {"missing": 0.1}, now=NOON, actor="test")


def test_the_command_shows_and_sets_rates(database: Database) -> None:
    make_fleet("T")
    shown = CliRunner().invoke(faults, ["--tenant", "T", "--perfect", "--set", "spike=0.01", "--json"])
    assert json.loads(shown.stdout) == {"tenant_id": "T", "rates": vars(replace(CLEAN, spike=0.01))}
    assert "missing                        0   set" in CliRunner().invoke(faults, ["--tenant", "T"]).stdout
    usual = CliRunner().invoke(faults, ["--tenant", "T", "--usual", "--json"])
    assert json.loads(usual.stdout)["rates"] == vars(DirtRates())
    wrong = CliRunner().invoke(faults, ["--tenant", "T", "--set", "spike"])
    assert "is not NAME=SHARE" in str(wrong.exception)
