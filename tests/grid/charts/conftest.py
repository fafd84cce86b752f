"""One of every chart of the grid room, from rows that are made here, with the longest names that may come."""

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.grid.metering.charts.coverage import coverage_by_hour
from domain.grid.metering.charts.energy import delivered_and_metered, waterfall
from domain.grid.metering.charts.feeders import loss_by_feeder
from domain.grid.metering.charts.loss import loss_over_time
from domain.grid.metering.charts.meter_hours import carpet, voltage_against_energy
from domain.grid.metering.charts.meters import meter_days, reasons_by_meter
from domain.grid.metering.charts.outcomes import before_during_after
from domain.grid.metering.charts.voltage import VoltagePoint, voltage_over_time
from domain.grid.metering.rules.meter_hours import MeterHour, habit_of
from domain.grid.metering.rules.series import (
    CoverageHour,
    EventWindow,
    FeederLoss,
    LossInterval,
    MeterDay,
    Outcome,
    Reason,
    SuspiciousMeter,
)
from domain.grid.network.charts.map import network_map
from domain.grid.network.rules.geometry import MapEdge, MapSite
from domain.kernel.charts.chart import Chart

ZONE = ZoneInfo("America/New_York")
START = datetime(2026, 11, 19, 5, tzinfo=UTC)
THEFT = EventWindow("t", "theft", "FEEDER_7", 0.5, START + timedelta(hours=14), START + timedelta(hours=18), 6.0)
COMMS = EventWindow("c", "comms_outage", "FEEDER_7", 0.3, START + timedelta(hours=20), START + timedelta(hours=22), 0.0)
EVENTS = (THEFT, COMMS)
LONG = "Nordwest-Umspannwerk-Feeder-17b"


def intervals(missing: range = range(30, 34)) -> list[LossInterval]:
    """A day of quarter hours with a theft, a comms outage and a hole."""
    found = []
    for number in range(96):
        if number in missing:
            continue
        end = START + timedelta(minutes=15 * (number + 1))
        start = end - timedelta(minutes=15)
        technical, delivered = 4.5 + 0.8 * math.sin(number / 15), 400 + 100 * math.sin(number / 12)
        stolen = 6.0 if THEFT.starts_at <= start < THEFT.ends_at else 0.0
        coverage = 70.0 if COMMS.starts_at <= start < COMMS.ends_at else 99.6
        corrected = delivered * (1 - (technical + stolen) / 100)
        read = corrected * coverage / 100
        found.append(
            LossInterval(
                end,
                15,
                delivered,
                read,
                corrected,
                delivered * technical / 100,
                technical,
                100 * (delivered - read) / delivered,
                technical + stolen,
                coverage,
                "OK",
                delivered * stolen / 100 if stolen else None,
            )
        )
    return found


def feeders(name: str = "FEEDER") -> list[FeederLoss]:
    """Seven feeders with a loss, one without."""
    known = [FeederLoss(f"{name}_{n}", 4 + 0.7 * n + 6 * (n == 7), 4.2 + 0.7 * n, 99.0) for n in range(1, 8)]
    return [*known, FeederLoss(f"{name}_8", None, None, 41.0, "INSUFFICIENT_COVERAGE")]


def outcome(kind: str = "theft", observed: float | None = 6.1, **more: object) -> Outcome:
    """One event's outcome; what is not said is that of a theft as expected."""
    facts = {
        "event_id": "t",
        "kind": kind,
        "severity": 0.5,
        "feeder_id": "FEEDER_7",
        "kpi": "loss_pct_adj",
        "unit": "pp",
        "starts_at": THEFT.starts_at,
        "ends_at": THEFT.ends_at,
        "expected": 6.0,
        "observed": observed,
        "tolerance": 0.5,
        "intervals": 16,
        "before": 4.4,
        "during": 10.5,
        "after": 4.3,
    }
    return Outcome(**facts | more)  # type: ignore[arg-type]


def suspicious() -> list[SuspiciousMeter]:
    """Five meters; the last has a suppressor."""
    reasons = (Reason("own", 50.0, "Used less."), Reason("volt", 20.5, "Sags."), Reason("loss_attrib", -2.5, "Moves."))
    return [
        SuspiciousMeter(f"M{n:06d}", "FEEDER_7", 68.0 - n, n, 0.9, 12.0, reasons, ("pv",) if n == 5 else ())
        for n in range(1, 6)
    ]


def days() -> list[MeterDay]:
    """Three weeks, one day of them without reads."""
    return [
        MeterDay(date(2026, 11, 1) + timedelta(days=n), None if n == 9 else 20.0 - n / 3, 19.0, 0 if n == 9 else 96, 96)
        for n in range(21)
    ]


def voltages() -> list[VoltagePoint]:
    """Two days of quarter hours; a stretch without voltage."""
    return [
        VoltagePoint(
            START + timedelta(minutes=15 * (n + 1)), 15, 0.3, None if 40 <= n < 50 else 121 + math.sin(n / 9), 121.4
        )
        for n in range(192)
    ]


def hours(days: int, missing_v: float = 0.0, hidden: float = 1.0) -> list[MeterHour]:
    """Hours whose voltage falls 0.8 V a kWh used; `hidden` of it is read, and a hole stands in the second day."""
    found = []
    for n in range(24 * days):
        used = 0.6 + 0.5 * math.sin(n / 24 * 2 * math.pi) + 0.05 * (n % 7)
        apart = -0.8 * used - missing_v + 0.04 * math.sin(n * 1.7)
        if not 30 <= n < 34:
            found.append(MeterHour(START + timedelta(hours=n), hidden * used, 120.5 + apart, 120.5))
    return found


def judged(meter_id: str = "M000001") -> Chart:
    """Two days of which 70 % of the energy is not read, after fourteen honest ones."""
    habit = habit_of(hours(14))
    assert habit is not None
    return voltage_against_energy(meter_id, hours(2, hidden=0.3), habit, ZONE)


def edges() -> list[MapEdge]:
    """A star of twelve lines, one of them an open tie."""
    return [
        MapEdge(f"F{n % 3}", (48.0, 11.0), (48.0 + 0.01 * n, 11.0 + 0.02 * math.cos(n)), n == 5, n % 2 == 0, 100.0 * n)
        for n in range(1, 13)
    ]


def every_chart(feeder: str = "FEEDER_7") -> list[Chart]:
    """One of each."""
    points = intervals()
    return [
        loss_over_time(feeder, points, EVENTS, ZONE, "Source"),
        before_during_after([outcome(), outcome("comms_outage", None), outcome(observed=9.0)], ZONE, "Source"),
        loss_by_feeder(feeders(feeder), "last hour"),
        delivered_and_metered(feeder, points, EVENTS, ZONE),
        waterfall(feeder, points, ZONE),
        coverage_by_hour(
            [CoverageHour(feeder, START + timedelta(hours=h), 100.0 - 2 * h, 90, 96) for h in range(24)], ZONE
        ),
        reasons_by_meter(suspicious(), "Thu 19 Nov", "Source"),
        meter_days("M000001", days(), EVENTS, ZONE),
        voltage_over_time("M000001", voltages(), EVENTS, ZONE),
        judged(feeder),
        carpet(feeder, hours(28), ZONE),
        network_map(edges(), [MapSite("Substation", (48.0, 11.0))], "F1", "Three feeders"),
    ]


@pytest.fixture(params=range(12), ids=lambda n: every_chart()[n].name.lower())
def chart(request: pytest.FixtureRequest) -> Chart:
    return every_chart()[request.param]


@pytest.fixture(params=range(12), ids=lambda n: every_chart()[n].name.lower())
def chart_with_long_names(request: pytest.FixtureRequest) -> Chart:
    return every_chart(LONG)[request.param]
