"""The grid's figures against its rules: what opens, what stays, what closes, and what is said of it."""

from datetime import date, timedelta

import pytest

from domain.grid.advice.rules import figures
from domain.grid.advice.rules.figures import DeviceOutages, FeederCount, FeederLoss, ScoredMeter
from domain.grid.advice.rules.mapping import advice_of
from domain.grid.advice.rules.ruleset import SIGNAL_TYPES, ruleset_of, shipped
from domain.kernel.advice.episode import next_episode
from domain.kernel.advice.model import Evaluation, Severity, Verdict

RULES = ruleset_of(shipped().content)
DAY = date(2026, 11, 20)


def loss(*percent: float, usual: float | None = 4.0, mad: float | None = 0.5) -> Evaluation:
    days = [(DAY - timedelta(days=len(percent) - 1 - n), one) for n, one in enumerate(percent)]
    return figures.feeder_loss(FeederLoss("F1", days, usual, mad), RULES, DAY)


@pytest.mark.parametrize(
    ("percent", "verdict", "severity"),
    [
        ((4, 4, 4), "CLOSES", None),
        ((5.7, 5.7, 5.7), "STAYS", None),
        ((6.4, 6.4, 6.4), "OPENS", "LOW"),
        ((7.9, 7.9, 7.9), "OPENS", "MEDIUM"),
        ((10.0, 10.0, 10.0), "OPENS", "HIGH"),
        ((10.0, 10.0), "STAYS", None),
    ],
)
def test_a_feeders_loss_is_held_against_its_own_band(
    percent: tuple[float, ...], verdict: str, severity: str | None
) -> None:
    found = loss(*percent)
    assert (found.verdict, found.severity) == (Verdict(verdict), Severity(severity) if severity else None)


def test_a_feeder_without_history_says_nothing() -> None:
    assert loss(9, 9, 9, usual=None, mad=None).verdict is Verdict.STAYS


def test_a_feeder_that_never_moves_is_not_alarming_by_a_tenth_of_a_point() -> None:
    assert loss(4.1, 4.1, 4.1, mad=0.0).verdict is Verdict.CLOSES
    assert loss(5.6, 5.6, 5.6, mad=0.0).verdict is Verdict.OPENS


@pytest.mark.parametrize(
    ("k", "n", "verdict"),
    [(0, 0, "STAYS"), (100, 499, "STAYS"), (60, 500, "STAYS"), (80, 500, "OPENS"), (20, 500, "CLOSES")],
)
def test_missing_reads_are_judged_by_the_interval_and_closed_by_the_value(k: int, n: int, verdict: str) -> None:
    assert figures.comms_degraded(FeederCount("F1", k, n), RULES, DAY).verdict is Verdict(verdict)


def test_a_meters_reasons_become_codes_and_the_words_accuse_nobody() -> None:
    meter = ScoredMeter("M1", "F1", 81.24, 7, "s1", [("OWN_DROP", 50.0, "a"), ("PEER", 0.2, "b")], [])
    found = figures.meter_suspicion(meter, RULES, DAY)
    signal, _ = next_episode(None, found, "T")
    assert signal is not None
    (advice,) = advice_of(signal, found)
    assert (advice.reasons, advice.opens, advice.severity) == (("OWN_DROP",), "inspection_case", Severity.MEDIUM)
    assert "no accusation" in advice.message


@pytest.mark.parametrize(("count", "verdict"), [(0, "CLOSES"), (1, "CLOSES"), (2, "STAYS"), (3, "OPENS")])
def test_a_device_of_three_outages_is_worth_a_look(count: int, verdict: str) -> None:
    outages = [(f"o{n}", "2026-11-01T00:00:00+00:00") for n in range(count)]
    found = figures.repeated_outages(DeviceOutages("D1", "F1", outages), RULES, DAY)
    assert found.verdict is Verdict(verdict)


def test_every_signal_has_a_suggestion_and_an_unknown_one_is_refused() -> None:
    found = {
        "FEEDER_LOSS": loss(10, 10, 10),
        "METER_SUSPICION": figures.meter_suspicion(ScoredMeter("M", "F", 99, 7, "s", [], []), RULES, DAY),
        "COMMS_DEGRADED": figures.comms_degraded(FeederCount("F", 900, 1000), RULES, DAY),
        "VOLTAGE_LOW": figures.voltage_low(FeederCount("F", 900, 1000), RULES, DAY),
        "REPEATED_OUTAGES": figures.repeated_outages(DeviceOutages("D", "F", [("o", "t")] * 9), RULES, DAY),
    }
    assert set(found) == set(SIGNAL_TYPES)
    for evaluation in found.values():
        signal, change = next_episode(None, evaluation, "T")
        assert change == "OPENED"
        assert signal is not None
        assert len(advice_of(signal, evaluation)) == 1
        assert evaluation.inputs_hash() == evaluation.inputs_hash()
    with pytest.raises(ValueError, match="nothing is suggested"):
        advice_of(
            next_episode(None, loss(10, 10, 10), "T")[0].__class__(  # type: ignore[union-attr]
                signal.signal_id,
                signal.about.__class__("grid", "OTHER", "x", "y"),
                1,
                "OPEN",
                Severity.LOW,
                "v",
                DAY,
                DAY,
            ),
            evaluation,
        )


@pytest.mark.parametrize(
    "change",
    [
        lambda rules: rules.pop(),
        lambda rules: rules.append(rules[0]),
        lambda rules: rules[0].update(closes_at=99),
        lambda rules: rules[0].update(min_n=True),
        lambda rules: rules[0]["severity"].update(LOW=1),
        lambda rules: rules[0].pop("unit"),
    ],
)
def test_a_ruleset_that_contradicts_itself_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    import copy

    content = copy.deepcopy(dict(shipped().content))
    change(content["rules"])
    with pytest.raises((ValueError, KeyError)):
        ruleset_of(content)
