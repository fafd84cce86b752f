"""Estimates of restoration: parts that add up, order that makes sense, and 90 % that are 90 %."""

import random
from datetime import UTC, datetime, timedelta
from statistics import mean

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.grid.outages.rules.conformal import NO_CORRECTION, ClosedEstimate, learn_correction
from domain.grid.outages.rules.etr import DEFAULT, EtrSettings, Work, estimate, expected_search_min, settings_of
from domain.grid.outages.rules.etr_accuracy import estimate_accuracy
from domain.kernel.canonical import content_hash

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def test_parts_add_up_to_the_median() -> None:
    got = estimate(Work("fuse", zones=((0.6, 20.0), (0.4, 30.0)), travel_min=18.0))
    assert got.parts == {"dispatch": 12.0, "travel": 18.0, "search": 20.0, "repair": 100.0}
    assert got.p50_min == pytest.approx(sum(got.parts.values()))
    assert got.p90_min > got.p50_min
    assert got.correction == NO_CORRECTION


def test_the_search_follows_the_order_of_the_patrol() -> None:
    assert expected_search_min([(0.6, 20.0), (0.4, 30.0)]) == pytest.approx(0.6 * 10 + 0.4 * (20 + 15))
    assert expected_search_min([(0.3, 20.0), (0.2, 30.0)]) == pytest.approx(0.6 * 10 + 0.4 * (20 + 15))
    assert expected_search_min([]) == 0.0


def test_what_is_done_costs_nothing_more() -> None:
    ahead = estimate(Work("fuse"))
    on_site = estimate(Work("fuse", dispatch_min=0, travel_min=0))
    found = estimate(Work("fuse", dispatch_min=0, travel_min=0, is_found=True))
    assert ahead.p50_min > on_site.p50_min > found.p50_min
    begun = estimate(Work("fuse", dispatch_min=0, travel_min=0, is_found=True, worked_min=60))
    assert begun.p50_min < found.p50_min
    # Who has worked far longer than usual will not be done at once.
    late = estimate(Work("fuse", dispatch_min=0, travel_min=0, is_found=True, worked_min=400))
    assert late.p50_min > begun.p50_min
    longer = [
        estimate(Work("fuse", dispatch_min=0, travel_min=0, is_found=True, worked_min=m)).p50_min
        for m in (400, 4_000, 40_000, 4e7)
    ]
    assert longer == sorted(longer)
    assert longer[1] > 100


def test_night_storm_and_cause_lengthen_the_repair() -> None:
    usual = estimate(Work("fuse")).p50_min
    assert estimate(Work("fuse", is_night=True)).p50_min > usual
    assert estimate(Work("fuse", is_storm=True)).p50_min > usual
    assert estimate(Work("fuse", cause="cable_fault")).p50_min > estimate(Work("fuse", is_storm=True)).p50_min
    assert estimate(Work("martian_device")).p50_min > 0


def _closed(chance: random.Random, number: int, level: str) -> tuple[Work, float]:
    """An outage of a utility that is slower and less regular than the start values say."""
    work = Work(
        level,
        travel_min=chance.uniform(5, 45),
        zones=tuple((p, chance.uniform(5, 40)) for p in (0.5, 0.3, 0.2)),
        is_storm=number % 3 == 0,
    )
    said = estimate(work)
    return work, said.p50_min * chance.lognormvariate(0.25, 0.75)


@pytest.mark.parametrize("seed", range(5))
def test_p90_holds_for_ninety_in_a_hundred_after_correction(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    history = []
    for number in range(1000):
        work, actual = _closed(chance, number, "fuse")
        said = estimate(work)
        at = NOW - timedelta(minutes=number)
        history.append(ClosedEstimate(f"O{number}", at, "fuse", said.p50_min, said.p90_min, actual))
    correction = learn_correction(history, "fuse", NOW)
    assert (correction.n, correction.level) == (1000, "fuse")
    later = [_closed(chance, number, "fuse") for number in range(4000)]
    within = mean(actual <= estimate(work, correction=correction).p90_min for work, actual in later)
    before = mean(actual <= estimate(work).p90_min for work, actual in later)
    half = mean(actual <= estimate(work, correction=correction).p50_min for work, actual in later)
    assert 0.88 <= within <= 0.92
    assert before < 0.88
    assert 0.47 <= half <= 0.53


def test_too_few_closed_outages_correct_nothing_and_another_level_helps_out() -> None:
    few = [ClosedEstimate(f"O{n}", NOW, "fuse", 100.0, 200.0, 300.0) for n in range(29)]
    assert learn_correction(few, "fuse", NOW) == NO_CORRECTION
    more = [*few, ClosedEstimate("R", NOW, "recloser", 100.0, 200.0, 300.0)]
    assert learn_correction(more, "fuse", NOW).level is None
    assert learn_correction(more, "fuse", NOW).p90_factor == pytest.approx(1.5)
    assert learn_correction(more, "fuse", NOW - timedelta(minutes=1)) == NO_CORRECTION  # not yet closed


def test_errors_are_tracked_by_side() -> None:
    pairs = [(NOW + timedelta(minutes=m), NOW) for m in (-40, -10, 0, 31, 90)]
    got = estimate_accuracy([*pairs, (None, NOW), (NOW, None)])
    assert (got.n, got.within_30_share, got.restored_earlier, got.restored_later) == (5, 0.4, 1, 2)
    assert got.mae_min == pytest.approx(34.2)


def test_settings_have_a_hash_of_their_own() -> None:
    assert content_hash(settings_of()) != content_hash(settings_of(EtrSettings(storm_factor=2.0)))
    assert settings_of()["version"] == DEFAULT.version


@example("fuse", 5e-324, [], False)
@example("fuse", 1e5, [], True)
@given(
    st.sampled_from(["xfmr_fuse", "fuse", "recloser", "breaker", "?"]),
    st.floats(0, 1e5),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 500)), max_size=6),
    st.booleans(),
)
def test_estimates_are_finite_and_in_order(
    level: str, worked: float, zones: list[tuple[float, float]], found: bool
) -> None:
    got = estimate(Work(level, zones=tuple(zones), worked_min=worked, is_found=found))
    assert 0 < got.p50_min <= got.p90_min < 1e9
