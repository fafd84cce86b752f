"""FireMode's findings against its rules: what opens, what stays, what closes, and what is said of it."""

from datetime import date, timedelta

import pytest

from domain.kernel.advice.episode import next_episode
from domain.kernel.advice.model import Evaluation, Severity, Verdict
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from domain.stairs.rules.advice import figures
from domain.stairs.rules.advice.figures import FaultsOfPlace, Instrument, Mismatches, PointTrend
from domain.stairs.rules.advice.mapping import advice_of
from domain.stairs.rules.advice.ruleset import SIGNAL_TYPES, ruleset_of, shipped
from domain.stairs.rules.trend import Forecast
from domain.stairs.suggest.advice import notice
from tests.conftest import Database
from tests.makers import make_tenant

RULES = ruleset_of(shipped().content)
DAY = date(2026, 11, 20)


def trend(days: int | None, results: int = 4) -> Evaluation:
    at = None if days is None else DAY + timedelta(days=days)
    told = None if at is None else Forecast(-2.5, 20.0, at, at, None, False, None, ())
    measured = [(DAY - timedelta(days=30 * n), 30.0 + n) for n in range(results)]
    return figures.trend_to_limit(PointTrend("s/p", "L1 of North", "Pa", measured, told), RULES, DAY)


@pytest.mark.parametrize(
    ("days", "verdict", "severity"),
    [(600, "CLOSES", None), (400, "STAYS", None), (365, "STAYS", None), (364, "OPENS", "LOW"), (90, "OPENS", "MEDIUM"),
     (30, "OPENS", "HIGH"), (None, "CLOSES", None)],
)  # fmt: skip
def test_a_trend_is_told_as_the_days_that_are_left(days: int | None, verdict: str, severity: str | None) -> None:
    found = trend(days)
    assert (found.verdict, found.severity) == (Verdict(verdict), Severity(severity) if severity else None)


def test_two_results_are_no_trend() -> None:
    assert trend(30, results=2).verdict is Verdict.STAYS
    assert trend(None, results=2).verdict is Verdict.STAYS


@pytest.mark.parametrize(
    ("days", "verdict", "severity"),
    [(61, "CLOSES", None), (60, "STAYS", None), (29, "OPENS", "LOW"), (6, "OPENS", "MEDIUM"), (-1, "OPENS", "HIGH"),
     (None, "OPENS", "HIGH")],
)  # fmt: skip
def test_a_calibration_is_due_before_it_ends(days: int | None, verdict: str, severity: str | None) -> None:
    ends = None if days is None else DAY + timedelta(days=days)
    found = figures.calibration_due(Instrument("i", "manometer (1)", ends), RULES, DAY)
    assert (found.verdict, found.severity) == (Verdict(verdict), Severity(severity) if severity else None)


def test_the_same_session_twice_is_no_repetition() -> None:
    once = FaultsOfPlace("p", "Door 1", "DF-01", [("s1", "2026-01-01"), ("s1", "2026-01-01")])
    assert figures.repeated_fault(once, RULES, DAY).verdict is Verdict.STAYS
    twice = FaultsOfPlace("p", "Door 1", "DF-01", [("s1", "2026-01-01"), ("s2", "2026-06-01")])
    assert figures.repeated_fault(twice, RULES, DAY).severity is Severity.LOW


def test_every_signal_has_a_suggestion() -> None:
    faults = FaultsOfPlace("p", "Door 1", "DF-01", [("s1", "2026-01-01"), ("s2", "2026-06-01")])
    mismatch = Mismatches("s", "North", "x", [{"code": "C", "text": "t"}])
    found = [
        trend(30),
        figures.calibration_due(Instrument("i", "manometer (1)", DAY), RULES, DAY),
        figures.repeated_fault(faults, RULES, DAY),
        figures.physics_mismatch(mismatch, RULES, DAY),
    ]
    assert {one.about.signal_type for one in found} == set(SIGNAL_TYPES)
    for evaluation in found:
        signal, change = next_episode(None, evaluation, "T")
        assert change == "OPENED"
        assert signal is not None
        (advice,) = advice_of(signal, evaluation)
        assert advice.opens == "work_item"
        assert advice.message.endswith(".")


def test_a_tenant_without_a_building_has_nothing_to_notice(database: Database) -> None:
    make_tenant("T")
    with transaction("T", DbRole.MACHINE) as connection:
        assert notice(connection, iter(()), DAY)["evaluations"] == 0
