"""The interval length of a file that does not name it, from how far apart its stamps lie."""

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.formats.parsed import ALLOWED_MINUTES
from domain.grid.metering.rules.local_days import US_PER_MINUTE
from domain.kernel.errors import Invalid


def spacing_minutes(
    meter: NDArray[np.int32], instants: NDArray[np.int64], good: NDArray[np.bool_], name: str
) -> NDArray[np.int16]:
    """The most frequent distance of neighbouring stamps, per meter; a meter too short to tell takes the file's.

    Raises:
        Invalid: no two neighbouring stamps are an interval apart.
    """
    order = np.lexsort((instants[good], meter[good]))
    meters, times = meter[good][order], instants[good][order]
    minutes = np.rint(np.diff(times) / US_PER_MINUTE).astype(np.int64)
    usable = (np.diff(meters) == 0) & np.isin(minutes, ALLOWED_MINUTES)
    votes = np.zeros((int(meter.max(initial=0)) + 1, len(ALLOWED_MINUTES)), np.int64)
    np.add.at(votes, (meters[1:][usable], np.searchsorted(ALLOWED_MINUTES, minutes[usable])), 1)
    if not votes.any():
        if not good.any():
            return np.full(len(meter), ALLOWED_MINUTES[0], np.int16)
        raise Invalid(
            f"{name} does not say how long an interval is, and its stamps do not show it; nothing of it was taken.",
            hint="Give --interval-minutes, or a column interval_minutes.",
        )
    lengths = np.array(ALLOWED_MINUTES, np.int16)
    common = lengths[votes.sum(axis=0).argmax()]
    per_meter = np.where(votes.sum(axis=1) > 0, lengths[votes.argmax(axis=1)], common).astype(np.int16)
    answer: NDArray[np.int16] = per_meter[meter]
    return answer
