"""Merkle trees as RFC 6962 defines them: the vectors of its reference log, and what must hold for every tree."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.seals.merkle import Tree, audit_path, leaf_hash, node_hash, root_of_path

# The inputs, roots and paths that the reference implementations of certificate transparency test themselves with.
INPUTS = [
    bytes.fromhex(text)
    for text in [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
leaves_strategy = st.lists(st.binary(max_size=40), min_size=1, max_size=70)


def slow_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


def grown(leaves: list[bytes]) -> bytes:
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf_hash(leaf))
    return tree.root()


def slow_path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if index < k:
        return [*slow_path(index, leaves[:k]), slow_root(leaves[k:])]
    return [*slow_path(index - k, leaves[k:]), slow_root(leaves[:k])]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_the_reference_log(size: int) -> None:
    assert grown(INPUTS[:size]).hex() == ROOTS[size - 1]


def test_the_tree_of_nothing_has_the_hash_of_nothing() -> None:
    assert Tree().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_path_of_the_reference_log() -> None:
    path = audit_path(map(leaf_hash, INPUTS), 5, 8)
    assert [node.hex() for node in path] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(leaves_strategy)
def test_a_growing_tree_has_the_root_of_the_definition(leaves: list[bytes]) -> None:
    assert grown(leaves) == slow_root(leaves)


@given(leaves_strategy, st.data())
def test_every_leaf_has_the_path_of_the_definition_and_it_leads_to_the_root(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = audit_path(map(leaf_hash, leaves), index, len(leaves))
    assert path == slow_path(index, leaves)
    assert root_of_path(leaf_hash(leaves[index]), index, len(leaves), path) == slow_root(leaves)


@given(leaves_strategy, st.data())
def test_no_other_leaf_place_or_path_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = audit_path(map(leaf_hash, leaves), index, size)
    root, leaf = slow_root(leaves), leaf_hash(leaves[index])
    assert root_of_path(leaf_hash(leaves[index] + b"x"), index, size, path) != root
    assert root_of_path(leaf, index, size, [*path, leaf]) != root
    assert root_of_path(leaf, size, size, path) is None
    if path:
        spoilt = data.draw(st.integers(0, len(path) - 1))
        changed = [node_hash(node, node) if at == spoilt else node for at, node in enumerate(path)]
        assert root_of_path(leaf, index, size, changed) != root
        assert root_of_path(leaf, index, size, path[:-1]) != root


def test_a_tree_without_that_leaf_or_with_others_than_said_gives_no_path() -> None:
    with pytest.raises(ValueError, match="has no leaf 3"):
        audit_path([b"a"] * 3, 3, 3)
    with pytest.raises(ValueError, match="2 leaves were given"):
        audit_path([b"a"] * 2, 0, 3)
