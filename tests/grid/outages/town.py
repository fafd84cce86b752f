"""A small town for tests through the database: two feeders with laterals, a switch on the way, a tie between."""

from datetime import UTC, datetime, timedelta

from domain.grid.network.observe import import_network
from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.meters import numbered
from domain.grid.network.rules.model import Device, Edge, Feeder, Meter, Network, Node, Substation, Transformer
from domain.grid.outages.rules.storm import Fault
from tests.makers import make_tenant

NIGHT = datetime(2026, 11, 20, 23, 10, tzinfo=UTC)
IMPORTED = NIGHT - timedelta(days=3)
LENGTH, HOUSES = 6, 4
BACK_MIN, REPAIRED_MIN = 95, 150
CRITICAL = "N6L0-0"


def town() -> Network:
    """Feeders N and S of six nodes each; at every node a fused lateral with four transformers of four houses."""
    nodes = [Node("BUS", 12.47, 47.0, 8.0, is_substation=True)]
    edges: list[Edge] = []
    devices: list[Device] = []
    transformers: list[Transformer] = []
    meters: list[Meter] = []
    for side, north in (("N", 1), ("S", -1)):
        for place in range(1, LENGTH + 1):
            own, above = f"{side}{place}", f"{side}{place - 1}" if place > 1 else "BUS"
            nodes.append(Node(own, 12.47, 47.0 + north * place / 200, 8.0))
            edges.append(_line(f"L-{own}", above, own, 500.0))
            lateral = f"{own}L"
            nodes.append(Node(lateral, 12.47, 47.0 + north * place / 200, 8.004))
            edges.append(_line(f"L-{lateral}", own, lateral, 300.0))
            devices.append(Device(f"FUSE-{own}", "fuse", f"L-{lateral}", rated_a=100.0))
            for number in range(HOUSES):
                low = f"{lateral}{number}"
                nodes.append(Node(low, 0.12, 47.0 + north * place / 200, 8.004 + (number + 1) / 1000))
                edges.append(Edge(f"X-{low}", lateral, low, "transformer", phases="A"))
                transformers.append(Transformer(f"T-{low}", f"X-{low}", low, 50.0, "A"))
                meters += [
                    Meter(
                        "", f"{low}-{house}", low, base_kwh_day=24.0, critical_flag=(place, number, house) == (6, 0, 0)
                    )
                    for house in range(HOUSES)
                ]
        devices.append(Device(f"BRK-{side}", "breaker", f"L-{side}1", rated_a=400.0, remote_ctl=True))
        devices.append(Device(f"REC-{side}", "recloser", f"L-{side}3", rated_a=400.0, remote_ctl=True))
        devices.append(Device(f"SW-{side}", "switch", f"L-{side}5", rated_a=400.0))
    edges.append(Edge("L-TIE", "N6", "S6", "switch", 50.0, "ABC", 400.0, is_open=True))
    devices.append(Device("TIE-NS", "tie", "L-TIE", normally_open=True, rated_a=400.0))
    return numbered(
        assemble(
            Network(
                "town",
                "0" * 64,
                substations=(Substation("SUB", "Town", 47.0, 8.0),),
                feeders=tuple(
                    Feeder(f"FEEDER_{side}", side, f"Feeder {side}", "SUB", 12.47, 400.0, head_edges=(f"L-{side}1",))
                    for side in "NS"
                ),
                nodes=tuple(nodes),
                edges=tuple(edges),
                devices=tuple(devices),
                transformers=tuple(transformers),
                meters=tuple(meters),
            )
        )
    )


def _line(own: str, above: str, below: str, length_m: float) -> Edge:
    ohms = 0.25 * length_m / 1000, 0.4 * length_m / 1000
    return Edge(own, above, below, "line", length_m, "ABC", 400.0, r_ohm=ohms[0], x_ohm=ohms[1])


def make_town(tenant_id: str = "T") -> Network:
    """A demo tenant that has the town; answers it as it stands in the database."""
    make_tenant(tenant_id)
    network = town()
    import_network(tenant_id, network, IMPORTED, actor_id="test")
    return network


def below(network: Network, device_id: str) -> tuple[str, ...]:
    """The meters that a device feeds, by id."""
    parent = {one.device_id: one.parent_device_id for one in network.devices}

    def is_below(own: str | None) -> bool:
        while own is not None and own != device_id:
            own = parent.get(own)
        return own == device_id

    return tuple(sorted(one.meter_id for one in network.meters if is_below(one.device_id)))


def night(network: Network, began_at: datetime = NIGHT) -> Fault:
    """The recloser of the north feeder opens; behind the switch supply is back first, the rest once it is repaired."""
    out = below(network, "REC-N")
    first = set(below(network, "SW-N"))
    back = {one: began_at + timedelta(minutes=BACK_MIN if one in first else REPAIRED_MIN) for one in out}
    return Fault("REC-N", began_at, out, back, is_telecontrolled=True)
