"""What inference answers, as plain data: probabilities are rounded to nine decimals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

CANDIDATE = "CANDIDATE"
PROBABLE = "PROBABLE"
VERIFY = "VERIFY"
MOMENTARY = "MOMENTARY"
COMMS = "COMMS"
# The kinds of evidence as people read them.
EVIDENCE_WORDS = {
    "last_gasps": "Last gasps",
    "same_moment": "At the same moment",
    "no_last_gasp": "No last gasp",
    "call": "Calls",
    "device_scada_open": "SCADA: open",
    "device_scada_closed": "SCADA: closed",
    "ping_ok": "Pings answered",
    "ping_no_answer": "Pings not answered",
    "read_normal": "Reads as usual",
    "fault_indicator": "Fault indicators",
}


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One kind of evidence on one outage: how much of it, what it weighs, five meters that gave it.

    `llr` is the natural logarithm of how much likelier it is if the device is open than if all below is energised.
    """

    kind: str
    value: float
    llr: float
    meter_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InferredOutage:
    """One outage as the evidence has it.

    Attributes:
        outage_key: follows from feeder, device class and the five minutes in which it began.
        device_ids: the class, likeliest first: no meter can tell these devices apart.
        posterior: that the topmost open device is one of the class.
        meters_predicted: ids below the class; `meters_reported`: those of them that said so.
        posterior_meters_out: expected number of meters out over the class and its alternatives.
        credible: classes that would explain the same evidence, best first, until they hold 90 % of what they hold
            together; each with its posterior.
        device_posterior: posterior of each single device of the alternatives, best first.
        next_pings: meters to ask and the bits that an answer is expected to bring, best first.
        nested_of: key of the outage whose restoration left this one behind.
        explained_by: `planned:`, `standing:` or `collector:` and an id, where something known explains it.
    """

    outage_key: str
    feeder_id: str
    device_ids: tuple[str, ...]
    device_id: str
    posterior: float
    window_start: datetime
    window_end: datetime
    first_evidence_at: datetime
    meters_predicted: tuple[str, ...]
    meters_reported: tuple[str, ...]
    posterior_meters_out: float
    status: str
    evidence: tuple[EvidenceItem, ...]
    credible: tuple[tuple[tuple[str, ...], float], ...]
    device_posterior: tuple[tuple[str, float], ...]
    next_pings: tuple[tuple[str, float], ...] = ()
    nested_of: str | None = None
    explained_by: str | None = None
    restored_at: datetime | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """One session of a feeder: what was heard together.

    `ranking` holds device classes by posterior; `false_rate` is the inferred share of meters with a false last gasp.
    """

    cluster_id: str
    feeder_id: str
    window_start: datetime
    window_end: datetime
    last_gasps: int
    ranking: tuple[tuple[tuple[str, ...], float], ...]
    false_rate: float


@dataclass(frozen=True)
class Inferred:
    """All outages, likeliest first, and the posterior that a meter is out now, for meters above a thousandth."""

    outages: tuple[InferredOutage, ...]
    meter_posterior: Mapping[str, float]
    clusters: tuple[Cluster, ...]
    settings_hash: str
    version: str
    is_storm: bool = False
    unknown_meters: tuple[str, ...] = field(default=())
