"""A building's document: what is wrong in an entry and what is wrong between entries is told, all at once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.stairs.rules.document import BuildingDocument, DoorFields, document_problems
from domain.stairs.rules.pilot.building import pilot_document

PLAIN = pilot_document().model_dump(mode="json")


def changed(**of_first_stair: object) -> BuildingDocument:
    stairs = [PLAIN["stairs"][0] | of_first_stair, PLAIN["stairs"][1]]
    return BuildingDocument.model_validate(PLAIN | {"stairs": stairs})


def test_everything_wrong_between_entries_is_told_at_once() -> None:
    first = PLAIN["stairs"][0]
    floors = [*first["floors"], first["floors"][0] | {"floor_level": "Other"}]
    zones = [*first["zones"], {"zone_name": "Zone-9", "floors_covered": ["Level-77"]}]
    told = document_problems(changed(stair_name="Stair-B", floors=floors, zones=zones))
    assert [(one["field"], one["message"]) for one in told] == [
        ("stairs.stair_name", "has Stair-B 2 times"),
        ("stairs[0].floors.floor_number", "has 0 2 times"),
        ("stairs[0].zones[5].floors_covered", "names Level-77, which is no floor of the stair"),
    ]


def test_equipment_and_scenarios_name_zones_that_are_there() -> None:
    first = PLAIN["stairs"][0]
    told = document_problems(changed(equipment=[first["equipment"][0] | {"zone_name": "Zone-X"}]))
    assert told == [
        {"field": "stairs[0].equipment[0].zone_name", "message": "names Zone-X, which is no zone of the stair"}
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
        {"name": " "},
        {"name": "a\0b"},
        {"floors": 3},
    ],
)
def test_a_wrong_member_is_refused(change: dict) -> None:
    with pytest.raises(ValidationError):
        BuildingDocument.model_validate(PLAIN | change)


def test_a_handle_is_on_its_leaf() -> None:
    with pytest.raises(ValidationError, match="handle_offset_m needs a width_m"):
        DoorFields(door_identifier="D", handle_offset_m="0.5", width_m="0.4")


def test_basements_may_be_below_ground() -> None:
    first = PLAIN["stairs"][0]
    floors = [*first["floors"], {"floor_level": "Basement-1", "floor_number": -1, "height_m": "-3.50"}]
    assert document_problems(changed(floors=floors)) == []


@settings(max_examples=100, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5))
def test_fuzzed_members_are_refused_and_never_crash(value: object) -> None:
    try:
        document = changed(zones=value)
    except ValidationError:
        return
    document_problems(document)
