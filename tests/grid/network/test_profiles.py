"""Shapes: every local quarter-hour of the leap year once, whatever daylight saving did to the source's stamps."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from domain.grid.network.rules.meters import ami_type, class_of_load, class_of_profile, meter_ids, natural
from domain.grid.network.rules.profiles import PROFILE_LENGTH, load_shape, pv_shape, regular

START = datetime(2016, 1, 1)  # noqa: DTZ001  local wall-clock time, as the source writes it
MARCH = (datetime(2016, 3, 27, 2) - START) // timedelta(minutes=15)  # noqa: DTZ001
OCTOBER = (datetime(2016, 10, 30, 2) - START) // timedelta(minutes=15)  # noqa: DTZ001


def stamps(slots: list[int]) -> np.ndarray:
    return np.datetime64(START, "m") + np.array(slots) * np.timedelta64(15, "m")


def test_the_hour_that_march_lacks_is_filled_and_the_hour_that_october_repeats_is_kept_once() -> None:
    slots = [slot for slot in range(PROFILE_LENGTH) if not MARCH <= slot < MARCH + 4]
    at = slots.index(OCTOBER + 4)
    slots[at:at] = range(OCTOBER, OCTOBER + 4)
    values = np.arange(len(slots), dtype=np.float64)[:, None]
    filled = regular(stamps(slots), values)[:, 0]
    assert filled.shape == (PROFILE_LENGTH,)
    assert filled[MARCH : MARCH + 4].tolist() == [float(MARCH - 1)] * 4
    assert filled[MARCH + 4] == MARCH
    assert filled[OCTOBER : OCTOBER + 5].tolist() == [*range(OCTOBER - 4, OCTOBER), OCTOBER + 4]
    assert filled[-1] == PROFILE_LENGTH - 1


def test_stamps_out_of_order_outside_the_year_or_late_in_it_do_no_harm() -> None:
    filled = regular(stamps([7, 5, -3, PROFILE_LENGTH + 2]), np.array([[70.0], [50.0], [1.0], [2.0]]))[:, 0]
    assert filled[:9].tolist() == [50.0] * 7 + [70.0] * 2
    assert set(filled[9:].tolist()) == {70.0}
    with pytest.raises(ValueError, match="2016"):
        regular(stamps([-1]), np.array([[1.0]]))


def test_a_silent_profile_becomes_flat_and_a_dark_plant_stays_dark() -> None:
    zeros = np.zeros(PROFILE_LENGTH)
    assert set(load_shape("x", "test", zeros).shape.tolist()) == {1.0}
    assert set(pv_shape("x", "test", zeros).shape.tolist()) == {0.0}
    assert pv_shape("x", "test", np.linspace(-1, 4, PROFILE_LENGTH)).shape.min() == 0.0


def test_meter_ids_have_one_width_whatever_their_number() -> None:
    assert meter_ids(2) == ["M000001", "M000002"]
    assert {len(own) for own in meter_ids(1_000_001)} == {8}


def test_names_sort_as_people_count() -> None:
    assert sorted(["Load 10", "Load 9", "7", "Load", None], key=natural) == [None, "7", "Load", "Load 9", "Load 10"]


def test_the_fleet_reports_in_a_fixed_mix() -> None:
    kinds = [ami_type(f"load {number}") for number in range(5000)]
    assert kinds == [ami_type(f"load {number}") for number in range(5000)]
    assert 0.75 < kinds.count("rf_mesh") / 5000 < 0.81
    assert 0.03 < kinds.count("plc") / 5000 < 0.07


@pytest.mark.parametrize(
    ("profile", "kw", "medium", "expected"),
    [("H0-A", 3, False, "res"), ("G3-A", 8, False, "sml_com"), ("L1-A", 9, False, "ag"), ("G0-M", 9, True, "ci")],
)
def test_classes_follow_the_family_of_the_profile(profile: str, kw: float, medium: bool, expected: str) -> None:
    assert class_of_profile(profile, kw, medium_voltage=medium) == expected
    assert class_of_profile(profile, 150.0, medium_voltage=False) == "ci"


def test_classes_follow_the_shape_and_else_the_size() -> None:
    assert class_of_load(20.0, "residential") == "res"
    assert class_of_load(3.0, "commercial_sm") == "sml_com"
    assert [class_of_load(kw) for kw in (3.0, 20.0, 100.0)] == ["res", "sml_com", "ci"]
