"""Made-up radial networks with ties, for tests and measurements of outages: small, and random enough to surprise."""

import random
from datetime import UTC, datetime, timedelta

from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.model import Device, Edge, Feeder, Meter, Network, Node, Substation
from domain.grid.outages.rules.options.model import OutageContext

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


def random_network(
    seed: int, feeders: int = 3, nodes: int = 14, ties: int = 3, kw: float = 900.0, switches: float = 0.5
) -> Network:
    """`feeders` random trees of `nodes` nodes from one substation, joined by open ties; MW-sized loads at each node."""
    draw = random.Random(seed)  # noqa: S311 (made-up data)
    made_nodes = [Node("BUS", 12.47, is_substation=True)]
    edges: list[Edge] = []
    devices: list[Device] = []
    meters: list[Meter] = []
    heads: list[Feeder] = []
    for feeder in range(1, feeders + 1):
        names = [f"F{feeder}N{index:02d}" for index in range(nodes)]
        made_nodes += [Node(name, 12.47, 50.0 + feeder / 100, 8.0 + index / 1000) for index, name in enumerate(names)]
        rating = draw.choice([300.0, 400.0, 500.0])
        edges.append(Edge(f"F{feeder}HEAD", "BUS", names[0], "line", 100.0, "ABC", rating, r_ohm=0.02, x_ohm=0.04))
        devices.append(Device(f"BRK{feeder}", "breaker", f"F{feeder}HEAD", remote_ctl=True))
        heads.append(Feeder(f"F{feeder}", f"F{feeder}", f"F{feeder}", base_kv=12.47, head_edges=(f"F{feeder}HEAD",)))
        for index in range(1, nodes):
            above = names[max(0, index - draw.choice([1, 1, 1, 2, 4]))]
            own, length = f"F{feeder}E{index:02d}", draw.uniform(200, 1500)
            ohms = (0.25 * length / 1000, 0.4 * length / 1000)
            kind = draw.choice(["line", "line", "cable"])
            rated = draw.choice([200.0, 300.0, 400.0])
            edges.append(Edge(own, above, names[index], kind, length, "ABC", rated, r_ohm=ohms[0], x_ohm=ohms[1]))
            if draw.random() < switches:
                sort = draw.choice(["switch", "switch", "sectionalizer", "fuse", "recloser"])
                devices.append(Device(f"D{feeder}{index:02d}", sort, own, remote_ctl=draw.random() < 0.3))
        meters += [
            Meter(
                f"M{feeder}{index:02d}{number}",
                f"M{feeder}{index:02d}{number}",
                name,
                base_kwh_day=round(draw.uniform(0.1, 1.0) * kw * 12.0, 3),
                critical_flag=draw.random() < 0.05,
            )
            for index, name in enumerate(names)
            for number in range(draw.choice([0, 1, 2]))
        ]
    for number in range(ties):
        first, second = draw.sample(range(1, feeders + 1), 2) if draw.random() < 0.85 and feeders > 1 else (1, 1)
        a, b = (f"F{one}N{draw.randrange(nodes // 3, nodes):02d}" for one in (first, second))
        if a == b:
            continue
        edges.append(Edge(f"T{number}", a, b, "switch", 10.0, "ABC", 400.0, is_open=True))
        devices.append(Device(f"TIE{number}", "tie", f"T{number}", normally_open=True, remote_ctl=draw.random() < 0.5))
    draft = Network(
        "made up",
        "0" * 64,
        (Substation("S", "S"),),
        tuple(heads),
        tuple(made_nodes),
        tuple(edges),
        tuple(devices),
        meters=tuple(meters),
    )
    return assemble(draft, assume=False)


def context_of(network: Network, device_id: str, repair_min: float = 240.0, **more: object) -> OutageContext:
    """An outage of twenty minutes behind `device_id`."""
    device = next(one for one in network.devices if one.device_id == device_id)
    values = {"open_devices": (device_id,), "outage_id": "OUT-1", "repair_min": repair_min, **more}
    return OutageContext(
        feeder_id=device.feeder_id or "",
        device_ids=(device_id,),
        started_at=NOW - timedelta(minutes=20),
        as_of=NOW,
        **values,  # type: ignore[arg-type]
    )
