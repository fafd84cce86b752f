"""How pages write ids, and values that were recorded."""

import pytest

from api.page_words import short, told


@pytest.mark.parametrize("name", ["countersign-seed", "schema_detection", "gridlens", "M003627", "meter data import"])
def test_a_name_is_shown_whole(name: str) -> None:
    assert short(name) == name


@pytest.mark.parametrize("identifier", ["01a1fe13-cd3f-72f3-bf6d-b8096e46d077", "deadbeef" * 8, "dead1beef2" * 2])
def test_a_long_id_is_shown_by_its_ends(identifier: str) -> None:
    assert short(identifier) == f"{identifier[:4]}\u2026{identifier[-4:]}"


def test_what_is_recorded_is_told_in_words() -> None:
    assert told({"rows_kept": 12_000, "year": 2026, "of": [1, "b"], "is_new": True, "none": None}) == (
        "rows kept 12,000; year 2026; of 1, b; is new yes; none \u2013"
    )
    assert [told(one) for one in (0.99999, 915.34, 48211.7)] == ["0.99999", "915.3", "48,212"]
