"""What a fault zone is made of, as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Above:
    """A device on the way from a zone to the head; `interrupts` where it clears faults by itself."""

    device_id: str
    type: str
    interrupts: bool


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What is known of a zone beside the network; a factor that is not known counts 1.

    Attributes:
        veg_index: vegetation, 1 as usual, within 0.5 and 2.
        age_yr: mean age of its conductors and poles.
        faults_5y: faults in the last five years.
        weather: how much likelier than usual a fault is in this weather, 1 to 4.
    """

    veg_index: float | None = None
    age_yr: float | None = None
    faults_5y: int = 0
    weather: float = 1.0


@dataclass(frozen=True, slots=True)
class Zone:
    """A section in which a fault can lie. Distances are from the feeder's head, miles and ohms of reactance.

    Attributes:
        zone_id: `Z-` and the device that feeds it.
        upstream_device_id: None where a feeder begins without a device.
        meters_below: meters in the zone and in all that it feeds.
        oh_pct: share of its miles that is overhead, percent.
        above: devices on the way to the head, nearest first.
    """

    zone_id: str
    feeder_id: str
    upstream_device_id: str | None
    downstream_device_ids: tuple[str, ...]
    parent_zone_id: str | None
    miles: float
    oh_pct: float
    customers: int
    meters: int
    critical_customers: int
    meters_below: int
    transformers: int
    phases: str
    meter_ids: tuple[str, ...]
    node_ids: tuple[str, ...]
    start_mi: float
    end_mi: float
    start_x_ohm: float
    end_x_ohm: float
    above: tuple[Above, ...]
