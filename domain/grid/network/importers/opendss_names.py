"""Names and units of OpenDSS: `bus.1.2` is bus and phases, lengths come in numbered units."""

PHASES = {"1": "A", "2": "B", "3": "C"}
UNIT_NONE = 0
# none, mile, kft, km, m, ft, in, cm; a length without a unit is taken for kft, as the IEEE test feeders mean it.
METRES = (304.8, 1609.344, 304.8, 1000.0, 1.0, 0.3048, 0.0254, 0.01)


def bus_and_phases(name: str, count: int) -> tuple[str, str | None]:
    """`671.1.2` with 2 phases -> ("671", "AB"); without nodes three phases are ABC, fewer the first ones.

    Nodes 0 and 4 are neutral and earth. An element whose nodes name no phase has unknown phases (None).
    """
    bus, _, nodes = name.strip().lower().partition(".")
    if nodes:
        letters = "".join(sorted({PHASES[node] for node in nodes.split(".") if node in PHASES}))
        return bus, letters or None
    return bus, "ABC"[: min(count, 3)] or None
