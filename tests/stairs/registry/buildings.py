"""Random registries for property tests: 0 to 3 stairs, floors from -5 to 40, 0 to 3 doors a floor."""

import uuid
from datetime import date
from decimal import Decimal
from typing import get_args

from hypothesis import strategies as st

from domain.kernel.canonical import derived_id
from domain.stairs.rules.archetypes.sources import Baselines, Sources
from domain.stairs.rules.registry import (
    Building,
    Door,
    Doorway,
    Floor,
    InterfaceDefinition,
    Registry,
    Scenario,
    Stair,
    Step,
    Zone,
)
from domain.stairs.rules.ruleset import SHIPPED_RULES
from domain.stairs.rules.vocabulary import INTERFACE_TYPES, ScenarioType

ON = date(2026, 3, 1)
SOURCES = Sources(Baselines(), SHIPPED_RULES, ON)
STEP = Step(1, "ALARM-PANEL", "alarm", "activate", Decimal(0), Decimal(2))
# Names that an identifier cannot tell apart are among them.
NAMES = ("Stair-A", "Stair A", "stair.a", "Stair-B", "Ост", "Treppe Süd")


def some_id(*parts: object) -> uuid.UUID:
    return derived_id("test", *map(str, parts))


@st.composite
def registries(draw: st.DrawFn) -> Registry:
    names = draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True))
    parts = [draw(one_stair(name)) for name in names]
    building = Building(some_id("building"), "Some Building", "Australia/Sydney")
    return Registry(building, *(tuple(one for part in parts for one in part[member]) for member in MEMBERS))


MEMBERS = ("stairs", "floors", "doors", "doorways", "zones", "equipment", "scenarios", "definitions")


@st.composite
def one_stair(draw: st.DrawFn, name: str) -> dict[str, list]:
    stair = Stair(some_id(name), name, design_setpoint_pa=Decimal(45))
    numbers = draw(st.lists(st.integers(-5, 40), max_size=12, unique=True))
    floors = [Floor(some_id(name, n), stair.stair_id, level(n), n) for n in numbers]
    doors = [
        Door(some_id(name, one.floor_number, "d", d), stair.stair_id, one.floor_id, f"D{'.' * d}1")
        for one in floors
        for d in range(draw(st.integers(0, 3)))
    ]
    doorways = [
        Doorway(some_id(name, one.floor_number, "w", w), stair.stair_id, one.floor_id, f"DW-{w}")
        for one in floors
        for w in range(draw(st.integers(0, 2)))
    ]
    zones = [
        Zone(some_id(name, "z", n), stair.stair_id, f"Zone-{n}", (f.floor_level,), (f.floor_id,))
        for n, f in enumerate(floors[:4])
    ]
    scenarios = [
        Scenario(
            some_id(name, "s", n, k), stair.stair_id, zone.zone_id, f"Fire {k}", kind, "SD-1", (STEP,), active=active
        )
        for n, zone in enumerate(zones)
        for k, (kind, active) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(get_args(ScenarioType)), st.booleans()), max_size=3))
        )
    ]
    definitions = [
        InterfaceDefinition(some_id(name, "i", n), stair.stair_id, kind, f"PANEL-{n}", active=active)
        for n, (kind, active) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(INTERFACE_TYPES), st.booleans()), max_size=5))
        )
    ]
    return dict(zip(MEMBERS, ([stair], floors, doors, doorways, zones, [], scenarios, definitions), strict=True))


def level(number: int) -> str:
    if number == 0:
        return "Ground"
    return f"Level-{number}" if number > 0 else f"Basement-{-number}"
