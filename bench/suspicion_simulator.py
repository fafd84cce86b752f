"""A small world of meters with thieves and innocent look-alikes, made to judge the suspicion score (grid.md 3.6).

Own to the bench: it shares no code with the emulator of the product. True consumption is made once; reads, voltage
and delivered energy all follow from it. Thieves' voltage stays at the true load (bypass): detector and simulator share
that assumption, so what is measured here is an upper bound.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.local_days import US_PER_MINUTE
from domain.grid.metering.rules.suspicion.matrix import MeterMatrix

METERS, FEEDERS, DAYS, SLOTS = 1200, 8, 35, 96
THIEVES, VACANCIES, NEW_PV, MISSING = 10, 36, 36, 0.01
KINDS = ("scale", "cap", "zero_runs")
FIRST_DAY = 20_600  # a day in 2026; local time is UTC
HOUR = np.fromstring(
    "0.62 0.55 0.5 0.48 0.48 0.55 0.75 1 1.05 0.95 0.9 0.9 0.92 0.9 0.9 0.98 1.15 1.45 1.7 1.75 1.6 1.35 1.05 0.8",
    sep=" ",
)


@dataclass(frozen=True)
class World:
    """The matrix that a detector sees, and what is true: row numbers of thieves, vacancies and new PV homes."""

    matrix: MeterMatrix
    thieves: NDArray[np.intp]
    vacancies: NDArray[np.intp]
    new_pv: NDArray[np.intp]


def simulate(seed: int, window_days: int) -> World:
    """Make one world of 35 days in which thefts, vacancies and PV begin with the judged window."""
    rng = np.random.default_rng(seed)
    total = DAYS * SLOTS
    now = np.arange(total) >= (DAYS - window_days) * SLOTS
    true = _consumption(rng)
    chosen = rng.permutation(METERS)[: THIEVES + VACANCIES + NEW_PV]
    thieves, vacancies, new_pv = np.split(chosen, [THIEVES, THIEVES + VACANCIES])
    for row in vacancies:
        idle = rng.uniform(0.02, 0.15) * true[row].mean() * np.exp(rng.normal(0, 0.1, total))
        true[row] = np.where(now, idle, true[row])
    sun = np.maximum(np.sin((np.arange(total) % SLOTS / SLOTS - 0.25) * 2 * np.pi), 0.0)
    for row in new_pv:
        cloud = np.repeat(rng.uniform(0.5, 1.0, DAYS), SLOTS)
        true[row] -= np.where(now, rng.uniform(2.0, 6.0) * 0.25 * sun * cloud, 0.0)
    read = true.copy()
    for number, row in enumerate(thieves):
        severity = rng.uniform(0.3, 0.9)
        read[row] = np.where(now, _stolen(rng, KINDS[number % 3], true[row], severity), true[row])
    feeder = np.arange(METERS) % FEEDERS
    transformer = _transformers(rng, feeder)
    voltage = _voltage(rng, true, feeder, transformer)
    delivered = _delivered(rng, true, feeder)
    read[rng.random(read.shape) < MISSING] = np.nan
    voltage[np.isnan(read)] = np.nan
    ends = (FIRST_DAY * SLOTS + np.arange(total, dtype=np.int64) + 1) * 15 * US_PER_MINUTE
    matrix = MeterMatrix(
        meter_ids=tuple(f"M{row:05d}" for row in range(METERS)),
        read_at=ends,
        day=(FIRST_DAY + np.arange(total) // SLOTS).astype(np.int32),
        slot=(np.arange(total) % SLOTS).astype(np.int32),
        interval_minutes=15,
        kwh=read.astype(np.float32),
        feeder_ids=tuple(f"F{number}" for number in range(FEEDERS)),
        feeder=feeder.astype(np.int32),
        transformer=transformer.astype(np.int32),
        voltage=voltage.astype(np.float32),
        delivered=delivered,
    )
    return World(matrix, thieves, vacancies, new_pv)


def _consumption(rng: np.random.Generator) -> NDArray[np.float64]:
    """True kWh per interval: shape, weather of the day, a day's and an interval's own chance (grid.md 2.2)."""
    total = DAYS * SLOTS
    shift = rng.normal(0, 1.0, METERS)[:, None]
    hours = (np.arange(SLOTS) / 4)[None, :] + shift
    shape = np.interp(hours % 24, np.arange(25), np.append(HOUR, HOUR[0]))
    shape /= shape.mean(axis=1, keepdims=True)
    base = rng.lognormal(np.log(24.0), 0.45, METERS)[:, None] / SLOTS
    weather = np.exp(np.cumsum(rng.normal(0, 0.06, DAYS)) * 0.7 + np.where(np.arange(DAYS) % 7 >= 5, 0.06, 0.0))
    day = np.repeat(np.exp(rng.normal(0, 0.16, (METERS, DAYS))) * weather, SLOTS, axis=1)
    noise = np.empty((METERS, total))
    state = rng.normal(0, 0.28, METERS)
    shocks = rng.normal(0, 0.28 * np.sqrt(1 - 0.6**2), (total, METERS))
    for t in range(total):
        state = 0.6 * state + shocks[t]
        noise[:, t] = state
    return base * np.tile(shape, DAYS) * day * np.exp(noise)


def _stolen(rng: np.random.Generator, kind: str, true: NDArray[np.float64], severity: float) -> NDArray[np.float64]:
    """What a thief's meter records; each kind leaves out the share `severity` of the energy, or nearly."""
    if kind == "scale":
        return true * (1.0 - severity)
    if kind == "cap":
        low, high = 0.0, float(true.max())
        for _ in range(40):
            cap = (low + high) / 2
            low, high = (cap, high) if np.minimum(true, cap).sum() < (1 - severity) * true.sum() else (low, cap)
        return np.minimum(true, high)
    hours = rng.random(len(true) // 8) < severity  # bypassed two hours at a time
    return np.where(np.repeat(hours, 8), 0.0, true)


def _transformers(rng: np.random.Generator, feeder: NDArray[np.intp]) -> NDArray[np.intp]:
    """Four to ten meters to a transformer, all of one feeder."""
    out, number = np.zeros(METERS, dtype=np.intp), 0
    for one in range(FEEDERS):
        rows = np.flatnonzero(feeder == one)
        while len(rows):
            size = len(rows) if len(rows) < 8 else int(rng.integers(4, min(10, len(rows) - 4) + 1))
            out[rows[:size]] = number
            rows, number = rows[size:], number + 1
    return out


def _voltage(
    rng: np.random.Generator, true: NDArray[np.float64], feeder: NDArray[np.intp], transformer: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Substation less feeder drop, transformer drop of all siblings, own service drop; noise of 0.3 V (grid.md 2.4)."""
    kw = true * 4
    total_kw = np.zeros((FEEDERS, true.shape[1]))
    np.add.at(total_kw, feeder, kw)
    bank_kw = np.zeros((transformer.max() + 1, true.shape[1]))
    np.add.at(bank_kw, transformer, kw)
    place = rng.uniform(0.1, 1.0, transformer.max() + 1)[transformer]
    r_bank = rng.uniform(0.03, 0.06, transformer.max() + 1)[transformer]
    r_service = rng.uniform(0.1, 0.35, len(feeder))
    relative = total_kw / total_kw.mean(axis=1, keepdims=True)
    tap = np.repeat(rng.normal(0, 0.4, (FEEDERS, true.shape[1] // 16)), 16, axis=1)
    volts = 123.0 + tap[feeder] - 2.0 * place[:, None] * relative[feeder]
    volts -= r_bank[:, None] * bank_kw[transformer] + r_service[:, None] * kw
    return np.clip(volts + rng.normal(0, 0.3, true.shape), 112.0, 127.0)


def _delivered(rng: np.random.Generator, true: NDArray[np.float64], feeder: NDArray[np.intp]) -> NDArray[np.float64]:
    """D = C + P0 dt + k C^2 / dt with a mean loss of 3 to 7 %, a third of it no-load; metering error 0.2 %."""
    consumed = np.zeros((FEEDERS, true.shape[1]))
    np.add.at(consumed, feeder, true)
    target = rng.uniform(0.03, 0.07, FEEDERS)[:, None]
    loss = target * consumed.mean(axis=1, keepdims=True)
    copper = consumed**2 / (consumed**2).mean(axis=1, keepdims=True)
    return (consumed + 0.3 * loss + 0.7 * loss * copper) * (1 + rng.normal(0, 0.002, consumed.shape))
