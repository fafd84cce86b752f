"""One session's signals as arrays over its feeder: per meter the gasp and the weight of all else, per device likewise.

Everything is a log-likelihood ratio, out against energised, so that what was never heard of weighs nothing. A kind of
report counts once per meter: two unanswered pings share their cause.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.outages.rules import signals as kinds
from domain.grid.outages.rules.device_tree import DeviceTree, FeederSlice
from domain.grid.outages.rules.inference.sessions import Heard, Session
from domain.grid.outages.rules.inference.settings import InferenceSettings

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Evidence:
    """Arrays over the feeder's meters and devices, in the tree's order and counted from the feeder's first.

    Attributes:
        gasp: a last gasp of this session; gasp_at: its second, nan without.
        counted: the meter was energised before and would have been able to gasp: its silence counts.
        weight: log-likelihood ratio of everything but gasps and silence.
        device_weight: the same of reports on the device itself.
        restored_at: second of the meter's restoration, nan while there is none.
        by_kind: meters (and devices, as -1 - index) per kind of report, with each one's weight.
    """

    feeder: FeederSlice
    gasp: Bools
    gasp_at: Floats
    counted: Bools
    weight: Floats
    device_weight: Floats
    restored_at: Floats
    by_kind: dict[str, dict[int, float]]


def gather(
    tree: DeviceTree,
    feeder: FeederSlice,
    session: Session,
    live: Sequence[Heard],
    already_out: Collection[int],
    unheard: Collection[int],
    settings: InferenceSettings,
) -> Evidence:
    """The session's evidence.

    Args:
        tree: where meters and devices stand.
        feeder: whose session it is.
        session: the session.
        live: reports of the feeder that say something is energised.
        already_out: meters that an earlier outage holds; they say nothing about this one unless they gasped anew.
        unheard: meters behind a silent collector; neither their silence nor an unanswered ping counts.
        settings: the weights.
    """
    meters, base = feeder.meter_end - feeder.meter_first, feeder.meter_first
    gasp_at = np.full(meters, np.nan)
    for meter in sorted(session.gasps):
        gasp_at[meter - base] = session.gasps[meter]
    gasp = ~np.isnan(gasp_at)
    counted = np.ones(meters, bool)
    if settings.mute_ami_types:
        kinds_here = tree.ami_types[feeder.meter_first : feeder.meter_end]
        counted &= np.array([kind not in settings.mute_ami_types for kind in kinds_here], bool)
    aside = sorted({meter - base for meter in (*already_out, *unheard)})
    counted[aside] = False
    counted |= gasp
    restored_at = _restored(session, gasp_at, base, meters)
    by_kind = _reports(session, live, gasp_at, restored_at, tree, feeder, settings)
    skip = set(aside)
    weight = np.zeros(meters)
    for kind in sorted(by_kind):
        if kind not in kinds.METER_TYPES:
            continue
        for place, llr in sorted(by_kind[kind].items()):
            if place >= 0 and (place not in skip or gasp[place]):
                weight[place] += llr
    device_weight = np.zeros(feeder.end - feeder.first)
    for kind in sorted(by_kind):
        for place, llr in sorted(by_kind[kind].items()):
            if place < 0:
                _weigh_device(tree, feeder, device_weight, kind, -1 - place, llr)
    cap = settings.llr_cap
    return Evidence(
        feeder,
        gasp,
        gasp_at,
        counted,
        np.clip(weight, -cap, cap),
        np.clip(device_weight, -cap, cap),
        restored_at,
        by_kind,
    )


def _restored(session: Session, gasp_at: Floats, base: int, meters: int) -> Floats:
    restored = np.full(meters, np.nan)
    for one in session.others:
        if one.type != kinds.POWER_ON or one.meter < 0:
            continue
        place = one.meter - base
        began = session.start if np.isnan(gasp_at[place]) else gasp_at[place]
        if one.at > began and np.isnan(restored[place]):
            restored[place] = one.at
    return restored


def _reports(
    session: Session,
    live: Sequence[Heard],
    gasp_at: Floats,
    restored_at: Floats,
    tree: DeviceTree,
    feeder: FeederSlice,
    settings: InferenceSettings,
) -> dict[str, dict[int, float]]:
    """Weight per kind and place: a meter's place counts from 0, device i is -1 - i."""
    out_llr = {
        kinds.CALL: settings.llr_call,
        kinds.PING_NO_ANSWER: settings.llr_ping_no_answer,
        kinds.POWER_ON: settings.llr_power_on,
        kinds.CREW_OUT: settings.llr_crew,
        kinds.SCADA_OPEN: settings.llr_scada,
        kinds.FAULT_INDICATOR: settings.llr_fault_indicator,
    }
    live_llr = {
        kinds.PING_OK: settings.llr_ping_ok,
        kinds.READ_NORMAL: settings.llr_read_normal,
        kinds.CREW_ENERGISED: -settings.llr_crew,
        kinds.SCADA_CLOSED: -settings.llr_scada,
    }
    found: defaultdict[str, dict[int, float]] = defaultdict(dict)
    back = _back_by_device(restored_at, tree, feeder, gasp_at, settings)
    near = {int(tree.meter_device[meter]) for meter in session.gasps}
    for one in session.others:
        if one.meter >= 0:
            place = one.meter - feeder.meter_first
            if one.type == kinds.POWER_ON:
                # Where nobody behind the same device gasped, what came back may have gone in another session.
                counts = not np.isnan(restored_at[place]) and one.meter_device in near
            else:
                counts = not one.at > back[place]
            if counts:
                found[one.type][place] = out_llr[one.type]
        elif one.device >= 0:
            found[one.type][-1 - (one.device - feeder.first)] = out_llr[one.type]
    for one in live:
        if one.meter >= 0:
            place = one.meter - feeder.meter_first
            # Before its own gasp, or while others still gasp, a live meter says nothing about what came after.
            began = session.end if np.isnan(gasp_at[place]) else gasp_at[place]
            if began < one.at and not one.at > back[place]:
                found[one.type][place] = live_llr[one.type]
        elif one.device >= 0 and one.at >= session.start:
            found[one.type][-1 - (one.device - feeder.first)] = live_llr[one.type]
    return dict(found)


def _back_by_device(
    restored_at: Floats, tree: DeviceTree, feeder: FeederSlice, gasp_at: Floats, settings: InferenceSettings
) -> Floats:
    """From when on being live proves nothing against the outage: own restoration, its device's first, or most's."""
    back = restored_at.copy()
    here = ~np.isnan(restored_at)
    if not here.any():
        return back
    devices = tree.meter_device[feeder.meter_first : feeder.meter_end]
    by_device: dict[int, float] = {}
    for place in np.flatnonzero(here).tolist():
        device = int(devices[place])
        by_device[device] = min(by_device.get(device, np.inf), float(restored_at[place]))
    gasped = ~np.isnan(gasp_at)
    most = (here & gasped).sum() >= settings.restored_share * max(int(gasped.sum()), 1)
    first = float(np.min(restored_at[here])) if most else np.inf
    for place in np.flatnonzero(~here).tolist():
        at = min(by_device.get(int(devices[place]), np.inf), first)
        if np.isfinite(at):
            back[place] = at
    return back


def _weigh_device(tree: DeviceTree, feeder: FeederSlice, weight: Floats, kind: str, place: int, llr: float) -> None:
    """A report on a device weighs on that device; a tripped indicator on all that may clear a fault beyond it."""
    if kind == kinds.FAULT_INDICATOR:
        weight[place : int(tree.end[feeder.first + place]) - feeder.first] += llr
    else:
        weight[place] += llr
