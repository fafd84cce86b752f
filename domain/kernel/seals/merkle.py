"""Merkle trees as RFC 6962 (section 2.1) and RFC 9162 define them, over a stream of leaves. Pure.

A leaf is hashed as SHA-256(0x00 || leaf), an inner node as SHA-256(0x01 || left || right), so that nobody can pass an
inner node off as a leaf. Memory is one hash for each level, whatever the number of leaves.
"""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf, 32 bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows leaf by leaf and keeps only the roots of its complete subtrees, largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append one leaf, given as its hash."""
        peaks, size, sha256 = self._peaks, self.size, hashlib.sha256
        while size & 1:
            leaf = sha256(b"\x01" + peaks.pop() + leaf).digest()
            size >>= 1
        peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root over all leaves so far; of no leaves the hash of nothing."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def sibling_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The subtrees beside the way from leaf `index` to the root of `size` leaves, nearest first, as [start, end).

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    start, end = 0, size
    ranges: list[tuple[int, int]] = []
    while end - start > 1:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def audit_path(leaves: Iterable[bytes], index: int, size: int) -> list[bytes]:
    """The audit path of leaf `index`, nearest sibling first, in one pass over the leaves' hashes.

    Raises:
        ValueError: the tree has no such leaf, or there are not `size` leaves.
    """
    ranges = sibling_ranges(index, size)
    trees = {bounds: Tree() for bounds in ranges}
    in_order = iter(sorted(ranges))
    here = next(in_order, None)
    count = 0
    for number, leaf in enumerate(leaves):
        count += 1
        while here is not None and number >= here[1]:
            here = next(in_order, None)
        if here is not None and number >= here[0]:
            trees[here].add(leaf)
    if count != size:
        raise ValueError(f"{count} leaves were given for a tree of {size}")
    return [trees[bounds].root() for bounds in ranges]


def root_of_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root to which the path leads (RFC 9162, 2.1.3.2); None where it has not the length that it must have."""
    if not 0 <= index < size:
        return None
    node, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node != 0:
                node >>= 1
                last >>= 1
        else:
            root = node_hash(root, sibling)
        node >>= 1
        last >>= 1
    return root if last == 0 else None
