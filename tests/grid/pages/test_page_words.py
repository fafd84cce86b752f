"""How pages write ids."""

import pytest

from api.page_words import short


@pytest.mark.parametrize("name", ["countersign-seed", "schema_detection", "gridlens", "M003627", "meter data import"])
def test_a_name_is_shown_whole(name: str) -> None:
    assert short(name) == name


@pytest.mark.parametrize("identifier", ["01a1fe13-cd3f-72f3-bf6d-b8096e46d077", "deadbeef" * 8, "dead1beef2" * 2])
def test_a_long_id_is_shown_by_its_ends(identifier: str) -> None:
    assert short(identifier) == f"{identifier[:4]}\u2026{identifier[-4:]}"
