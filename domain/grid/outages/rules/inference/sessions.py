"""Signals of one feeder gathered into sessions: what was heard together belongs to one question (grid.md 4.2).

A session grows while last gasps follow each other within the gap, up to its longest. Calls, unanswered pings and
reports on devices join the session that they can speak of: the last one in which a meter behind the same device
reported, else the last one. Where there is none they open one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.grid.outages.rules import signals as kinds
from domain.grid.outages.rules.inference.settings import InferenceSettings

_OPENERS = (kinds.CALL, kinds.PING_NO_ANSWER, kinds.SCADA_OPEN, kinds.CREW_OUT, kinds.FAULT_INDICATOR)


@dataclass(frozen=True, slots=True)
class Heard:
    """A signal by its places in the tree; `meter` or `device` is -1 where it has none, `at` in seconds."""

    type: str
    at: float
    meter: int
    device: int
    meter_device: int


@dataclass
class Session:
    """What was heard of one feeder within a short time.

    Attributes:
        start, end: first and last opener, seconds.
        gasps: meter to its first last gasp.
        others: everything else that speaks of this session: reports of being out, and restorations.
    """

    start: float
    end: float
    gasps: dict[int, float] = field(default_factory=dict)
    others: list[Heard] = field(default_factory=list)
    devices: set[int] = field(default_factory=set)


def sessions_of(heard: Sequence[Heard], settings: InferenceSettings, *, storm: bool) -> list[Session]:
    """Sessions by time; `heard` is sorted by time."""
    longest = settings.storm_session_max_s if storm else settings.session_max_s
    found: list[Session] = []
    for one in heard:
        if one.type == kinds.POWER_OUT:
            _add_gasp(found, one, settings.session_gap_s, longest)
        elif one.type in _OPENERS or one.type == kinds.POWER_ON:
            within = settings.restore_s if one.type == kinds.POWER_ON else settings.attach_s
            session = _speaks_of(found, one, within)
            if session is None and one.type != kinds.POWER_ON:
                session = Session(one.at, one.at)
                found.append(session)
            if session is not None:
                session.others.append(one)
                session.devices.add(one.meter_device)
    return found


def energised_reports(heard: Sequence[Heard]) -> list[Heard]:
    """What says that a meter or device is live; each may speak against several sessions."""
    live = (kinds.PING_OK, kinds.READ_NORMAL, kinds.CREW_ENERGISED, kinds.SCADA_CLOSED)
    return [one for one in heard if one.type in live]


def _add_gasp(found: list[Session], one: Heard, gap_s: float, longest_s: float) -> None:
    last = found[-1] if found else None
    joins = last is not None and one.at - last.end <= gap_s and one.at - last.start <= longest_s
    # A meter that came back in between has lost power anew.
    again = joins and last is not None and one.meter in last.gasps and _back_since(last, one)
    if last is None or not joins or again:
        last = Session(one.at, one.at)
        found.append(last)
    last.gasps.setdefault(one.meter, one.at)
    last.devices.add(one.meter_device)
    last.end = max(last.end, one.at)


def _back_since(session: Session, one: Heard) -> bool:
    return any(
        other.type == kinds.POWER_ON and other.meter == one.meter and session.gasps[one.meter] < other.at < one.at
        for other in session.others
    )


def _speaks_of(found: list[Session], one: Heard, attach_s: float) -> Session | None:
    """The session that a report belongs to; `found` is by time and `one` later than all starts."""
    near: Session | None = None
    for session in reversed(found):
        if one.at - session.end > attach_s:
            continue
        if one.meter != -1 and one.meter in session.gasps:
            return session
        if near is None and one.meter_device != -1 and one.meter_device in session.devices:
            near = session
    last = found[-1] if found and one.at - found[-1].end <= attach_s else None
    return near or last
