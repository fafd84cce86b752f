"""Charts of a stair of the model, for tests and to be looked at."""

from datetime import date, timedelta

import numpy as np

from domain.kernel.charts.chart import Chart
from domain.stairs.charts.door_force import DoorPoint, door_forces
from domain.stairs.charts.profile import FloorPoint, Limits, Verdict, pressure_by_floor
from domain.stairs.charts.sequence import SequenceStep, sequence_chart
from domain.stairs.charts.trend import trend
from domain.stairs.rules.physics.door import Leaf, pressure_force_n
from domain.stairs.rules.physics.network import Level, solve
from domain.stairs.rules.trend import Result, forecast

LIMITS = Limits(20.0, 80.0, 45.0)
LEAF = Leaf(0.90, 2.10)


def _name(floor: int) -> str:
    return "Ground" if floor == 0 else f"Basement-{-floor}" if floor < 0 else f"Level-{floor}"


def profile(floors: range = range(15), prefix: str = "", leaking: int = 8) -> Chart:
    levels = [Level(_name(n), (n - floors[0]) * 3.5, 0.02) for n in floors]
    found = solve(levels, 0.1174 * len(levels), stair_c=22, outside_c=10)
    chance = np.random.default_rng(7)
    points = []
    for n, pressure in zip(floors, found, strict=True):
        for configuration, part in (("all_closed", 1.0), ("evac_doors_open", 0.62)):
            measured = round(pressure.across_door_pa * part + float(chance.normal(0, 0.6)), 1)
            if n == leaking:
                measured = 18.2 if part == 1.0 else 12.4
            verdict: Verdict = "compliant" if 20 <= measured <= 80 else "non_compliant"
            baseline = round(pressure.across_door_pa * part * 1.06, 1)
            told = "indeterminate" if n == floors[0] + 3 else verdict
            points.append(FloorPoint(prefix + _name(n), n, configuration, measured, baseline, told))  # type: ignore[arg-type]
    chart = pressure_by_floor(f"{prefix}Stair-A", points, LIMITS)
    assert chart is not None
    return chart


def trending(values: tuple[float, ...] = (48.0, 43.9, 38.6, 35.2, 31.4, 28.1), prefix: str = "") -> Chart:
    results = [Result(date(2022, 1, 20) + timedelta(days=182 * n), value) for n, value in enumerate(values)]
    found = forecast(results, minimum=20.0, maximum=80.0, accuracy=1.0, is_share=True)
    chart = trend(f"{prefix}Stair-A Level-8, all doors closed", "Pa", results, found, minimum=20.0, maximum=80.0)
    assert chart is not None
    return chart


def forces(prefix: str = "") -> Chart:
    chance = np.random.default_rng(3)
    points = []
    for n in range(15):
        pressure = round(38 + 2.4 * n + float(chance.normal(0, 1)), 1)
        closer = 52.0 if n in (13, 14) else 34.0
        force = round(closer + pressure_force_n(LEAF, pressure) + float(chance.normal(0, 2)), 1)
        points.append(DoorPoint(f"{prefix}D-{_name(n)}-Stair-A", LEAF, pressure, force, closer))
    chart = door_forces(f"{prefix}Stair-A", points, 110.0)
    assert chart is not None
    return chart


def sequence(prefix: str = "") -> Chart:
    steps = [
        SequenceStep(1, f"{prefix}ALARM-PANEL", "activate", 0, 2, 0.4),
        SequenceStep(2, f"{prefix}FAN-01", "start", 3, 2, 3.2),
        SequenceStep(3, f"{prefix}DAMPER-RELIEF-Z1", "open", 5, 2, 7.1, "LATE", 0.1),
        SequenceStep(4, f"{prefix}PRESSURE-SENSOR-L5", "reach_setpoint", 15, 5, None, "MISSING"),
    ]
    chart = sequence_chart(f"{prefix}Fire Floor 8 - Zone 3 Activation", f"{prefix}Stair-A Zone-3", steps)
    assert chart is not None
    return chart


EVERY = [
    profile(),
    profile(range(-3, 41), leaking=17),
    profile(range(1), leaking=5),
    trending(),
    trending((48.0, 47.5, 48.4, 48.1)),
    forces(),
    sequence(),
]
LONG = "The-north-eastern-smoke-proof-and-fire-isolated-stair-of-the-podium "
HOSTILE = [profile(prefix=LONG), trending(prefix=LONG), forces(LONG), sequence(LONG)]
