"""The two deterministic rules, on trees small enough to see the answer."""

from domain.grid.outages.rules.baselines import common_devices, rolled_up
from tests.grid.outages.test_inference import TREE, below


def test_half_of_the_meters_make_a_device_open_and_the_topmost_counts() -> None:
    assert rolled_up(TREE, below("LAT-2")[:10]) == ("LAT-2",)
    assert rolled_up(TREE, below("LAT-2")[:9]) == ("XF-2-0", "XF-2-1")
    assert rolled_up(TREE, ["M-0-0-0", "NOBODY"]) == ()
    assert rolled_up(TREE, [meter for meter in TREE.meter_ids if not meter.endswith("-4")]) == ("BRK",)


def test_reports_are_clustered_before_their_common_device_is_sought() -> None:
    assert common_devices(TREE, below("LAT-2")[::2]) == ("LAT-2",)
    assert common_devices(TREE, [*below("LAT-2")[::2], "M-5-1-1"]) == ("LAT-2", "XF-5-1")
    assert common_devices(TREE, ["M-0-0-0"]) == ("XF-0-0",)
    assert common_devices(TREE, TREE.meter_ids[::3]) == ("BRK",)
    assert common_devices(TREE, []) == ()
