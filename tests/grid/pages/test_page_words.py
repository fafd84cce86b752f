"""How pages write ids, and values that were recorded."""

import pytest

from api.page_words import short, told, typeset, whole

NAMES = ["countersign-seed", "schema_detection", "gridlens", "M003627", "meter data import", "2026-11-22/all"]
SUBJECTS = ["learner_events/2026-11-22/all", "grid/2026-2", "demo@1", "FEEDER_7_M000123", "2026-11-22T00:00+11:00/F7"]


@pytest.mark.parametrize("name", [*NAMES, *SUBJECTS])
def test_a_name_is_shown_whole(name: str) -> None:
    assert short(name) == name


@pytest.mark.parametrize("identifier", ["01a1fe13-cd3f-72f3-bf6d-b8096e46d077", "deadbeef" * 8, "dead1beef2" * 2])
def test_a_long_id_is_shown_by_its_ends(identifier: str) -> None:
    assert short(identifier) == f"{identifier[:4]}\u2026{identifier[-4:]}"


def test_of_a_name_with_an_id_in_it_the_id_alone_is_shortened() -> None:
    one, other = (f"{head}/01a1fe13-cd3f-72f3-bf6d-b8096e46d077/{day}" for head, day in (("q1", 21), ("q2", 22)))
    assert (short(one), short(other)) == ("q1/01a1\u2026d077/21", "q2/01a1\u2026d077/22")


def test_an_id_in_a_sentence_is_not_broken_at_its_hyphens_and_what_is_written_in_it_stays_text() -> None:
    assert whole("Open REC-N by-pass") == 'Open <span class="id">REC-N</span> by-pass'
    assert whole("<b>A-1</b>") == '&lt;b&gt;<span class="id">A-1</span>&lt;/b&gt;'


def test_an_id_that_no_phone_holds_may_be_broken() -> None:
    assert "<span" not in whole("Z-" * 20 + "1")


def test_a_long_name_keeps_where_it_begins_and_where_it_ends() -> None:
    days = [f"meter_reads_electric/2026-11-{day}/every feeder of the north/part {day}" for day in (21, 22)]
    assert [short(day) for day in days] == ["meter_reads_el\u2026 north/part 21", "meter_reads_el\u2026 north/part 22"]


def test_what_is_recorded_is_told_in_words() -> None:
    assert told({"rows_kept": 12_000, "year": 2026, "of": [1, "b"], "is_new": True, "none": None}) == (
        "rows kept 12,000; year 2026; of 1, b; is new yes; none \u2013"
    )
    assert [told(one) for one in (0.99999, 915.34, 48211.7)] == ["0.99999", "915.3", "48,212"]


def test_a_sentence_of_a_rule_keeps_its_units_and_has_real_minus_signs() -> None:
    assert typeset("Became 16 % flatter (z -4.5).") == "Became 16\u00a0% flatter (z \u22124.5)."
    assert (
        typeset("DW-3, 2026-11-20: 1.62 miles, 0 % overhead") == "DW-3, 2026-11-20: 1.62\u00a0miles, 0\u00a0% overhead"
    )
