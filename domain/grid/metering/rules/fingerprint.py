"""One hash of reads: equal when the same meters have the same values at the same instants, in whatever order."""

import hashlib
from collections.abc import Iterable

import numpy as np

from domain.grid.metering.rules.reads import Reads

Line = tuple[str, int, float, float | None, int, int]


def lines_of(reads: Reads) -> list[Line]:
    """The reads as (meter, read_at, kwh, voltage or None, flags, arrived_at), ordered by meter id and instant."""
    voltages = [None if np.isnan(volts) else float(volts) for volts in reads.voltage]
    columns = zip(
        (reads.meters[i] for i in reads.meter.tolist()),
        reads.read_at.tolist(),
        reads.kwh.tolist(),
        voltages,
        reads.flags.tolist(),
        reads.arrived_at.tolist(),
        strict=True,
    )
    return sorted(columns, key=lambda line: line[:2])


def fingerprint(lines: Iterable[Line]) -> str:
    """SHA-256 over the lines in the order of `lines_of`; floats by their shortest exact decimal."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(repr(line).encode())
    return digest.hexdigest()
