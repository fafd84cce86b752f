"""Promotion: each condition of the table by itself, merging, and keys that do not depend on order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.grid.outages.rules.promotion import (
    HOLD,
    MERGE,
    PROMOTE,
    REJECT,
    Decision,
    OpenOutage,
    PromotionSettings,
    Provisional,
    canonical_key,
    decide,
    decide_all,
)

AT = datetime(2026, 7, 14, 19, 2, tzinfo=UTC)
NOW = AT + timedelta(minutes=3)
SURE = Provisional("k1", "PROBABLE", 0.97, ("F1", "F2"), ("F1", "F2", "R1", "B1"), 5, frozenset({"meter"}), False, AT)


def failing(decision: Decision) -> list[str]:
    return [one.code for one in decision.conditions if not one.holds]


@pytest.mark.parametrize(
    ("change", "decision", "codes"),
    [
        ({}, PROMOTE, []),
        ({"status": "VERIFY"}, HOLD, ["a"]),
        ({"status": "CANDIDATE"}, HOLD, ["a"]),
        ({"status": "MOMENTARY"}, REJECT, ["a"]),
        ({"status": "COMMS", "explained_by": "collector:C7", "posterior": 0.0}, REJECT, ["a", "b", "e"]),
        ({"posterior": 0.9}, PROMOTE, []),
        ({"posterior": 0.8999}, HOLD, ["b"]),
        ({"posterior": 0.7, "origins": frozenset({"meter", "customer"})}, PROMOTE, []),
        ({"posterior": 0.69, "origins": frozenset({"meter", "customer"})}, HOLD, ["b"]),
        ({"posterior": 0.1, "override_reason": "the crew is on site"}, PROMOTE, []),
        ({"posterior": 0.1, "status": "VERIFY", "override_reason": "the crew is on site"}, PROMOTE, []),
        ({"meters_reported": 1}, HOLD, ["c"]),
        ({"meters_reported": 1, "has_confirmation": True}, PROMOTE, []),
        ({"meters_reported": 0, "has_confirmation": True}, HOLD, ["c"]),
        ({"first_evidence_at": NOW - timedelta(seconds=59)}, HOLD, ["d"]),
        ({"first_evidence_at": NOW - timedelta(seconds=60)}, PROMOTE, []),
        ({"explained_by": "planned:W1"}, REJECT, ["e"]),
    ],
)
def test_each_condition_decides_by_itself(change: dict[str, object], decision: str, codes: list[str]) -> None:
    found = decide(replace(SURE, **change), NOW, "T")  # type: ignore[arg-type]
    assert (found.decision, failing(found)) == (decision, codes)
    assert found.eligible == (not codes)
    assert all(one.reason.endswith(".") or "overrides" in one.reason for one in found.conditions)
    assert [one.code for one in found.conditions] == list("abcde")


def test_an_open_outage_on_the_device_or_above_it_takes_the_new_one_in() -> None:
    above = [OpenOutage("o2", ("B1",)), OpenOutage("o3", ("elsewhere",))]
    assert decide(SURE, NOW, "T", above).merge_into == "o2"
    nearer = [*above, OpenOutage("o9", ("F2",))]
    found = decide(SURE, NOW, "T", nearer)
    assert (found.decision, found.merge_into, found.eligible) == (MERGE, "o9", True)
    held = decide(replace(SURE, posterior=0.2), NOW, "T", nearer)
    assert (held.decision, held.merge_into) == (HOLD, None)
    two = [OpenOutage("o5", ("F1",)), OpenOutage("o4", ("F1",))]
    assert decide(SURE, NOW, "T", two).merge_into == "o4"
    assert decide(replace(SURE, explained_by="standing:o5"), NOW, "T", two).merge_into == "o5"


def test_the_canonical_key_is_the_same_within_five_minutes_and_for_any_order_of_the_class() -> None:
    settings = PromotionSettings()
    key = canonical_key("T", ("F1", "F2"), AT, settings)
    assert key == canonical_key("T", ("F2", "F1"), AT + timedelta(minutes=2, seconds=59), settings)
    others = [
        canonical_key("T", ("F1", "F2"), AT + timedelta(minutes=3), settings),
        canonical_key("U", ("F1", "F2"), AT, settings),
        canonical_key("T", ("F1",), AT, settings),
    ]
    assert len({key, *others}) == 4


def test_counts_add_up_and_the_surest_comes_first() -> None:
    facts = [SURE, replace(SURE, outage_key="k0"), replace(SURE, outage_key="k2", posterior=0.99)]
    facts += [replace(SURE, outage_key="k3", status="MOMENTARY"), replace(SURE, outage_key="k4", posterior=0.3)]
    decisions, counts = decide_all(facts, NOW, "T")
    assert [one.outage_key for one in decisions] == ["k2", "k0", "k1", "k3", "k4"]
    assert counts == {"candidates": 5, "promoted": 3, "merged": 0, "rejected": 1, "held": 1}
