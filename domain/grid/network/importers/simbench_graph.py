"""The graph of a SimBench grid: substation, feeders, nodes, edges, devices, service transformers.

At medium voltage every switch stays an edge with its device: CB a breaker, LBS a switch (open: a tie). On the
low-voltage side a transformer's board keeps its outgoing ways as fuses (assumed: the source says load switch); all
other low-voltage switches come in pairs at the ends of each cable and are joined with their busbars.
"""

import math
import re
from dataclasses import dataclass, replace
from functools import cached_property

from domain.grid.network.importers.simbench_tables import Row
from domain.grid.network.rules.merging import Merged, merge
from domain.grid.network.rules.model import Device, Edge, Feeder, Node, Substation, Transformer

MEDIUM_VOLTAGE, LOW_VOLTAGE = 5, 7  # SimBench's numbers of voltage levels; smaller ones lie above
PHASES = "ABC"  # SimBench is balanced: every element carries three phases
_FEEDER = re.compile(r"_Feeder(\d+)$")


def ident(name: str) -> str:
    """A SimBench name as an id that fits an address: blanks become underscores."""
    return name.replace(" ", "_")


def _with_ohms(edge: Edge, resistance: float | None, reactance: float | None, times: float) -> Edge:
    """The edge with `times` its type's ohms; as it is where the type is not described."""
    if resistance is None or reactance is None:
        return edge
    return replace(edge, r_ohm=round(resistance * times, 9), x_ohm=round(reactance * times, 9))


@dataclass(frozen=True)
class SimbenchGraph:
    """One grid's tables as a graph; built on demand, each part once."""

    grid: str
    rows: dict[str, list[Row]]

    @cached_property
    def volts(self) -> dict[str, float]:
        """Rated kV of each node of the grid; nodes of the grid above are not in it."""
        return {row["id"]: row["vmR"] for row in self.rows["Node"] if row["voltLvl"] >= MEDIUM_VOLTAGE}

    @cached_property
    def places(self) -> dict[str, tuple[float | None, float | None]]:
        """Latitude and longitude of each node."""
        at = {row["id"]: (row["y"], row["x"]) for row in self.rows["Coordinates"]}
        return {row["id"]: at.get(row["coordID"], (None, None)) for row in self.rows["Node"]}

    @cached_property
    def service(self) -> list[Row]:
        """Transformers to low voltage."""
        return [row for row in self.rows["Transformer"] if row["subnet"] != self.grid]

    @cached_property
    def inside(self) -> set[str]:
        """Nodes of the substation: its busbars and the low sides of its transformers."""
        bars = {row["id"] for row in self.rows["Node"] if row["type"] == "busbar" and row["substation"]}
        return bars | {row["nodeLV"] for row in self.rows["Transformer"] if row["subnet"] == self.grid}

    @cached_property
    def low_switches(self) -> list[Row]:
        """Switches at low voltage."""
        return [row for row in self.rows["Switch"] if row["voltLvl"] == LOW_VOLTAGE]

    @cached_property
    def board_ways(self) -> set[str]:
        """Load switches at the outgoing ways of the service transformers' boards."""
        terminals = {row["nodeLV"] for row in self.service}
        boards = set()
        for row in self.low_switches:
            if row["type"] == "CB" and {row["nodeA"], row["nodeB"]} & terminals:
                boards |= {row["nodeA"], row["nodeB"]}
        return {row["id"] for row in self.low_switches if row["type"] == "LS" and {row["nodeA"], row["nodeB"]} & boards}

    @cached_property
    def joined(self) -> list[str]:
        """Closed low-voltage switches whose two sides become one node."""
        return [row["id"] for row in self.low_switches if row["cond"] and row["id"] not in self.board_ways]

    @cached_property
    def merged(self) -> Merged:
        """Which node stands for which."""
        gone = set(self.joined)
        links = [(row["nodeA"], row["nodeB"]) for row in self.low_switches if row["id"] in gone]
        return merge(links, {row["id"] for row in self.rows["Node"] if row["type"] == "busbar"})

    def node(self, name: str) -> str:
        """The id of the node that stands for a SimBench node."""
        return ident(self.merged.stands_for(name))

    def substation(self) -> Substation:
        """The one substation, at its first busbar."""
        bar = min(name for name in self.inside if name in self.places)
        return Substation(f"SUB_{self.grid}", f"Substation {self.grid}", *self.places[bar])

    def nodes(self) -> list[Node]:
        """Nodes that stand for themselves."""
        return [
            Node(ident(name), volts, *self.places[name], is_substation=name in self.inside)
            for name, volts in self.volts.items()
            if self.merged.stands_for(name) == name
        ]

    def feeders(self) -> list[Feeder]:
        """One feeder for each set of lines `..._FeederN` that a circuit breaker joins to a busbar."""
        behind = {}
        for row in self.rows["Switch"]:
            outside = {row["nodeA"], row["nodeB"]} - self.inside
            if row["type"] == "CB" and len(outside) == 1 and not outside & {r["nodeHV"] for r in self.service}:
                behind[outside.pop()] = row
        found: dict[int, Feeder] = {}
        amps = {row["id"]: row["iMax"] for row in self.rows["LineType"]}
        for line in self.rows["Line"]:
            match = _FEEDER.search(line["subnet"])
            breaker = behind.get(line["nodeA"]) or behind.get(line["nodeB"])
            if match and breaker and int(match.group(1)) not in found:
                number = int(match.group(1))
                found[number] = Feeder(
                    feeder_id=f"FEEDER_{number}",
                    code=line["subnet"],
                    name=f"{self.grid} feeder {number}",
                    substation_id=f"SUB_{self.grid}",
                    base_kv=self.volts[line["nodeA"]],
                    rated_a=amps.get(line["type"]),
                    head_edges=(ident(breaker["id"]),),
                )
        return [found[number] for number in sorted(found)]

    def edges(self) -> list[Edge]:
        """Lines, transformers, and the switches that are kept."""
        types = {row["id"]: row for row in self.rows["LineType"]}
        found = []
        for row in self.rows["Line"]:
            sort = types.get(row["type"], {})
            kind = "cable" if sort.get("type") == "cable" else "line"
            length_m = round(row["length"] * 1000.0, 3)
            edge = self._edge(row["id"], row["nodeA"], row["nodeB"], kind, length_m, sort.get("iMax"))
            found.append(_with_ohms(edge, sort.get("r"), sort.get("x"), row["length"]))
        found += [self._winding(row) for row in self.service]
        return found + [
            self._edge(row["id"], row["nodeA"], row["nodeB"], "switch", is_open=not row["cond"])
            for row in self.kept_switches()
        ]

    @cached_property
    def winding_types(self) -> dict[str, Row]:
        """Transformer types by name."""
        return {row["id"]: row for row in self.rows["TransformerType"]}

    def _winding(self, row: Row) -> Edge:
        """A service transformer's winding pair; its ohms follow from short-circuit voltage and copper loss.

        SimBench gives `vmImp` in percent, `pCu` in kW, `sR` in MVA and `vmHV` in kV: Z = vmImp/100 * vmHV^2/sR,
        R = pCu/1000 * (vmHV/sR)^2.
        """
        edge = self._edge(row["id"], row["nodeHV"], row["nodeLV"], "transformer")
        sort = self.winding_types.get(row["type"])
        if sort is None:
            return edge
        impedance = sort["vmImp"] / 100.0 * sort["vmHV"] ** 2 / sort["sR"]
        resistance = min(sort["pCu"] / 1000.0 * (sort["vmHV"] / sort["sR"]) ** 2, impedance)
        return _with_ohms(edge, resistance, math.sqrt(impedance**2 - resistance**2), 1.0)

    def _edge(
        self,
        name: str,
        first: str,
        second: str,
        kind: str,
        length_m: float = 0.0,
        rated_a: float | None = None,
        *,
        is_open: bool = False,
    ) -> Edge:
        return Edge(ident(name), self.node(first), self.node(second), kind, length_m, PHASES, rated_a, is_open)

    def kept_switches(self) -> list[Row]:
        """Switches that stay edges; those towards the grid above are not of this network."""
        gone = set(self.joined)
        return [
            row
            for row in self.rows["Switch"]
            if row["id"] not in gone and row["nodeA"] in self.volts and row["nodeB"] in self.volts
        ]

    def devices(self) -> list[Device]:
        """One device for each kept switch."""
        to_transformer = {row["nodeHV"] for row in self.service}
        return [self._device(row, to_transformer) for row in self.kept_switches()]

    def _device(self, row: Row, to_transformer: set[str]) -> Device:
        if row["id"] in self.board_ways:
            kind = "fuse"
        elif not row["cond"]:
            kind = "tie"
        elif {row["nodeA"], row["nodeB"]} & to_transformer:
            kind = "xfmr_fuse"
        else:
            kind = "breaker" if row["type"] == "CB" else "switch"
        return Device(
            device_id=ident(row["id"]),
            type=kind,
            edge_id=ident(row["id"]),
            normally_open=not row["cond"],
            phases=PHASES,
            remote_ctl=kind == "breaker",
            assumed=kind == "fuse",
        )

    def transformers(self) -> list[Transformer]:
        """Service transformers with their rating in kVA."""
        rated = {name: row["sR"] * 1000.0 for name, row in self.winding_types.items()}
        return [
            Transformer(ident(row["id"]), ident(row["id"]), self.node(row["nodeLV"]), rated.get(row["type"]), PHASES)
            for row in self.service
        ]
