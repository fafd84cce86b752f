"""An outage that is known on one feeder says nothing about the meters of another."""

from datetime import timedelta

import pytest

from domain.grid.network.rules.model import Network
from domain.grid.outages.rules.device_tree import build_device_tree
from domain.grid.outages.rules.inference.infer import infer_outages
from domain.grid.outages.rules.signals import POWER_OUT, Signal, Standing
from tests.grid.outages.town import NIGHT, below, town

TOWN: Network = town()


@pytest.mark.parametrize(("known", "opens"), [("BRK-N", "REC-S"), ("BRK-S", "REC-N"), ("FUSE-S1", "FUSE-N1")])
def test_a_standing_outage_of_another_feeder_changes_nothing(known: str, opens: str) -> None:
    """Both ways: meters are counted from their feeder's first, so that another's lie before it or behind its end."""
    gasps = [Signal(one, POWER_OUT, NIGHT, NIGHT + timedelta(seconds=20), "ami") for one in below(TOWN, opens)[::2]]
    standing = Standing("OUT-1", known, frozenset(below(TOWN, known)), NIGHT - timedelta(minutes=90))
    tree, at = build_device_tree(TOWN), NIGHT + timedelta(minutes=5)
    alone, beside = infer_outages(tree, gasps, at), infer_outages(tree, gasps, at, standing=[standing])
    assert [one.device_id for one in alone.outages] == [opens]
    assert beside.outages == alone.outages
