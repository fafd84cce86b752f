"""The replay of an outage: figures by hand, the same bytes in any order, nothing from later, never too large."""

import json
import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.grid.outages.rules.milestones import CODES
from domain.grid.outages.rules.replay import summarise
from domain.grid.outages.rules.replay_facts import (
    GivenEtr,
    Impact,
    OutageRecord,
    Plan,
    Recorded,
    ReplayFacts,
    ReplaySettings,
    RestoredGroup,
    Truth,
    settings_of,
)
from domain.grid.outages.rules.replay_narrative import lasting, local_time
from domain.grid.outages.rules.replay_size import size_of
from domain.grid.outages.rules.summary import ReplaySummary
from domain.kernel.advisory import SENTENCES
from domain.kernel.canonical import canonical_json, content_hash
from domain.kernel.errors import Invalid, TooLarge
from tests.grid.outages.stories import SERVED, START, STEPS, at, map_edges, meters, option, story, zones

COMMANDS = ("open ", "close ", "operate ", "trip ", "execute ", "switch ")


def summary(**more: Any) -> ReplaySummary:
    return summarise(story(**more))


def test_the_figures_of_the_story_are_those_made_by_hand() -> None:
    told = summary()
    cmi = sum(count * minutes for count, minutes in STEPS)
    assert cmi == 60_077
    assert told.reliability.cmi == pytest.approx(cmi, abs=1e-9)
    assert told.reliability.customers_interrupted == 412
    assert told.reliability.momentary_customers == 37
    assert told.reliability.saidi_min == pytest.approx(cmi / SERVED, abs=1e-9)
    assert told.reliability.saifi == pytest.approx(412 / SERVED, abs=1e-12)
    assert told.reliability.asai == pytest.approx(1 - cmi / (SERVED * 2 * 1440), abs=1e-12)
    assert told.reliability.day == "2026-07-13"  # the local day of its begin
    assert told.reliability.saidi_day_min == pytest.approx(cmi / SERVED + 0.894)
    assert told.outage.customers_out_peak == 412
    assert [point.customers_out for point in told.curve] == [412, 271, 153, 66, 0]
    assert told.metrics["detection_lead_min"] == pytest.approx(4.8)
    assert told.metrics["repair_min"] == pytest.approx(208 - 61.5)
    assert [line.error_min for line in told.etr] == [38.0, 18.0, -9.0]
    assert told.metrics["etr_mae_min"] == pytest.approx(21.667)
    assert told.ranking_quality.rank_of_true_zone == 1
    assert told.ranking_quality.log_score == pytest.approx(math.log(0.612), abs=1e-9)
    brier = (1 - 0.612) ** 2 + 0.214**2 + 0.098**2 + 0.051**2 + 0.025**2
    assert told.ranking_quality.brier == pytest.approx(brier, abs=1e-9)
    first = told.counterfactual[0]
    saved = 141 * (96 - 57.1) + 118 * (152 - 58.1)
    assert first.delta_cmi == pytest.approx(-saved, abs=1e-6)
    assert told.reliability.is_short_history
    assert told.reliability.tmed_days == 610
    assert told.advisory == list(SENTENCES)


def test_every_milestone_is_there_and_what_is_missing_is_said() -> None:
    told = summary()
    by_code = {one.code: one for one in told.milestones}
    assert set(CODES) <= set(by_code)
    assert by_code["isolated"].quality == "missing"
    assert by_code["isolated"].at is None
    assert told.data_quality["missing_milestones"] == 1
    assert by_code["first_restoration"].label == "First 141 customers restored"
    assert by_code["restoration_step_3"].minutes_from_start == 171
    assert by_code["arrived"].quality == "reported"
    assert by_code["last_restoration"].quality == "derived"
    empty = summary(recorded=(), impacts=(), outage=replace(story().outage, restored_at=None))
    assert all(one.quality == "missing" for one in empty.milestones)
    assert (empty.reliability.cmi, empty.reliability.caidi_min, empty.curve) == (0, None, [])


def test_the_timeline_has_at_most_twenty_rows_in_order() -> None:
    scattered = tuple(Impact(f"M{n}", START, at(20 + 7 * n)) for n in range(30))
    told = summary(impacts=scattered)
    assert len(told.timeline) == 20
    assert [row["at"] for row in told.timeline] == sorted(row["at"] for row in told.timeline)
    assert "Last customers restored" in [row["label"] for row in told.timeline]
    assert len(summary().timeline) <= 20


def test_the_words_are_few_and_never_command() -> None:
    told = summary()
    executive = told.narrative["executive"]
    assert len(executive.split()) <= 150
    assert "412 customers of Providence 7" in executive
    assert "On 13 July 2026 at 21:12 EDT" in executive
    assert "could have saved 16,565 customer-minutes (between 13,577 and 19,553)" in executive
    for text in told.narrative.values():
        for sentence in text.split(". "):
            assert not sentence.lower().startswith(COMMANDS)
    wordy = summary(outage=replace(story().outage, feeder_name="North " * 140))
    assert len(wordy.narrative["executive"].split()) <= 150
    assert local_time("2026-01-02T03:04:00Z", "UTC") == "2 January 2026 at 03:04 UTC"
    assert (lasting(1), lasting(59.4), lasting(60), lasting(208)) == (
        "1 minute",
        "59 minutes",
        "1 h 00 min",
        "3 h 28 min",
    )


def test_nothing_after_as_of_is_told() -> None:
    told = summary(as_of=at(100))
    assert told.outage.restored_at is None
    assert told.reliability.cmi == pytest.approx(141 * 96 + 271 * 100)
    assert told.metrics["restoration_min"] is None
    assert told.metrics["customers_still_out"] == 271
    assert all(line.error_min is None for line in told.etr)
    assert len(told.etr) == 2
    assert {one.code for one in told.milestones if one.quality != "missing"}.isdisjoint({"closed", "last_restoration"})
    assert "Supply is not back for all yet" in told.narrative["executive"]
    signed_later = story().approvals[0].model_copy(update={"at": "2026-07-20T00:00:00Z", "act": "replay.approve"})
    signed = summary(approvals=(*story().approvals, signed_later))
    assert signed.timeline == summary().timeline
    assert len(signed.provenance.approvals) == 2
    later = replace(story(), impacts=(*story().impacts, Impact("LATE", at(101), at(102))), as_of=at(100))
    assert summarise(later) == told
    with pytest.raises(Invalid, match="before the outage began"):
        summary(as_of=at(-1))


def test_settings_of_the_tenant_must_make_sense() -> None:
    with pytest.raises(Invalid, match="is not a time zone"):
        summary(outage=replace(story().outage, timezone="Mars/Olympus"))
    with pytest.raises(Invalid, match="No customers are served"):
        summary(outage=replace(story().outage, customers_served=0))
    told = summarise(story(), ReplaySettings(cost_per_kwh=2.5, cost_currency="USD"))
    assert told.reliability.cost == pytest.approx(2.5 * told.reliability.kwh_not_served, abs=0.01)
    assert "2.5 USD per kWh" in " ".join(told.assumptions)
    assert settings_of()["version"] == "after-action-replay/1"


def test_a_major_event_day_is_one_against_the_history_before_it() -> None:
    quiet = {date(2026, 7, 13) - timedelta(days=n): 0.01 + 0.001 * (n % 7) for n in range(1, 2000)}
    told = summary(saidi_by_day=quiet)
    assert told.reliability.is_major_event_day
    assert not told.reliability.is_short_history
    assert "major event day" in told.narrative["executive"]
    assert summary(saidi_by_day={}).reliability.is_major_event_day is None


def test_a_wrong_ranking_is_told_honestly() -> None:
    told = summary(truth=Truth("FU-9", "Z-ELSEWHERE"))
    assert told.ranking_quality.rank_of_true_zone is None
    assert told.ranking_quality.posterior_at_truth == 0
    assert told.ranking_quality.log_score == pytest.approx(math.log(1e-9), abs=1e-6)
    assert "had not been ranked" in told.narrative["executive"]
    assert summary(truth=None).ranking_quality.brier is None


def test_the_replay_stays_below_its_largest_size() -> None:
    many = story(
        as_of=at(600),
        impacts=tuple(Impact(f"M{n:05d}", START, at(10 + n / 40)) for n in range(20_000)),
        zones=tuple(
            zone.model_copy(update={"zone_id": f"Z{n:04d}", "rank": n, "explanation": "Because of the wind. " * 20})
            for n, zone in enumerate(zones() * 60, start=1)
        ),
        options=tuple(option(f"O{n:03d}", n, "x", "Consider this. " * 200, steps=[{"text": "x" * 500}] * 30)
                      for n in range(1, 80)),
        map_edges=tuple(edge.model_copy(update={"edge_id": f"E{n}"}) for n, edge in enumerate(map_edges() * 500)),
    )  # fmt: skip
    told = summarise(many)
    assert size_of(told) <= 200_000
    assert "lines of the map" in str(told.data_quality["left_out"])
    assert told.curve[-1].customers_out == 0
    assert told.outage.customers_out_peak == 20_000
    with pytest.raises(TooLarge):
        summary(outage=replace(story().outage, feeder_name="x" * 250_000))


def _shuffled(facts: ReplayFacts, chance: random.Random) -> ReplayFacts:
    lists = ("impacts", "recorded", "runs", "zones", "options", "rejected_options", "crews", "plans", "etrs")
    lists += ("approvals", "feedback", "assumptions", "map_edges")
    mixed = {name: tuple(chance.sample(getattr(facts, name), len(getattr(facts, name)))) for name in lists}
    for name in ("saidi_by_day", "evidence_counts", "data_quality"):
        items = list(getattr(facts, name).items())
        mixed[name] = dict(chance.sample(items, len(items)))  # type: ignore[assignment]
    return replace(facts, **mixed)


@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_facts_changes_no_byte(chance: random.Random) -> None:
    told = summary()
    again = summarise(_shuffled(story(), chance))
    assert canonical_json(again.model_dump(mode="json")) == canonical_json(told.model_dump(mode="json"))


def test_it_reads_back_as_it_was_written() -> None:
    told = summary()
    text = told.model_dump_json()
    assert ReplaySummary.model_validate_json(text) == told
    assert content_hash(json.loads(text)) == content_hash(told.model_dump(mode="json"))


MINUTES = st.floats(-10, 3000, allow_nan=False)
IMPACTS = st.lists(
    st.builds(
        lambda n, begin, length, critical, kw: Impact(
            f"M{n}", at(begin), None if length is None else at(begin + length), critical, kw
        ),
        st.integers(0, 30),
        MINUTES,
        st.none() | st.floats(0, 3000),
        st.booleans(),
        st.floats(0, 50),
    ),
    max_size=40,
).map(tuple)
PLANS = st.lists(
    st.builds(
        lambda n, members, minutes: Plan(f"OPT-{n}", (RestoredGroup(tuple(f"M{m}" for m in members), minutes),)),
        st.integers(1, 3),
        st.lists(st.integers(0, 30), max_size=10),
        st.floats(0, 500),
    ),
    max_size=3,
    unique_by=lambda plan: plan.option_id,
).map(tuple)
RECORDS = st.lists(
    st.builds(lambda code, minutes: Recorded(code, at(minutes), "x"), st.sampled_from([*CODES, "first_call"]), MINUTES),
    max_size=12,
).map(tuple)
ESTIMATES = st.lists(
    st.builds(lambda g, p, q: GivenEtr(at(g), at(g + p), at(g + p + q)), MINUTES, st.floats(0, 900), st.floats(0, 900)),
    max_size=4,
).map(tuple)


def _finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_finite(one) for one in value.values())
    if isinstance(value, list):
        return all(_finite(one) for one in value)
    return not isinstance(value, float) or math.isfinite(value)


@given(
    impacts=IMPACTS,
    plans=PLANS,
    recorded=RECORDS,
    etrs=ESTIMATES,
    as_of=st.floats(0, 4000),
    served=st.integers(31, 10**6),
    zone=st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    truth=st.none() | st.builds(Truth, st.none(), st.sampled_from(["Z-F07-014", "Z-F07-021", "Z-X"])),
)
@settings(max_examples=200, deadline=None)
def test_every_outage_makes_finite_and_consistent_figures(
    impacts: tuple[Impact, ...],
    plans: tuple[Plan, ...],
    recorded: tuple[Recorded, ...],
    etrs: tuple[GivenEtr, ...],
    as_of: float,
    served: int,
    zone: str,
    truth: Truth | None,
) -> None:
    begun = datetime(2026, 3, 8, 6, 30, tzinfo=UTC) if zone == "America/New_York" else START
    record = OutageRecord("O", "F", "Feeder", "D", "fuse", "OPEN", min(begun, START), served, zone)
    told = summary(
        impacts=impacts, plans=plans, recorded=recorded, etrs=etrs, as_of=at(as_of), outage=record, truth=truth
    )
    assert _finite(told.model_dump(mode="json"))
    assert size_of(told) <= 200_000
    indices = told.reliability
    if indices.caidi_min is None:
        assert indices.customers_interrupted == 0
    else:
        assert indices.caidi_min == pytest.approx(indices.saidi_min / indices.saifi, rel=1e-9)
    assert indices.saidi_min == pytest.approx(indices.cmi / served, rel=1e-9)
    assert 0 <= indices.asai <= 1
    assert 0 <= indices.saifi <= 1
    assert all(0 <= point.customers_out <= told.outage.customers_out_peak for point in told.curve)
    assert told.outage.customers_out_peak <= 31
    if told.curve:
        assert told.curve[-1].customers_out == told.metrics["customers_still_out"]
    for case in told.counterfactual:
        assert case.cmi == pytest.approx(indices.cmi + case.delta_cmi, abs=1e-6)
        assert case.delta_cmi_low <= case.delta_cmi + 1e-9
        assert case.delta_cmi <= case.delta_cmi_high + 1e-9 <= 1e-6
        assert case.regret_cmi == -case.delta_cmi
        assert case.is_feasible or case.why_not
    assert len(told.timeline) <= 20
    assert len(told.narrative["executive"].split()) <= 150


def test_meters_of_the_story_are_told_once() -> None:
    everyone = [meter for step in range(4) for meter in meters(step)]
    assert len(set(everyone)) == 412
