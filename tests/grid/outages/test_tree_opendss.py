"""The meters below each device are those that an independent power flow finds dark when the device is opened."""

from pathlib import Path

import pytest

from domain.grid.network.importers.opendss import import_opendss
from domain.grid.network.rules.model import Network
from domain.grid.outages.rules.device_tree import build_device_tree

MODELS = {
    "ieee123": "IEEETestCases/123Bus/IEEE123Master.dss",
    "epri_ckt5": "EPRITestCircuits/ckt5/Master_ckt5.dss",
}


class PowerFlow:
    """OpenDSS with one model; elements are opened and closed by the name of the network's edge."""

    def __init__(self, master: Path, network: Network) -> None:
        from dss import DSS

        self.engine = DSS.NewContext()
        self.engine.AllowForms = self.engine.AllowChangeDir = False
        self.engine.Text.Command = f'compile "{master}"'
        self.engine.Text.Command = "set controlmode=off"
        self.circuit = self.engine.ActiveCircuit
        self.names = {
            name.split(".", 1)[1].lower(): name for name in self.circuit.AllElementNames if "load" not in name.lower()
        }
        self.loads = [(one.meter_id, one.node_id or "", one.phase or "ABC") for one in network.meters]
        self.edge_of = {one.device_id: one.edge_id or "" for one in network.devices}

    def switch(self, device_id: str, verb: str) -> None:
        self.engine.Text.Command = f"{verb} {self.names[self.edge_of[device_id]]} term=1"

    def dark(self) -> set[str]:
        """Meters without half the voltage on any of their phases."""
        self.engine.Text.Command = "solve"
        volts = dict(zip(self.circuit.AllNodeNames, self.circuit.AllBusVmagPu, strict=True))
        return {
            own
            for own, bus, phases in self.loads
            if max(volts.get(f"{bus}.{'ABC'.index(phase) + 1}", 0.0) for phase in phases) < 0.5
        }


@pytest.mark.parametrize(("feeder", "every"), [("ieee123", 1), ("epri_ckt5", 24)])
def test_the_meters_below_a_device_are_those_that_its_opening_darkens(
    opendss_models: Path, feeder: str, every: int
) -> None:
    network = import_opendss(opendss_models / MODELS[feeder])
    tree, flow = build_device_tree(network), PowerFlow(opendss_models / MODELS[feeder], network)
    for index in range(0, len(tree.device_ids), every):
        own = tree.device_ids[index]
        flow.switch(own, "open")
        assert flow.dark() == set(tree.meters_below(index)), own
        flow.switch(own, "close")
    assert len(tree.device_ids) // every > 20


def test_the_tree_follows_switching_as_power_flow_does(opendss_models: Path) -> None:
    """IEEE 123 with its part behind sw4 fed through the tie sw7; then one device after the other is opened."""
    network = import_opendss(opendss_models / MODELS["ieee123"])
    flow = PowerFlow(opendss_models / MODELS["ieee123"], network)
    flow.switch("sw4", "open")
    tree = build_device_tree(network, open_devices=["sw4"])
    assert flow.dark() == set(tree.unfed_meter_ids)
    assert tree.unfed_meter_ids
    # The published model draws an open tie as a line to a bus of its own; closing it is joining the two.
    flow.engine.Text.Command = "edit line.sw7 bus2=300"
    tree = build_device_tree(network, open_devices=["sw4"], closed_devices=["sw7"])
    assert flow.dark() == set(tree.unfed_meter_ids) == set()
    assert {"sw4", "sw8"} == set(tree.open_device_ids)
    for index, own in enumerate(tree.device_ids):
        flow.switch(own, "open")
        assert flow.dark() == set(tree.meters_below(index)), own
        flow.switch(own, "close")
