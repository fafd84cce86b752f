"""What an importer decides about a meter where the source is silent: its id, how it reports, its class."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace

from domain.grid.network.rules.model import AMI_TYPES, Network
from domain.kernel.errors import Conflict

# Of 256 hash buckets: 78 % radio mesh, 17 % cellular, 5 % power line; the usual mix of a mixed rural and town fleet.
_MESH_BELOW, _CELLULAR_BELOW = 200, 243
LARGE_LOAD_KW = 100.0
_CLASS_BY_LETTER = {"H": "res", "G": "sml_com", "L": "ag"}
# Of what the same class draws at its peak, the share that it draws on the mean of a year; for sources without profiles.
LOAD_FACTOR = {"res": 0.40, "sml_com": 0.50, "ci": 0.60, "ag": 0.40}


def meter_ids(count: int) -> list[str]:
    """`M000001` and on: one width for a whole network, so that text order is number order and rows have equal size."""
    width = max(6, len(str(count)))
    return [f"M{number:0{width}d}" for number in range(1, count + 1)]


def ami_type(reference: str) -> str:
    """How a meter reports, a fixed mix by the hash of its name in the source."""
    bucket = hashlib.sha256(reference.encode()).digest()[0]
    if bucket < _MESH_BELOW:
        return AMI_TYPES[0]
    return AMI_TYPES[1] if bucket < _CELLULAR_BELOW else AMI_TYPES[2]


def class_of_profile(profile: str, peak_kw: float, *, medium_voltage: bool) -> str:
    """The customer class of a standard profile: H household, G commerce, L agriculture; large loads are industry."""
    if medium_voltage or peak_kw >= LARGE_LOAD_KW:
        return "ci"
    return _CLASS_BY_LETTER.get(profile[:1], "sml_com")


def class_of_load(peak_kw: float, shape: str = "") -> str:
    """The customer class by the name of the load's shape, else by size."""
    if peak_kw >= LARGE_LOAD_KW:
        return "ci"
    if shape.lower().startswith("res"):
        return "res"
    return "sml_com" if peak_kw > 15.0 or shape.lower().startswith("com") else "res"


def base_kwh_day(peak_kw: float, meter_class: str) -> float:
    """Expected energy of a day from a peak, by the class's load factor."""
    return max(peak_kw, 0.0) * LOAD_FACTOR[meter_class] * 24.0


def natural(name: str | None) -> tuple[tuple[int, int | str], ...]:
    """A key under which `Load 9` stands before `Load 10`; unnamed things come first."""
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in re.findall(r"\d+|\D+", name or ""))


def numbered(network: Network) -> Network:
    """Give meters their ids: by feeder, transformer and name in the source, so that neighbours stand together."""
    ordered = sorted(
        network.meters,
        key=lambda meter: (natural(meter.feeder_id), natural(meter.transformer_id), natural(meter.external_ref)),
    )
    ids = meter_ids(len(ordered))
    return replace(network, meters=tuple(replace(meter, meter_id=own) for meter, own in zip(ordered, ids, strict=True)))


def settled(network: Network, standing: Mapping[str, str]) -> Network:
    """Keep the ids of meters that are known already: `standing` maps names in the source to ids.

    A meter is who its source says it is. A customer added or removed must not move the ids of the others, and another
    network must not inherit the reads of the one before it: new meters whose id is taken get the next free number.

    Raises:
        Conflict: the source states its own meter ids, and one of them is taken by another source's meter.
    """
    taken = set(standing.values())
    number = max((int(own[1:]) for own in taken if own[:1] == "M" and own[1:].isdecimal()), default=0)
    width = len(meter_ids(len(network.meters))[0]) - 1 if network.meters else 6
    placed = []
    for meter in network.meters:
        own = standing.get(meter.external_ref)
        if own is None and meter.meter_id in taken:
            if meter.meter_id == meter.external_ref:
                raise Conflict(
                    f"Nothing was imported: meter {meter.meter_id} is already the id of another network's customer.",
                    hint="Import each network into a tenant of its own.",
                    code="METER_ID_TAKEN",
                )
            number = max(number, len(network.meters)) + 1
            own = f"M{number:0{width}d}"
        placed.append(meter if own is None else replace(meter, meter_id=own))
    return replace(network, meters=tuple(sorted(placed, key=lambda meter: meter.meter_id)))
