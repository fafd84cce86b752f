"""An OpenDSS circuit as plain rows, whichever way it was read. Bus and element names are lower case."""

from dataclasses import dataclass, field

from domain.grid.network.rules.model import Finding

PROTECTION = {"recloser": "recloser", "relay": "breaker", "fuse": "fuse"}
KINDS = {"line": "line", "transformer": "transformer", "reactor": "reactor"}


@dataclass(frozen=True)
class Bus:
    """A bus with its base voltage (line to neutral, kV) and place in the source's own plane."""

    name: str
    kv_ln: float | None = None
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True)
class Element:
    """A line, transformer or reactor between two buses; `phases` as letters, `X` for each that is not named.

    `r_ohm` and `x_ohm` are its total positive-sequence impedance; a transformer's is seen from its higher voltage.
    """

    cls: str
    name: str
    bus1: str
    bus2: str
    phases: str | None = None
    length_m: float | None = None
    is_switch: bool = False
    is_open: bool = False
    rated_a: float | None = None
    kva: float | None = None
    r_ohm: float | None = None
    x_ohm: float | None = None


@dataclass(frozen=True)
class Load:
    """A load with its nominal kW and the name of its shape."""

    name: str
    bus: str
    phases: str | None
    kw: float
    shape: str = ""
    customers: int = 1


@dataclass(frozen=True)
class Control:
    """A protective device or switch control on an element `class.name`."""

    cls: str
    name: str
    element: str
    normally_open: bool = False


@dataclass(frozen=True)
class Circuit:
    """All of one model."""

    name: str
    source: str
    sha256: str
    source_bus: str
    buses: tuple[Bus, ...]
    elements: tuple[Element, ...]
    loads: tuple[Load, ...]
    controls: tuple[Control, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
