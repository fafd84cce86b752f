"""Generating twice is generating once, and a changed registry gives exactly the difference."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.canonical import canonical_json
from domain.stairs.rules.generation import Generation, Published, base_hash, below_rule, generate
from domain.stairs.rules.pilot.building import pilot_registry
from domain.stairs.rules.registry import Registry
from domain.stairs.rules.schedule import SHIPPED_SCHEDULE
from domain.stairs.rules.vocabulary import FREQUENCIES
from tests.stairs.registry.buildings import SOURCES, registries, some_id

PILOT = pilot_registry()


def made(registry: Registry, frequency: str = "annual", published: list[Published] | None = None) -> Generation:
    return generate(registry, SHIPPED_SCHEDULE, frequency, "scheduled", SOURCES, published or [])


def published_of(generation: Generation) -> list[Published]:
    return [
        Published(some_id(one.scoped_identifier), one.scoped_identifier, json.loads(json.dumps(one.row())))
        for one in generation.templates
    ]


@settings(max_examples=60, deadline=None)
@given(registries(), st.sampled_from(FREQUENCIES))
def test_generate_twice_is_generate_once(registry: Registry, frequency: str) -> None:
    first = made(registry, frequency)
    again = made(registry, frequency, published_of(first))
    assert again.is_empty
    assert again.unchanged == len(first.templates)
    assert canonical_json(list(first.added)) == canonical_json(list(made(registry, frequency).added))


@settings(max_examples=40, deadline=None)
@given(registries(), registries(), st.sampled_from(FREQUENCIES))
def test_the_difference_leads_from_any_registry_to_any_other(one: Registry, other: Registry, frequency: str) -> None:
    standing = published_of(made(one, frequency))
    change = made(other, frequency, standing)
    gone = {row.scoped_identifier for row in change.retired}
    names = {row.scoped_identifier for row in standing} - gone | {row["scoped_identifier"] for row in change.added}
    assert names == {row.scoped_identifier for row in change.templates}
    assert len(names) == change.unchanged + len(change.added)


def test_a_floor_more_adds_its_tests_and_only_renumbers_the_rest() -> None:
    without = replace(PILOT, floors=tuple(one for one in PILOT.floors if one.floor_number != 14))
    without = replace(
        without,
        doors=tuple(one for one in PILOT.doors if one.floor_id in without.floor_by_id()),
        doorways=tuple(one for one in PILOT.doorways if one.floor_id in without.floor_by_id()),
    )
    change = made(PILOT, "annual", published_of(made(without)))
    assert (len(change.added), len(change.retired), change.unchanged) == (10, 0, 158)
    assert len(change.renumbered) == 144


def test_a_changed_setpoint_replaces_its_pressures_alone() -> None:
    stairs = tuple(replace(one, design_setpoint_pa=Decimal("50")) for one in PILOT.stairs[:1]) + PILOT.stairs[1:]
    change = made(replace(PILOT, stairs=stairs), "annual", published_of(made(PILOT)))
    assert (len(change.added), len(change.retired), change.unchanged) == (30, 30, 138)


def test_the_base_is_another_once_something_was_published() -> None:
    standing = published_of(made(PILOT))
    assert base_hash(standing) == base_hash(list(reversed(standing)))
    assert base_hash(standing) != base_hash(standing[1:])


def test_a_component_that_the_registry_does_not_have_is_told() -> None:
    bare = replace(PILOT, equipment=tuple(one for one in PILOT.equipment if one.equipment_type != "fan"))
    told = [one for one in made(bare).warnings if one.code == "UNKNOWN_COMPONENT"]
    assert len(told) == 10
    assert told[0].text == "Step 2: FAN-01-A is not in the stair's registry"
    assert not [one for one in made(PILOT).warnings if one.code == "UNKNOWN_COMPONENT"]


def test_a_zone_without_a_scenario_is_told() -> None:
    bare = replace(PILOT, scenarios=tuple(one for one in PILOT.scenarios if one.scenario_type != "annual"))
    told = [one.identifier for one in made(bare).warnings if one.code == "ZONE_WITHOUT_SCENARIO"]
    assert told[:2] == ["Stair-A Zone-1", "Stair-A Zone-2"]
    assert len(told) == 10


@pytest.mark.parametrize(("value", "told"), [("19.99", 1), ("20", 0), ("80", 0), ("80.01", 1)])
def test_imported_baselines_outside_the_limits_are_told(value: str, told: int) -> None:
    row = {"floor_id": str(some_id("f")), "pressure_pa": value, "commissioned_date": "2024-01-15"}
    assert len(below_rule("pressure", [row], SOURCES)) == told
