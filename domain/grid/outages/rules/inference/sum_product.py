"""The exact posterior on the device tree, in log space and linear time (grid.md 4.3).

Each device opened with its prior, independently; the topmost open one on a path decides which meters are out. With
`out` the log-likelihood ratio of everything below a device being out against energised:

    C(i) = log(1-p_i) + sum of Z over children,   Z(i) = log(p_i e^out(i) + e^C(i)),
    q_i  = pi_i * product over ancestors of (1 - pi_a),   pi_i = p_i e^out(i) / e^Z(i)

q_i is the probability that i is the topmost open device, over any number of simultaneous outages. Arrays have one row
per value of what is unknown to the whole session (false rate, activity); rows are mixed by their evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NONE = -1
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Levels:
    """A forest by depth: devices of one depth stand together, those of one parent side by side.

    Attributes:
        order: device indices, level by level.
        parent: for each place in `order` the place of its parent; NONE at the top.
        bounds: where each level begins, and the end.
        starts: per level below the top, where each parent's children begin, counted from the level's own begin.
        parents: per level below the top, the parents' places in the same order.
    """

    order: Ints
    parent: Ints
    bounds: tuple[int, ...]
    starts: tuple[Ints, ...]
    parents: tuple[Ints, ...]


def levels_of(parent: Ints, depth: Ints) -> Levels:
    """The forest by depth; `parent` and `depth` are those of devices in preorder."""
    order = np.lexsort((np.arange(len(parent)), depth)).astype(np.int64)
    place = np.empty(len(parent), np.int64)
    place[order] = np.arange(len(parent))
    above = np.where(parent[order] == NONE, NONE, place[np.maximum(parent[order], 0)])
    # Kept in preorder, the children of one parent stand together within a level, parents in their own order.
    deepest = int(depth.max()) if len(depth) else -1
    bounds = [int(bound) for bound in np.searchsorted(depth[order], np.arange(deepest + 2))]
    starts, parents = [], []
    for level in range(1, deepest + 1):
        rows = above[bounds[level] : bounds[level + 1]]
        own, first = np.unique(rows, return_index=True)
        starts.append(first.astype(np.int64))
        parents.append(own)
    return Levels(order, above, tuple(bounds), tuple(starts), tuple(parents))


@dataclass(frozen=True)
class Posterior:
    """What the tree says.

    Attributes:
        topmost: q_i per device, mixed over rows.
        row_weight: posterior of each row.
        chosen: devices of the likeliest configuration under the likeliest row, ascending.
    """

    topmost: Floats
    row_weight: Floats
    chosen: tuple[int, ...]


def solve(levels: Levels, log_p: Floats, log_not_p: Floats, out: Floats, log_row: Floats) -> Posterior:
    """The posterior; `log_p`, `log_not_p`, `out` are (rows, devices) by preorder, `log_row` the rows' log weights."""
    is_open = log_p[:, levels.order] + out[:, levels.order]
    calm = log_not_p[:, levels.order]
    z = _upward(levels, is_open, calm, np.logaddexp)
    roots = slice(0, levels.bounds[1]) if len(levels.bounds) > 1 else slice(0, 0)
    evidence = log_row + z[:, roots].sum(axis=1)
    weight = np.exp(evidence - np.logaddexp.reduce(evidence))
    mixed = np.empty(len(levels.order))
    mixed[levels.order] = weight @ _topmost(levels, is_open, calm, z)
    best = int(np.argmax(np.round(evidence, 9)))
    return Posterior(mixed, weight, _likeliest(levels, is_open[best : best + 1], log_not_p[best : best + 1]))


def _upward(levels: Levels, is_open: Floats, calm: Floats, join: np.ufunc) -> Floats:
    """Z (or the maximum) of every device; `calm` is filled with C on the way."""
    z = np.empty_like(is_open)
    for level in range(len(levels.bounds) - 2, -1, -1):
        here = slice(levels.bounds[level], levels.bounds[level + 1])
        z[:, here] = join(is_open[:, here], calm[:, here])
        if level:
            calm[:, levels.parents[level - 1]] += np.add.reduceat(z[:, here], levels.starts[level - 1], axis=1)
    return z


def _topmost(levels: Levels, is_open: Floats, calm: Floats, z: Floats) -> Floats:
    """Product of pi_i and (1 - pi) of all ancestors."""
    log_open, log_closed = np.minimum(is_open - z, 0.0), np.minimum(calm - z, 0.0)
    above = np.zeros_like(z)
    for level in range(1, len(levels.bounds) - 1):
        here = slice(levels.bounds[level], levels.bounds[level + 1])
        upper = levels.parent[here]
        above[:, here] = above[:, upper] + log_closed[:, upper]
    found: Floats = np.exp(above + log_open)
    return found


def _likeliest(levels: Levels, is_open: Floats, log_not_p: Floats) -> tuple[int, ...]:
    """The configuration of greatest probability, by maximum instead of sum; of equals the one that is closed."""
    calm = log_not_p[:, levels.order]
    _upward(levels, is_open, calm, np.maximum)
    opens = (is_open > calm)[0]
    covered = np.zeros(len(levels.order), bool)
    for level in range(1, len(levels.bounds) - 1):
        here = slice(levels.bounds[level], levels.bounds[level + 1])
        upper = levels.parent[here]
        covered[here] = covered[upper] | opens[upper]
    return tuple(sorted(levels.order[opens & ~covered].tolist()))


def mixture(columns: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """The log of the weighted sum of exp(columns)."""
    total = float(np.sum(np.array(weights)))
    stacked = np.stack([column + np.log(weight / total) for column, weight in zip(columns, weights, strict=True)])
    found: Floats = np.logaddexp.reduce(stacked, axis=0)
    return found
