"""The page of trends says what results can tell, and lists floors as people count them."""

from typing import Any

from api.stairs.pages.trends import _finding, by_number


def test_of_too_few_results_no_direction_is_told() -> None:
    silent: dict[str, Any] = {"forecast": None, "silent": "TOO_FEW"}
    assert _finding("Pilot", [silent], []) == "No direction can be told yet at the one point of Pilot"
    assert _finding("Pilot", [silent] * 3, []) == "No direction can be told yet at any of the 3 points of Pilot"
    steady = {"forecast": None, "silent": "NO_TREND"}
    assert _finding("Pilot", [silent, steady], []) == "None of 2 points of Pilot heads for a limit"


def test_level_2_comes_before_level_10() -> None:
    names = ["D-Level-10-Stair-A", "D-Level-2-Stair-A", "D-Ground-Stair-A", None]
    assert sorted(names, key=by_number) == [None, "D-Ground-Stair-A", "D-Level-2-Stair-A", "D-Level-10-Stair-A"]
