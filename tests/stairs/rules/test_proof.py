"""What a pass is proven by: accuracy, calibration on the day, evidence (R-09, R-10, R-13)."""

from itertools import permutations
from typing import Any

import pytest

from domain.kernel.errors import Invalid
from tests.stairs.rules.cases import (
    PHOTO,
    PROMPT,
    SHA,
    cause_and_effect,
    codes,
    force,
    grid,
    instrument,
    interface,
    pressure,
    result,
    velocity,
)

SIGN = {"type": "photo", "description": "Sign of the storey", "mandatory": True}


def certificate(begin: str, end: str, **more: Any) -> dict[str, Any]:
    return {"cert_number": f"C-{begin}", "instrument_id": "I-1", "calibration_date": begin, "expiry_date": end, **more}


def with_instrument(value: str = "43.2", **more: Any) -> dict[str, Any]:
    return pressure(value, instrument=instrument("manometer", "Pa", "±1 Pa", "500")["instrument"] | more)


def photo(name: str = "E-2", sha: str = "b", **more: Any) -> dict[str, Any]:
    return PHOTO | {"evidence_id": name, "declared_sha256": SHA[sha], "stored_sha256": SHA[sha]} | more


@pytest.mark.parametrize(
    ("value", "marginal"),
    [("20", True), ("21", True), ("21.001", False), ("79", True), ("78.9", False), ("19", True), ("18.9", False)],
)
def test_r_09_marginal_is_no_further_from_a_limit_than_the_instrument_is_accurate(value: str, marginal: bool) -> None:
    found = result(pressure(value))

    assert ("MARGINAL" in codes(found)) is marginal
    assert found["verdict"] == ("compliant" if 20 <= float(value) <= 80 else "non_compliant")


@pytest.mark.parametrize(
    ("accuracy", "value", "marginal"),
    [
        ("±2 %", "20.4", True),
        ("±2 %", "20.5", False),
        ("±2% of reading", "20.4", True),
        ("+/-0.5 % FS", "22.5", True),
        ("0.5", "20.5", True),
        ("±0.5 pa", "20.5", True),
    ],
)
def test_r_09_accuracy_is_read_as_makers_write_it(accuracy: str, value: str, marginal: bool) -> None:
    assert ("MARGINAL" in codes(result(with_instrument(value, accuracy=accuracy)))) is marginal


@pytest.mark.parametrize("accuracy", ["class 1", "±1 %rdg ±2 digits", "±1 kPa", ""])
def test_r_09_an_accuracy_that_cannot_be_read_is_told(accuracy: str) -> None:
    found = result(with_instrument("20.1", accuracy=accuracy))

    assert "ACCURACY_UNREADABLE" in codes(found)
    assert found["verdict"] == "compliant"


@pytest.mark.parametrize(
    ("begin", "end", "valid"),
    [
        ("2026-02-03", "2026-02-04", True),
        ("2025-02-03", "2026-02-03", False),
        ("2026-02-04", "2027-02-04", False),
    ],
)
def test_r_10_the_certificate_must_be_valid_on_the_test_date(begin: str, end: str, valid: bool) -> None:
    """Bug 22: not today, and not what the instrument's row says now."""
    found = result(pressure(certificates=[certificate(begin, end)]))

    assert found["calibration"]["valid_on_test_date"] is valid
    assert found["flags"] == ([] if valid else ["CALIBRATION_EXPIRED"])
    assert found["verdict"] == ("compliant" if valid else "indeterminate")


def test_r_10_some_certificate_of_the_history_is_enough_and_the_latest_is_named() -> None:
    history = [
        certificate("2024-01-01", "2025-01-01"),
        certificate("2025-01-01", "2026-03-01"),
        certificate("2026-02-01", "2027-02-01"),
        certificate("2026-06-01", "2027-06-01"),
    ]
    for order in permutations(history):
        assert result(pressure(certificates=list(order)))["calibration"]["certificate"] == "C-2026-02-01"


def test_r_10_the_test_date_is_the_building_s() -> None:
    last = pressure(certificates=[certificate("2025-01-01", "2026-02-04")], evidence_prompts=[], evidence=[])
    night = last | {"tested_at": "2026-02-03T13:30:00+00:00", "started_at": None, "completed_at": None}

    assert result(night)["test_date"] == "2026-02-04"
    assert result(night)["flags"] == ["CALIBRATION_EXPIRED"]


def test_r_10_another_instrument_s_certificate_proves_nothing() -> None:
    found = result(pressure(certificates=[certificate("2025-09-01", "2026-09-01", instrument_id="I-2")]))

    assert found["flags"] == ["CALIBRATION_EXPIRED"]


def test_r_10_the_instrument_that_was_used_must_be_of_the_right_type() -> None:
    assert result(with_instrument(type="anemometer"))["flags"] == ["WRONG_INSTRUMENT"]
    assert result(pressure(required_instrument_type=None))["verdict"] == "compliant"


@pytest.mark.parametrize(
    "case",
    [
        with_instrument("43.2", range_max="43.1"),
        with_instrument("43.2", range_min="43.3"),
        velocity(
            grid(*["1.2"] * 8, "0.2"),
            instrument=instrument("anemometer", "m/s", "±0.05 m/s", "20")["instrument"] | {"range_min": "0.25"},
        ),
    ],
)
def test_r_10_each_reading_must_lie_within_the_range(case: dict[str, Any]) -> None:
    found = result(case)

    assert (found["verdict"], found["flags"]) == ("indeterminate", ["OUT_OF_INSTRUMENT_RANGE"])


def test_r_10_a_range_that_is_not_recorded_is_told_and_hinders_nothing() -> None:
    found = result(with_instrument(range_min=None, range_max=None))

    assert "INSTRUMENT_RANGE_UNKNOWN" in codes(found)
    assert found["verdict"] == "compliant"


@pytest.mark.parametrize("make", [cause_and_effect, interface])
def test_r_10_a_stopwatch_needs_no_certificate(make: Any) -> None:
    for asked in (None, "stopwatch"):
        found = result(make(required_instrument_type=asked))
        assert found["calibration"] == {"certificate": None, "valid_on_test_date": None}
        assert found["verdict"] == "compliant"


def test_r_13_each_mandatory_prompt_has_a_record_of_its_own() -> None:
    one = result(pressure(evidence_prompts=[PROMPT, SIGN]))
    two = result(pressure(evidence_prompts=[PROMPT, SIGN], evidence=[PHOTO, photo()]))

    assert one["evidence"] == {"required": 2, "present": 1, "verified": 1, "missing": ["Sign of the storey"]}
    assert (one["verdict"], one["flags"]) == ("indeterminate", ["EVIDENCE_MISSING"])
    assert two["verdict"] == "compliant"


def test_r_13_records_are_dealt_out_so_that_most_prompts_are_answered() -> None:
    small = photo(resolution="640x480")
    for prompts in permutations([PROMPT, SIGN]):
        for records in permutations([PHOTO, small]):
            found = result(pressure(evidence_prompts=list(prompts), evidence=list(records)))
            assert found["verdict"] == "compliant"


def test_r_13_the_same_bytes_twice_are_one_piece_of_evidence() -> None:
    found = result(pressure(evidence_prompts=[PROMPT, SIGN], evidence=[PHOTO, photo(sha="a")]))

    assert found["flags"] == ["EVIDENCE_MISSING"]


def test_r_13_a_record_may_name_the_prompt_that_it_answers() -> None:
    found = result(pressure(evidence_prompts=[PROMPT, SIGN], evidence=[PHOTO | {"prompt": 2}, photo(prompt=2)]))

    assert found["evidence"]["missing"] == ["Display of the instrument"]


def test_r_13_what_is_not_mandatory_is_not_missed() -> None:
    assert result(pressure(evidence_prompts=[PROMPT | {"mandatory": False}], evidence=[]))["verdict"] == "compliant"


@pytest.mark.parametrize(
    ("change", "flags"),
    [
        ({"stored_sha256": SHA["b"]}, ["EVIDENCE_HASH_MISMATCH", "EVIDENCE_MISSING"]),
        ({"declared_sha256": None}, ["EVIDENCE_HASH_MISMATCH", "EVIDENCE_MISSING"]),
        ({"uploaded": False, "stored_sha256": None}, ["EVIDENCE_MISSING", "EVIDENCE_PENDING"]),
        ({"stored_sha256": None}, ["EVIDENCE_MISSING", "EVIDENCE_PENDING"]),
        ({"size_bytes": 104_857_601}, ["EVIDENCE_MISSING", "EVIDENCE_SIZE"]),
        ({"resolution": "1023x768"}, ["EVIDENCE_MISSING", "EVIDENCE_RESOLUTION_LOW"]),
        ({"resolution": None}, ["EVIDENCE_MISSING", "EVIDENCE_RESOLUTION_LOW"]),
        ({"resolution": "12 megapixels"}, ["EVIDENCE_MISSING", "EVIDENCE_RESOLUTION_LOW"]),
        ({"prompt": 0}, ["EVIDENCE_MISSING"]),
        ({"evidence_type": "video"}, ["EVIDENCE_MISSING"]),
        ({"captured_at": "2026-02-03T10:06:59+11:00"}, ["EVIDENCE_MISSING", "EVIDENCE_TIME_ODD"]),
        ({"captured_at": "2026-02-03T10:23:01+11:00"}, ["EVIDENCE_MISSING", "EVIDENCE_TIME_ODD"]),
        ({"used_elsewhere": True}, ["EVIDENCE_MISSING", "EVIDENCE_REUSED"]),
    ],
)
def test_r_13_what_is_not_sound_proves_nothing(change: dict[str, Any], flags: list[str]) -> None:
    found = result(pressure(evidence=[PHOTO | change]))

    assert (found["verdict"], found["flags"]) == ("indeterminate", flags)


@pytest.mark.parametrize(
    "change",
    [
        {"declared_sha256": SHA["a"].upper()},
        {"size_bytes": 104_857_600},
        {"resolution": "768x1024"},
        {"captured_at": "2026-02-03T10:07:00+11:00"},
        {"captured_at": "2026-02-02T23:23:00+00:00"},
    ],
)
def test_r_13_what_just_meets_the_rule_is_sound(change: dict[str, Any]) -> None:
    assert result(pressure(evidence=[PHOTO | change]))["verdict"] == "compliant"


@pytest.mark.parametrize("change", [{"uploaded": False}, {"used_elsewhere": True}, {"stored_sha256": SHA["c"]}])
def test_r_13_doubtful_bytes_hinder_a_pass_though_another_photo_is_sound(change: dict[str, Any]) -> None:
    assert result(pressure(evidence=[PHOTO, photo(**change)]))["verdict"] == "indeterminate"


@pytest.mark.parametrize("change", [{"resolution": "320x200"}, {"captured_at": "2026-02-03T09:00:00+11:00"}])
def test_r_13_a_photo_that_was_taken_again_hinders_nothing(change: dict[str, Any]) -> None:
    assert result(pressure(evidence=[PHOTO, photo(**change)]))["verdict"] == "compliant"


def test_r_13_a_prompt_whose_resolution_cannot_be_read_is_refused() -> None:
    with pytest.raises(Invalid, match="not a resolution such as 1024x768"):
        result(pressure(evidence_prompts=[PROMPT | {"min_resolution": "large"}]))


@pytest.mark.parametrize("bad", [{"declared_sha256": "abc"}, {"captured_at": "2026-02-03"}])
def test_r_13_a_malformed_record_is_refused_by_name(bad: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        result(force(evidence=[PHOTO | bad]))

    assert refused.value.errors[0]["field"] == f"evidence.0.{next(iter(bad))}"
