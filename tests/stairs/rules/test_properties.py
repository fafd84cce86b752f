"""What must hold for every case, not only for the examples (fire.md 6.4)."""

import json
import random
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.canonical import canonical_json
from domain.stairs.rules.evaluation.evaluate import evaluate
from domain.stairs.rules.evaluation.numbers import decimal_text, exact, plain, rounded
from domain.stairs.rules.evaluation.reading import read_case
from domain.stairs.rules.fault_wording import shown
from tests.stairs.rules.cases import (
    ALL,
    PHOTO,
    PROMPT,
    SHA,
    cause_and_effect,
    events,
    force,
    grid,
    pressure,
    result,
    rule,
    velocity,
)

WORTH = {"non_compliant": 0, "indeterminate": 1, "compliant": 2}
readings = st.decimals(-500, 500, places=6).map(lambda one: f"{one:f}")
pascals = st.decimals(0, 120, places=4)
times = st.decimals(0, 60, places=2).map(str)
ZONES = ("Australia/Sydney", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "UTC", "Asia/Kathmandu")


def shuffled(rows: list[Any], seed: int) -> list[Any]:
    return random.Random(seed).sample(rows, len(rows))  # noqa: S311


def without_inputs(found: dict[str, Any]) -> dict[str, Any]:
    return {name: told for name, told in found.items() if name != "inputs_sha256"}


def under(low: Decimal | None, high: Decimal | None, value: str, **more: Any) -> dict[str, Any]:
    ends = [None if end is None else str(end) for end in (low, high)]
    return pressure(value, rules=[rule("SP-01", "pressure_differential", ends[0], ends[1], "Pa")], template={}, **more)


@given(readings, pascals, pascals)
def test_the_verdict_is_that_of_exact_arithmetic(value: str, one: Decimal, other: Decimal) -> None:
    low, high = min(one, other), max(one, other)
    fails = not Fraction(low) <= Fraction(value) <= Fraction(high)

    assert (result(under(low, high, value))["verdict"] == "non_compliant") is fails


@given(st.decimals(20, 80, places=5), st.decimals(0, 1, places=3))
def test_towards_the_middle_of_the_limits_a_pass_stays_a_pass(value: Decimal, share: Decimal) -> None:
    assert result(pressure(str(value)))["verdict"] == "compliant"
    assert result(pressure(str(value + (50 - value) * share)))["verdict"] == "compliant"


@given(
    readings,
    st.lists(pascals, min_size=4, max_size=4),
    st.one_of(st.none(), pascals),
    st.booleans(),
)
def test_tightening_a_limit_never_turns_a_fail_into_a_pass(
    value: str, ends: list[Decimal], override: Decimal | None, in_template: bool
) -> None:
    low, tight_low, tight_high, high = sorted(ends)
    overrides = []
    if override is not None:
        row = {"rule_code": "SP-01", "document_reference": "PS", "valid_from": "2026-01-01", "expires_on": "2027-01-01"}
        overrides = [row | {"min_threshold": str(override)}]
    loose = under(low, high, value, overrides=overrides)
    tight = under(tight_low, tight_high, value, overrides=overrides)
    if in_template:
        tight = loose | {"template": {"min_threshold": str(tight_low), "max_threshold": str(tight_high)}}

    assert WORTH[result(tight)["verdict"]] <= WORTH[result(loose)["verdict"]]


@given(st.lists(readings, min_size=9, max_size=9), st.integers(0, 999))
def test_the_order_of_a_grid_s_points_changes_nothing(values: list[str], seed: int) -> None:
    own = velocity(grid(*values))
    mixed = own | {"grid": shuffled(own["grid"], seed)}

    assert without_inputs(result(mixed)) == without_inputs(result(own))


@given(st.lists(readings, min_size=9, max_size=9))
def test_a_grid_fails_where_its_sum_is_below_nine_limits(values: list[str]) -> None:
    fails = sum(map(Fraction, values)) < 9

    assert (result(velocity(grid(*values)))["verdict"] == "non_compliant") is fails


@given(st.lists(times, min_size=4, max_size=4), st.integers(0, 999), st.lists(times, max_size=3))
def test_cause_and_effect_does_not_depend_on_the_order_of_the_list_nor_on_what_is_unlisted(
    at: list[str], seed: int, others: list[str]
) -> None:
    own = events(*at)
    extra = [{"component_id": f"LIFT-{number}", "action": "recall", "t_s": one} for number, one in enumerate(others)]
    found = result(cause_and_effect(own))
    mixed = result(cause_and_effect(shuffled([*own, *extra], seed)))

    assert (mixed["verdict"], mixed["issues"]) == (found["verdict"], found["issues"])


@given(st.lists(times, min_size=4, max_size=4))
def test_cause_and_effect_passes_where_every_step_is_in_its_window_and_in_order(at: list[str]) -> None:
    exactly = [Fraction(one) for one in at]
    windows = ((0, 2), (1, 5), (3, 7), (10, 20))
    fits = all(low <= one <= high for one, (low, high) in zip(exactly, windows, strict=True))
    passes = fits and exactly == sorted(exactly)

    assert (result(cause_and_effect(events(*at)))["verdict"] == "compliant") is passes


@given(
    st.lists(st.sampled_from(["sound", "pending", "odd", "coarse", "reused", "mismatch"]), max_size=4),
    st.integers(1, 3),
    st.integers(0, 99),
)
def test_adding_valid_evidence_never_worsens_a_verdict(kinds: list[str], asked: int, number: int) -> None:
    changes: dict[str, dict[str, Any]] = {
        "sound": {},
        "pending": {"uploaded": False},
        "odd": {"captured_at": "2026-02-03T09:00:00+11:00"},
        "coarse": {"resolution": "320x200"},
        "reused": {"used_elsewhere": True},
        "mismatch": {"stored_sha256": SHA["c"]},
    }
    own = [
        PHOTO | {"evidence_id": f"E-{index:02}", "declared_sha256": sha, "stored_sha256": sha} | changes[kind]
        for index, kind in enumerate(kinds)
        for sha in [f"{index:064x}"]
    ]
    sha = f"{number:064x}"
    added = PHOTO | {"evidence_id": f"E-{number:02}-more", "declared_sha256": sha, "stored_sha256": sha}
    prompts = [PROMPT] * asked
    before = result(pressure(evidence=own, evidence_prompts=prompts))
    after = result(pressure(evidence=[*own, added], evidence_prompts=prompts))

    assert WORTH[after["verdict"]] >= WORTH[before["verdict"]]
    assert len(after["evidence"]["missing"]) <= len(before["evidence"]["missing"])


@given(st.sampled_from(ALL), st.integers(0, 999))
def test_the_same_case_gives_the_same_bytes_in_whatever_order_its_members_stand(make: Any, seed: int) -> None:
    own = make()
    mixed = json.loads(json.dumps(dict(shuffled(list(own.items()), seed))))

    assert canonical_json(evaluate(read_case(mixed))) == canonical_json(evaluate(read_case(own)))


@given(st.sampled_from(ZONES), st.integers(0, 4))
def test_equal_cases_have_equal_bytes_whatever_offset_and_zeros_they_were_written_with(zone: str, zeros: int) -> None:
    own = pressure(template={"design_setpoint": "45", "unit": "Pa"})
    there = datetime.fromisoformat(own["tested_at"]).astimezone(ZoneInfo(zone)).isoformat()
    other = own | {"tested_at": there, "template": {"design_setpoint": f"45.{'0' * zeros}", "unit": "Pa"}}

    assert read_case(other) == read_case(own)
    assert canonical_json(read_case(other).inputs()) == canonical_json(read_case(own).inputs())


@given(st.sampled_from(ALL), readings)
def test_what_was_stored_reads_back_to_the_same_case(make: Any, value: str) -> None:
    own = make(value) if make in {pressure, force} else make()
    case = read_case(own)

    assert read_case(json.loads(canonical_json(case.inputs()))) == case
    assert canonical_json(read_case(case.inputs()).inputs()) == canonical_json(case.inputs())


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(ZONES),
)
def test_the_test_date_is_the_building_s_whatever_offset_the_device_wrote(
    moment: datetime, minutes: int, zone: str
) -> None:
    tested_at = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    own = pressure(tested_at=tested_at.isoformat(), time_zone=zone, started_at=None, completed_at=None)

    assert result(own)["test_date"] == tested_at.astimezone(ZoneInfo(zone)).date().isoformat()
    assert result(own | {"tested_at": tested_at.astimezone(UTC).isoformat()})["test_date"] == result(own)["test_date"]


@given(st.decimals(-1000, 1000, places=7), st.integers(0, 5))
def test_rounding_is_half_up(value: Decimal, places: int) -> None:
    assert rounded(exact(value), places) == value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


@given(st.fractions(-1000, 1000, max_denominator=10**6), st.decimals(-1000, 1000, places=3))
def test_what_is_shown_stands_on_its_own_side_of_the_limit(value: Fraction, limit: Decimal) -> None:
    told = Fraction(shown(value, exact(limit)))

    assert ((told < exact(limit)), (told > exact(limit))) == (value < exact(limit), value > exact(limit))


@given(st.decimals(-(10**6), 10**6, places=9))
def test_decimal_text_keeps_every_digit_and_no_trailing_zero(value: Decimal) -> None:
    assert Fraction(decimal_text(exact(value))) == exact(value)
    assert plain(value) == decimal_text(exact(value))
    assert not ("." in plain(value) and plain(value).endswith("0"))
