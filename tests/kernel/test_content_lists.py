"""Lists within what is signed, as tables to read."""

from api.kernel.pages.content_lists import lists_of


def test_a_long_list_in_a_cell_tells_its_first_members_whole_and_how_many_there_are() -> None:
    meters = [f"M{n:06d}" for n in range(64)]
    (table,) = lists_of({"decisions": [{"device_id": "REC-N", "action": "promote", "meter_ids": meters}]})
    assert table.rows[0][-1] == "M000000, M000001, M000002, M000003 … 64 in all"


def test_a_short_list_in_a_cell_is_told_whole() -> None:
    (table,) = lists_of({"decisions": [{"device_id": "REC-N", "action": "promote", "device_ids": ["A", "B"]}]})
    assert "A, B" in table.rows[0]
