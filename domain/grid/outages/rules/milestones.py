"""The milestones of an outage: what was recorded, what follows from the meters, and what is missing, never guessed."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from domain.grid.outages.rules.interruptions import MINUTE, Interruption
from domain.grid.outages.rules.replay_facts import Recorded
from domain.grid.outages.rules.restoration_curve import iso
from domain.grid.outages.rules.summary import Approval, Milestone

# In the order of the story; every one of them is in a replay, with its time or as missing.
CODES: dict[str, str] = {
    "first_evidence": "First evidence",
    "first_last_gasp": "First last gasp",
    "provisional_created": "Provisional outage created",
    "provisional_probable": "Outage probable",
    "promoted": "Promoted by a person",
    "first_etr": "First estimate of restoration given",
    "zone_ranked": "Fault zones ranked",
    "options_generated": "Restoration options generated",
    "crew_recommended": "Crews recommended",
    "dispatched": "Crew dispatched",
    "arrived": "Crew on site",
    "fault_found": "Fault found",
    "isolated": "Fault isolated",
    "first_restoration": "First customers restored",
    "last_restoration": "Last customers restored",
    "verified_by_prn": "Restoration verified by power-on messages",
    "closed": "Outage closed",
}
# Restorations within so much time are one step.
STEP_GAP = timedelta(minutes=2)
MOST_STEPS = 8
_EVIDENCE_SHOWN = 5


def milestones(
    recorded: Iterable[Recorded], interruptions: Sequence[Interruption], started_at: datetime, as_of: datetime
) -> list[Milestone]:
    """Every milestone in the order of the story, the steps of restoration after the first one."""
    first: dict[str, Recorded] = {}
    for one in sorted(recorded, key=lambda r: (r.at, r.code, r.source, r.evidence_ids)):
        if one.at <= as_of:
            first.setdefault(one.code, one)
    steps = restoration_steps(interruptions, as_of)
    found: list[Milestone] = []
    for code, label in CODES.items():
        if code == "first_restoration":
            found += _restorations(steps, started_at)
        elif code == "last_restoration":
            is_over = bool(steps) and not any(i.is_open(as_of) for i in interruptions)
            at = steps[-1][1] if is_over else None
            found.append(_milestone(code, label, at, started_at, "outage impacts", (), "derived"))
        else:
            found.append(_recorded(code, label, first.get(code), started_at))
    return found


def restoration_steps(interruptions: Sequence[Interruption], as_of: datetime) -> list[tuple[datetime, datetime, int]]:
    """Begin, end and customers of each step: restorations that follow each other within two minutes."""
    ends = sorted((i.ended(as_of), i.customers) for i in interruptions if not i.is_open(as_of))
    out: list[tuple[datetime, datetime, int]] = []
    for at, customers in ends:
        if out and at - out[-1][1] <= STEP_GAP:
            out[-1] = (out[-1][0], at, out[-1][2] + customers)
        else:
            out.append((at, at, customers))
    return out


def timeline(found: Sequence[Milestone], approvals: Sequence[Approval], most: int) -> list[dict[str, Any]]:
    """The rows that tell most, in order of time: milestones first, then acts of people, then further steps."""
    rows: list[tuple[int, datetime, str, str, str, str | None]] = [
        (0 if one.code in CODES else 2, datetime.fromisoformat(one.at), one.code, one.at, one.label, one.source)
        for one in found
        if one.at is not None
    ]
    told = {row[1] for row in rows}
    for act in approvals:
        if datetime.fromisoformat(act.at) in told:  # the milestone tells of the same act
            continue
        label = f"{act.act.replace('.', ' ').replace('_', ' ')}: {act.by}, {act.role}"
        at = datetime.fromisoformat(act.at)
        rows.append((1, at, act.countersignature_id, act.at, label, "countersignature"))
    order = {code: number for number, code in enumerate(CODES)}
    kept = sorted(rows, key=lambda row: row[:3])[:most]
    kept.sort(key=lambda row: (row[1], order.get(row[2], len(order)), row[2]))
    return [{"at": at, "label": label, "source": source} for _, _, _, at, label, source in kept]


def minutes_between(found: Sequence[Milestone], earlier: str, later: str) -> float | None:
    """Minutes from one milestone to another; None where one is missing."""
    at = {one.code: one.minutes_from_start for one in found}
    begin, end = at.get(earlier), at.get(later)
    return None if begin is None or end is None else round(end - begin, 3)


def _restorations(steps: Sequence[tuple[datetime, datetime, int]], started_at: datetime) -> list[Milestone]:
    if not steps:
        return [_milestone("first_restoration", CODES["first_restoration"], None, started_at, None, (), "missing")]
    out = []
    for number, (at, _, customers) in enumerate(steps[:MOST_STEPS], start=1):
        who = f"{customers:,} {'customer' if customers == 1 else 'customers'}"
        code = "first_restoration" if number == 1 else f"restoration_step_{number}"
        label = f"First {who} restored" if number == 1 else f"{who} restored"
        out.append(_milestone(code, label, at, started_at, "outage impacts", (), "derived"))
    return out


def _recorded(code: str, label: str, one: Recorded | None, started_at: datetime) -> Milestone:
    if one is None:
        return _milestone(code, label, None, started_at, None, (), "missing")
    ids = tuple(sorted(one.evidence_ids))[:_EVIDENCE_SHOWN]
    return _milestone(code, label, one.at, started_at, one.source, ids, "reported" if one.is_reported else "observed")


def _milestone(
    code: str,
    label: str,
    at: datetime | None,
    started_at: datetime,
    source: str | None,
    evidence: tuple[str, ...],
    quality: Literal["observed", "reported", "derived", "missing"],
) -> Milestone:
    if at is None:
        return Milestone(code=code, label=label, quality="missing")
    minutes = round((at - started_at) / MINUTE, 3)
    return Milestone(
        code=code,
        label=label,
        at=iso(at),
        minutes_from_start=minutes,
        source=source,
        evidence=list(evidence),
        quality=quality,
    )
