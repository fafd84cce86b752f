"""May a provisional outage become a canonical one? The decision table of grid.md 4.4, as facts in, reasons out.

Nothing is promoted here: a person does that. What this says is whether the five conditions hold, and if a canonical
outage stands open on the same device or above it, that the two are one.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from domain.grid.outages.rules.inference.results import MOMENTARY, PROBABLE, EvidenceItem, InferredOutage

PROMOTION_VERSION = "promotion/1"

PROMOTE = "PROMOTE"
MERGE = "MERGE"
HOLD = "HOLD"
REJECT = "REJECT"

# What each kind of evidence comes from: two kinds are independent if their origins differ.
_ORIGIN = {
    "last_gasps": "meter",
    "power_on": "meter",
    "ping_no_answer": "ping",
    "call": "customer",
    "crew_out": "crew",
    "device_crew_out": "crew",
    "device_scada_open": "telecontrol",
    "device_fault_indicator": "indicator",
    "no_restoration": "restoration",
}
_CONFIRMING = ("ping_no_answer", "call", "crew_out")


@dataclass(frozen=True)
class PromotionSettings:
    """The thresholds of one version (grid.md 4.4); seconds where the name says so."""

    version: str = PROMOTION_VERSION
    sure_from: float = 0.90
    supported_from: float = 0.70
    supporting_kinds: int = 2
    min_meters: int = 2
    hold_off_s: float = 60.0
    key_step_s: int = 300


@dataclass(frozen=True, slots=True)
class Provisional:
    """What is known of a provisional outage.

    Attributes:
        origins: independent origins of evidence that it is out.
        has_confirmation: an unanswered ping, a call or a crew's word from below the device.
        device_path: the device and those above it, nearest first.
        override_reason: why an operator wants it in spite of its posterior; empty without.
    """

    outage_key: str
    status: str
    posterior: float
    device_ids: tuple[str, ...]
    device_path: tuple[str, ...]
    meters_reported: int
    origins: frozenset[str]
    has_confirmation: bool
    first_evidence_at: datetime
    explained_by: str | None = None
    override_reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenOutage:
    """A canonical outage that is not closed: its id and the devices of its class."""

    outage_id: str
    device_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """One row of the table: (a) to (e), whether it holds, and why in words."""

    code: str
    holds: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the table says of one provisional outage."""

    outage_key: str
    decision: str
    eligible: bool
    conditions: tuple[Condition, ...]
    reason: str
    canonical_key: str
    merge_into: str | None = None


def settings_of(settings: PromotionSettings) -> dict[str, object]:
    """The settings as plain members, for hashing and for showing."""
    return asdict(settings)


def facts_of(outage: InferredOutage, device_path: Sequence[str], override_reason: str = "") -> Provisional:
    """The facts that promotion looks at; `device_path` is the device and those above it."""
    return facts_from(
        outage.outage_key,
        outage.status,
        outage.posterior,
        outage.device_ids,
        device_path,
        len(outage.meters_reported),
        outage.evidence,
        outage.first_evidence_at,
        outage.explained_by,
        override_reason,
    )


def facts_from(
    outage_key: str,
    status: str,
    posterior: float,
    device_ids: tuple[str, ...],
    device_path: Sequence[str],
    meters_reported: int,
    evidence: Iterable[EvidenceItem],
    first_evidence_at: datetime,
    explained_by: str | None,
    override_reason: str,
) -> Provisional:
    """The facts that promotion looks at, from the members of a stored one.

    Only evidence that speaks for the outage (`llr` above 0, natural logarithm) counts as an origin.
    """
    spoken = [one for one in evidence if one.llr > 0 and one.kind in _ORIGIN]
    return Provisional(
        outage_key,
        status,
        posterior,
        device_ids,
        tuple(device_path),
        meters_reported,
        frozenset(_ORIGIN[one.kind] for one in spoken),
        any(one.kind in _CONFIRMING for one in spoken),
        first_evidence_at,
        explained_by,
        override_reason.strip(),
    )


def decide(
    facts: Provisional,
    as_of: datetime,
    tenant_id: str,
    open_outages: Collection[OpenOutage] = (),
    settings: PromotionSettings = PromotionSettings(),
) -> Decision:
    """The decision table for one provisional outage: promote, merge, hold or reject, with each condition. Pure.

    Args:
        facts: what is known of it; the posterior is a probability.
        as_of: an instant in UTC; waiting times are counted up to it.
        tenant_id: goes into the canonical key.
        open_outages: promoted ones that are not over; one on the device or above it takes this one in.
        settings: least posterior, meters and minutes.
    """
    conditions = (
        _status(facts),
        _sureness(facts, settings),
        _meters(facts, settings),
        _age(facts, as_of, settings),
        _unexplained(facts),
    )
    key = canonical_key(tenant_id, facts.device_ids, facts.first_evidence_at, settings)
    failing = [one for one in conditions if not one.holds]
    eligible = not failing
    merge_into = _standing_above(facts, open_outages)
    if facts.status == MOMENTARY or (facts.explained_by or "").startswith(("planned:", "collector:")):
        decision, reason = REJECT, " ".join(one.reason for one in failing)
    elif failing:
        decision, reason = HOLD, " ".join(one.reason for one in failing)
    elif merge_into is not None:
        decision, reason = MERGE, f"Outage {merge_into} stands open on this device or above it: one and the same."
    else:
        decision, reason = PROMOTE, "All conditions hold; a person may promote it."
    return Decision(
        facts.outage_key, decision, eligible, conditions, reason, key, merge_into if decision == MERGE else None
    )


def decide_all(
    provisionals: Collection[Provisional],
    as_of: datetime,
    tenant_id: str,
    open_outages: Collection[OpenOutage] = (),
    settings: PromotionSettings = PromotionSettings(),
) -> tuple[tuple[Decision, ...], Mapping[str, int]]:
    """All decisions, surest first, and how many of each."""
    order = sorted(provisionals, key=lambda one: (-round(one.posterior, 9), one.outage_key))
    decisions = tuple(decide(one, as_of, tenant_id, open_outages, settings) for one in order)
    words = {"promoted": PROMOTE, "merged": MERGE, "rejected": REJECT, "held": HOLD}
    counts = {"candidates": len(decisions)}
    counts |= {name: sum(one.decision == word for one in decisions) for name, word in words.items()}
    return decisions, counts


def canonical_key(
    tenant_id: str, device_ids: Sequence[str], first_evidence_at: datetime, settings: PromotionSettings
) -> str:
    """SHA-256 of tenant, device class and the five minutes of the first evidence: the same outage, the same key."""
    step = int(first_evidence_at.timestamp() // settings.key_step_s) * settings.key_step_s
    text = "|".join((tenant_id, ",".join(sorted(device_ids)), str(step)))
    return hashlib.sha256(text.encode()).hexdigest()


# What is held of a provisional outage before it is probable, as a sentence says it.
_IS = {
    "CANDIDATE": "a candidate",
    "VERIFY": "to be verified by a ping",
    "MOMENTARY": "momentary",
    "COMMS": "a matter of communication",
}


def _status(facts: Provisional) -> Condition:
    if facts.status == PROBABLE:
        return Condition("a", True, "It is probable.")
    if facts.override_reason and facts.status in {"CANDIDATE", "VERIFY"}:
        return Condition("a", True, f"It is {_IS[facts.status]}, and an operator overrides: {facts.override_reason}")
    return Condition("a", False, f"It is {_IS.get(facts.status, facts.status.lower())}, not probable.")


def _sureness(facts: Provisional, settings: PromotionSettings) -> Condition:
    percent = f"{100 * facts.posterior:.1f} %"
    if facts.posterior >= settings.sure_from:
        return Condition("b", True, f"Posterior {percent}, at least {100 * settings.sure_from:g} %.")
    kinds = ", ".join(sorted(facts.origins)) or "none"
    if facts.posterior >= settings.supported_from and len(facts.origins) >= settings.supporting_kinds:
        return Condition("b", True, f"Posterior {percent} with {len(facts.origins)} independent kinds: {kinds}.")
    if facts.override_reason:
        return Condition("b", True, f"Posterior {percent}; an operator overrides: {facts.override_reason}")
    text = (
        f"Posterior {percent} is below {100 * settings.sure_from:g} %, and below {100 * settings.supported_from:g} %"
        f" or without {settings.supporting_kinds} independent kinds of evidence (there: {kinds})."
    )
    return Condition("b", False, text)


def _meters(facts: Provisional, settings: PromotionSettings) -> Condition:
    if facts.meters_reported >= settings.min_meters:
        many = "meter" if facts.meters_reported == 1 else "meters"
        return Condition("c", True, f"{facts.meters_reported} {many} reported.")
    if facts.meters_reported >= 1 and facts.has_confirmation:
        return Condition("c", True, "One meter reported, and a ping, a call or a crew confirms it.")
    few = {0: "No meter", 1: "One meter"}.get(facts.meters_reported, f"Only {facts.meters_reported} meters")
    return Condition("c", False, f"{few} reported, and no ping, call or crew confirms it.")


def _age(facts: Provisional, as_of: datetime, settings: PromotionSettings) -> Condition:
    age_s = (as_of - facts.first_evidence_at).total_seconds()
    holds = age_s >= settings.hold_off_s
    word = "at least" if holds else "less than"
    return Condition("d", holds, f"First evidence {age_s:.0f} s ago, {word} the hold-off of {settings.hold_off_s:g} s.")


def _unexplained(facts: Provisional) -> Condition:
    told = facts.explained_by or ""
    for prefix, word in (("planned:", "planned work"), ("collector:", "the silent collector")):
        if told.startswith(prefix):
            return Condition("e", False, f"Explained by {word} {told.removeprefix(prefix)}.")
    return Condition("e", True, "No planned work and no lost communication explains it.")


def _standing_above(facts: Provisional, open_outages: Collection[OpenOutage]) -> str | None:
    """The open outage on the nearest of the device and those above it; of several the first by id."""
    known = (facts.explained_by or "").removeprefix("standing:") if facts.explained_by else ""
    own = {*facts.device_ids}
    for device_id in (*facts.device_ids, *(one for one in facts.device_path if one not in own)):
        here = sorted(one.outage_id for one in open_outages if device_id in one.device_ids)
        if here:
            return known if known in here else here[0]
    return None
