"""R-14: the expansion is as specified: counts, order, identifiers, limits, and what a missing baseline does."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.stairs.rules.archetypes.expand import expand
from domain.stairs.rules.archetypes.sources import Baselines, Commissioned, Sources
from domain.stairs.rules.archetypes.template import Template
from domain.stairs.rules.counts import expected_counts, stair_sizes
from domain.stairs.rules.generation import counted, generate
from domain.stairs.rules.pilot.building import pilot_registry
from domain.stairs.rules.registry import Registry
from domain.stairs.rules.ruleset import SHIPPED_RULES
from domain.stairs.rules.schedule import SHIPPED_SCHEDULE, STRICT_SCHEDULE
from domain.stairs.rules.vocabulary import FREQUENCIES
from tests.stairs.registry.buildings import ON, SOURCES, registries

PILOT = pilot_registry()
TYPES = ("pressure_differential", "air_velocity", "door_opening_force", "cause_and_effect_logic", "interface_test")


@pytest.mark.parametrize(
    ("frequency", "numbers"),
    [("monthly", (6, 0, 0, 0, 2)), ("six_monthly", (30, 0, 30, 10, 8)), ("annual", (60, 30, 60, 10, 8))],
)
def test_r_14_pilot_counts_by_generator_and_by_formula(frequency: str, numbers: tuple[int, ...]) -> None:
    wanted = dict(zip(TYPES, numbers, strict=True)) | {"total": sum(numbers)}
    assert counted(expand(PILOT, SHIPPED_SCHEDULE, frequency, SOURCES)) == wanted
    assert expected_counts(stair_sizes(PILOT), SHIPPED_SCHEDULE, frequency) == wanted


def test_r_14_totals_are_8_78_and_168_and_84_a_stair() -> None:
    totals = [counted(expand(PILOT, SHIPPED_SCHEDULE, one, SOURCES))["total"] for one in FREQUENCIES]
    assert totals == [8, 78, 168]
    annual = expand(PILOT, SHIPPED_SCHEDULE, "annual", SOURCES)
    assert {sum(one.stair_id == stair.stair_id for one in annual) for stair in PILOT.stairs} == {84}
    assert sum(9 for one in annual if one.measurement_type == "air_velocity") == 270


def test_r_14_literal_seed_without_scenarios_and_definitions_has_150() -> None:
    literal = replace(PILOT, scenarios=(), definitions=())
    assert counted(expand(literal, SHIPPED_SCHEDULE, "annual", SOURCES))["total"] == 150


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_r_14_strict_profile_has_168_at_every_frequency(frequency: str) -> None:
    assert counted(expand(PILOT, STRICT_SCHEDULE, frequency, SOURCES))["total"] == 168


@settings(max_examples=150, deadline=None)
@given(registries(), st.sampled_from(FREQUENCIES), st.sampled_from([SHIPPED_SCHEDULE, STRICT_SCHEDULE]))
def test_r_14_formula_equals_rows_for_random_registries(registry: Registry, frequency: str, schedule: tuple) -> None:
    rows = expand(registry, schedule, frequency, SOURCES)
    assert counted(rows) == expected_counts(stair_sizes(registry), schedule, frequency)
    assert [one.sequence_order for one in rows] == list(range(1, len(rows) + 1))
    assert len({one.scoped_identifier for one in rows}) == len(rows)


def test_a_formula_that_counts_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.stairs.rules.counts.SAMPLE", 2)
    made = generate(PILOT, SHIPPED_SCHEDULE, "monthly", "scheduled", SOURCES, [])
    assert made.counts != made.expected


def test_r_14_order_is_configuration_by_configuration_floors_ascending() -> None:
    annual = expand(PILOT, SHIPPED_SCHEDULE, "annual", SOURCES)
    floors = PILOT.floor_by_id()
    names = {stair.stair_id: stair.stair_name for stair in PILOT.stairs}

    def phase(one: Template) -> tuple:
        group = ("pressure_differential", "door_opening_force", "air_velocity", "cause_and_effect_logic")
        place = group.index(one.measurement_type) if one.measurement_type in group else len(group)
        setting = {"all_closed": 0, "evac_doors_open": 1, True: 0, False: 1}.get(
            one.door_configuration if one.door_configuration is not None else one.pressurization_active, 0
        )
        number = floors[one.floor_id].floor_number if one.floor_id else 0
        return (names[one.stair_id], place, setting, number)

    assert [phase(one) for one in annual] == sorted(phase(one) for one in annual)
    assert [floors[one.floor_id].floor_level for one in annual[:3]] == ["Ground", "Level-1", "Level-2"]


def test_r_14_monthly_samples_lowest_middle_and_highest_floor() -> None:
    monthly = expand(PILOT, SHIPPED_SCHEDULE, "monthly", SOURCES)
    floors = PILOT.floor_by_id()
    found = [floors[one.floor_id].floor_level for one in monthly if one.floor_id][:3]
    assert found == ["Ground", "Level-7", "Level-14"]


def test_r_14_limits_are_copied_from_the_rule_in_force_on_the_date() -> None:
    first = expand(PILOT, SHIPPED_SCHEDULE, "annual", SOURCES)[0]
    assert (first.min_threshold, first.max_threshold, first.unit) == (Decimal("20.0"), Decimal("80.0"), "Pa")
    before = Sources(Baselines(), SHIPPED_RULES, date(2023, 12, 31))
    made = generate(PILOT, SHIPPED_SCHEDULE, "annual", "scheduled", before, [])
    assert made.templates[0].min_threshold is None
    assert {one.identifier for one in made.warnings if one.code == "NO_RULE_IN_FORCE"} == set(TYPES)


def test_r_14_a_missing_baseline_warns_and_leaves_the_test() -> None:
    made = generate(PILOT, SHIPPED_SCHEDULE, "annual", "scheduled", SOURCES, [])
    assert len([one for one in made.warnings if one.code == "BASELINE_MISSING"]) == 150
    assert made.templates[0].baseline_value is None


def test_r_14_a_baseline_outside_the_rule_warns_and_relaxes_nothing() -> None:
    floor = PILOT.floors_of(PILOT.in_order()[0].stair_id)[0]
    low = Baselines(pressure={(floor.floor_id, "all_closed"): Commissioned(Decimal("19.9"), ON)})
    made = generate(PILOT, SHIPPED_SCHEDULE, "annual", "scheduled", Sources(low, SHIPPED_RULES, ON), [])
    named = [one.identifier for one in made.warnings if one.code == "BASELINE_BELOW_RULE"]
    assert named == ["PRESSURE_STAIR-A_GF_ALL-CLOSED"]
    assert made.templates[0].min_threshold == Decimal("20.0")


def test_r_14_names_that_identifiers_cannot_tell_apart_get_a_mark() -> None:
    floors = tuple(replace(one, floor_level="Level 1") if one.floor_number == 2 else one for one in PILOT.floors)
    rows = expand(replace(PILOT, floors=floors), SHIPPED_SCHEDULE, "annual", SOURCES)
    alike = [one.scoped_identifier for one in rows if one.scoped_identifier.startswith("PRESSURE_STAIR-A_L1_ALL")]
    assert len(alike) == len(set(alike)) == 2
