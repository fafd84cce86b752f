"""An analyst's file of meter events, checked and turned into signals; what cannot be used is counted and named."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cli.study.files import FileColumns, Wanted, read_columns
from cli.study.stamps import NOT_TOLD, instants
from domain.grid.network.rules.model import Network
from domain.grid.outages.rules import signals as kinds
from domain.grid.outages.rules.signals import Signal

EVENTS = Wanted(
    texts=("meter_id", "type"),
    numbers=(),
    optional_texts=("source",),
    optional_stamps=("arrived_at",),
    aliases=(("load", "meter_id"), ("event_type", "type")),
    stamp="at",
    example="meter_id,type,at",
)
NAMED = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What head-ends call the same things.
_SYNONYMS = {"LAST_GASP": kinds.POWER_OUT, "OUTAGE": kinds.POWER_OUT, "RESTORATION": kinds.POWER_ON}


@dataclass(frozen=True)
class StudyEvents:
    """Signals and what became of the rows.

    Attributes:
        names: what to call each meter, by id: the name of its load where the file names loads, else nothing.
        unknown: names that the network does not have, most rows first, with their rows.
    """

    signals: tuple[Signal, ...]
    names: dict[str, str]
    rows: int
    duplicates: int
    unknown: tuple[tuple[str, int], ...]
    last_arrival: datetime

    @property
    def unknown_rows(self) -> int:
        """Rows of meters that the network does not have."""
        return sum(count for _, count in self.unknown)

    @property
    def notes(self) -> list[str]:
        """What was passed over, in sentences."""
        found = []
        if self.duplicates:
            found.append(f"Rows that stand twice and count once: {self.duplicates:,}.")
        if self.unknown:
            names = ", ".join(name for name, _ in self.unknown[:NAMED])
            more = ", ..." if len(self.unknown) > NAMED else ""
            found.append(
                f"Meters that the network does not have, left out with their rows ({self.unknown_rows:,}):"
                f" {len(self.unknown):,}: {names}{more}."
            )
        return found


def read_events(path: Path, network: Network, zone: ZoneInfo) -> StudyEvents:
    """The file's events as signals of the network's meters and devices.

    Raises:
        Invalid: not readable, a column missing, a type or a time that is none; file, row and column are named.
    """
    file = read_columns(path, EVENTS)
    types = _types(file)
    owner = file.texts["meter_id"]
    at = instants(file, "at", owner.code, zone)
    arrived = _arrived(file, at, zone)
    places = _places(network, owner.values, {types[int(code)] for code in np.unique(file.texts["type"].code)})
    sources = file.texts.get("source")
    seen: set[tuple[int, int, int]] = set()
    unknown: Counter[str] = Counter()
    signals: list[Signal] = []
    duplicates = 0
    rows = zip(owner.code.tolist(), file.texts["type"].code.tolist(), at.tolist(), arrived.tolist(), strict=True)
    for number, (meter, kind, second, came) in enumerate(rows):
        if (meter, kind, second) in seen:
            duplicates += 1
            continue
        seen.add((meter, kind, second))
        place = places.get(owner.values[meter])
        if place is None:
            unknown[owner.values[meter]] += 1
            continue
        source = "file" if sources is None or sources.code[number] < 0 else sources.values[sources.code[number]]
        signals.append(Signal(place[0], types[kind], _moment(second), _moment(came), source, place[1]))
    by_load = sum(place[0] not in {"", name} for name, place in places.items())
    names = {one.meter_id: one.external_ref for one in network.meters} if 2 * by_load > len(places) else {}
    return StudyEvents(
        tuple(signals),
        names,
        len(file),
        duplicates,
        tuple(sorted(unknown.items(), key=lambda pair: (-pair[1], pair[0]))),
        _moment(int(arrived.max())),
    )


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _types(file: FileColumns) -> list[str]:
    """The signal type of each distinct text."""
    column = file.texts["type"]
    found = []
    for number, value in enumerate(column.values):
        word = value.upper().replace(" ", "_").replace("-", "_")
        word = _SYNONYMS.get(word, word)
        if word not in kinds.TYPES:
            row = int(np.flatnonzero(column.code == number)[0])
            raise file.refuse(row, "type", f"{value!r} is no event, expected one of {', '.join(kinds.TYPES)}.")
        found.append(word)
    return found


def _arrived(file: FileColumns, at: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """When each row came in; `at` where the file does not say."""
    if "arrived_at" not in file.stamps:
        return at
    came = instants(file, "arrived_at", file.texts["meter_id"].code, zone)
    return np.where(came == NOT_TOLD, at, came)


def _places(network: Network, names: tuple[str, ...], types: set[str]) -> dict[str, tuple[str, str | None]]:
    """(meter id, device id) of each name: meters' ids go before loads' names, devices where a type speaks of them."""
    meters = {one.meter_id: one.meter_id for one in network.meters}
    loads = {one.external_ref.lower(): one.meter_id for one in network.meters}
    devices = {one.device_id for one in network.devices} if types & set(kinds.DEVICE_TYPES) else set()
    found: dict[str, tuple[str, str | None]] = {}
    for name in names:
        meter = meters.get(name) or loads.get(name.lower())
        if meter is not None:
            found[name] = (meter, None)
        elif name in devices:
            found[name] = ("", name)
    return found
