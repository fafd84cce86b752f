"""From signals to outages: the one entry of inference.

The evidence "no last gasp" is part of the llr of `last_gasps`: delivery is unknown, so that the two cannot be told
apart; it stands by itself only where nobody gasped.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from domain.grid.outages.rules.device_tree import NONE, DeviceTree
from domain.grid.outages.rules.inference.comms import SilentCollector, silent_collectors
from domain.grid.outages.rules.inference.describe import (
    describe,
    devices_of,
    expected_out,
    moment,
    named,
    outage_key,
)
from domain.grid.outages.rules.inference.feeder_run import Answered, FeederModel, run_feeder
from domain.grid.outages.rules.inference.nested import left_behind, restored_second
from domain.grid.outages.rules.inference.pings import next_pings
from domain.grid.outages.rules.inference.readout import NAMED_FROM, Lead, best_first, credible
from domain.grid.outages.rules.inference.results import (
    COMMS,
    PROBABLE,
    Cluster,
    EvidenceItem,
    Inferred,
    InferredOutage,
)
from domain.grid.outages.rules.inference.sessions import Heard, energised_reports, sessions_of
from domain.grid.outages.rules.inference.settings import (
    OUTAGE_INFERENCE_VERSION,
    SETTINGS,
    InferenceSettings,
    settings_of,
)
from domain.grid.outages.rules.signals import POWER_OUT, Planned, Signal, Standing, known_by
from domain.kernel.canonical import content_hash

HOUR_S = 3600.0
RANKING_SHOWN = 20


def infer_outages(
    tree: DeviceTree,
    signals: Iterable[Signal],
    as_of: datetime,
    settings: InferenceSettings = SETTINGS[OUTAGE_INFERENCE_VERSION],
    *,
    planned: Sequence[Planned] = (),
    collectors: Mapping[str, str] | None = None,
    standing: Sequence[Standing] = (),
    multipliers: Mapping[str, float] | None = None,
    declared_storm: bool | None = None,
) -> Inferred:
    """Outages that the signals known at `as_of` speak for, likeliest first.

    Args:
        tree: the devices and meters, as switched.
        signals: in any order; those that arrived after `as_of` are not looked at.
        as_of: the moment for which advice is given.
        settings: of one version.
        planned: announced work; what it explains is marked, not hidden.
        collectors: meter id to the collector behind which it reports.
        standing: outages that are known; linked where they are this one, taken as given where they came before.
        multipliers: device id to a factor on its rate (vegetation, history, weather), bounded by the settings.
        declared_storm: what a person said of storm mode; None lets the number of sessions say it.
    """
    heard, unknown = _places(tree, known_by(signals, as_of))
    storm = _is_storm(heard, as_of.timestamp(), settings) if declared_storm is None else declared_storm
    behind = _behind(tree, collectors or {})
    outages: list[InferredOutage] = []
    clusters: list[Cluster] = []
    out_now: dict[str, float] = {}
    for number in sorted(heard):
        feeder = tree.feeders[number]
        model = FeederModel(tree, feeder, settings, multipliers or {})
        live = energised_reports(heard[number])
        silent = silent_collectors(heard[number], behind.get(number, {}), settings)
        unheard = {meter for one in silent for meter in one.meters}
        mine = set(range(feeder.meter_first, feeder.meter_end))
        held = [
            (
                one.started_at.timestamp(),
                np.inf if one.ended_at is None else one.ended_at.timestamp(),
                _meters(tree, one) & mine,
            )
            for one in standing
        ]
        sessions = sessions_of(heard[number], settings, storm=storm)
        for answer in run_feeder(model, sessions, live, unheard, held, storm=storm):
            own = _outages_of(model, answer, live, as_of.timestamp(), storm=storm)
            outages += own
            clusters.append(_cluster(model, answer))
            _note_meters(model, answer, own, out_now)
        outages += [_comms(model, one) for one in silent]
    explained = [_explained(one, planned, standing, tree) for one in outages]
    explained.sort(key=lambda one: (-one.posterior, -len(one.meters_predicted), one.outage_key))
    return Inferred(
        tuple(explained),
        out_now,
        tuple(sorted(clusters, key=lambda one: (one.window_start, one.cluster_id))),
        content_hash(settings_of(settings)),
        settings.version,
        storm,
        unknown,
    )


def _places(tree: DeviceTree, signals: Sequence[Signal]) -> tuple[dict[int, list[Heard]], tuple[str, ...]]:
    """Signals by feeder with their places in the tree, by time; and the meters that the tree does not have."""
    found: defaultdict[int, list[Heard]] = defaultdict(list)
    unknown: set[str] = set()
    unfed = set(tree.unfed_meter_ids)
    feeder_of, device_of = tree.feeder_of_meter, tree.meter_device
    for one in signals:
        at = one.at.timestamp()
        if one.meter_id:
            meter = tree.meter_at.get(one.meter_id)
            if meter is None:
                if one.meter_id not in unfed:
                    unknown.add(one.meter_id)
                continue
            found[int(feeder_of[meter])].append(Heard(one.type, at, meter, NONE, int(device_of[meter])))
        elif one.device_id is not None and one.device_id in tree.device_at:
            device = tree.device_at[one.device_id]
            found[tree.feeder_of_device(device)].append(Heard(one.type, at, NONE, device, device))
    return dict(found), tuple(sorted(unknown))


def _is_storm(heard: Mapping[int, Sequence[Heard]], as_of: float, settings: InferenceSettings) -> bool:
    """Fifty or more sessions of last gasps within the last hour."""
    begun = 0
    for number in sorted(heard):
        start = end = -np.inf
        for one in heard[number]:
            if one.type != POWER_OUT or one.at <= as_of - HOUR_S:
                continue
            if one.at - end > settings.session_gap_s or one.at - start > settings.session_max_s:
                begun, start = begun + 1, one.at
            end = one.at
    return begun >= settings.storm_sessions_per_hour


def _behind(tree: DeviceTree, collectors: Mapping[str, str]) -> dict[int, dict[str, list[int]]]:
    found: defaultdict[int, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for meter_id in sorted(collectors):
        meter = tree.meter_at.get(meter_id)
        if meter is not None:
            found[int(tree.feeder_of_meter[meter])][collectors[meter_id]].append(meter)
    return {number: dict(own) for number, own in found.items()}


def _meters(tree: DeviceTree, one: Standing) -> set[int]:
    if one.meter_ids:
        return {tree.meter_at[own] for own in sorted(one.meter_ids) if own in tree.meter_at}
    device = tree.device_at.get(one.device_id)
    return set() if device is None else set(range(int(tree.meter_first[device]), int(tree.meter_end[device])))


def _outages_of(
    model: FeederModel, answer: Answered, live: list[Heard], as_of: float, *, storm: bool
) -> list[InferredOutage]:
    found = []
    for lead in answer.leads:
        main = describe(model, answer, lead, as_of, storm=storm)
        found.append(main)
        restored = restored_second(model, answer, lead)
        waited = restored is not None and as_of - restored >= model.settings.nested_wait_s
        if restored is not None and waited and lead.posterior >= model.settings.set_from:
            topmost, leads = left_behind(model, answer, lead, restored, live)
            found += [_nested(model, answer, main, one, restored, topmost) for one in leads]
    return found


def _nested(
    model: FeederModel,
    answer: Answered,
    main: InferredOutage,
    lead: Lead,
    restored: float,
    topmost: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]",
) -> InferredOutage:
    """An outage that the restoration of `main` left behind."""
    tree = model.tree
    device_ids = best_first(tree, lead.device, topmost, model.feeder.first)
    below = tuple(sorted(tree.meters_below(lead.device)))
    gasped = {tree.meter_ids[model.feeder.meter_first + int(own)] for own in np.flatnonzero(answer.evidence.gasp)}
    silent = EvidenceItem(
        "no_restoration",
        float(len(below)),
        round(float(np.log(lead.posterior / max(1 - lead.posterior, 1e-9))), 6),
        below[:5],
    )
    return InferredOutage(
        outage_key=outage_key(model.feeder.feeder_id, device_ids, restored),
        feeder_id=model.feeder.feeder_id,
        device_ids=device_ids,
        device_id=device_ids[0],
        posterior=lead.posterior,
        window_start=moment(restored),
        window_end=moment(restored + model.settings.nested_wait_s),
        first_evidence_at=main.first_evidence_at,
        meters_predicted=below,
        meters_reported=tuple(own for own in below if own in gasped),
        posterior_meters_out=expected_out(model, lead),
        status=PROBABLE if lead.posterior >= model.settings.probable_from else "VERIFY",
        evidence=(silent,),
        credible=named(model, credible(lead.alternatives, model.settings.credible), topmost),
        device_posterior=devices_of(model, lead, topmost),
        next_pings=next_pings(tree, lead.alternatives, (), model.settings),
        nested_of=main.outage_key,
        reasons=("The device above is back, and these meters sent no restoration message.",),
    )


def _comms(model: FeederModel, one: SilentCollector) -> InferredOutage:
    """A silent collector as what it is: lost communication, beside the device that would be suspected."""
    tree = model.tree
    device = _common_device(tree, one.asked)
    device_ids = () if device == NONE else tuple(tree.device_ids[own] for own in tree.same_class(device))
    asked = tuple(sorted(tree.meter_ids[own] for own in one.asked))
    text = "All meters behind one collector are silent without a last gasp, and neighbours are live."
    return InferredOutage(
        outage_key=outage_key(model.feeder.feeder_id, (one.collector_id,), one.first_at),
        feeder_id=model.feeder.feeder_id,
        device_ids=device_ids,
        device_id=device_ids[0] if device_ids else "",
        posterior=0.0,
        window_start=moment(one.first_at),
        window_end=moment(one.last_at),
        first_evidence_at=moment(one.first_at),
        meters_predicted=tuple(sorted(tree.meter_ids[own] for own in one.meters)),
        meters_reported=asked,
        posterior_meters_out=0.0,
        status=COMMS,
        evidence=(EvidenceItem("collector_silent", float(len(asked)), 0.0, asked[:5]),),
        credible=(),
        device_posterior=(),
        explained_by=f"collector:{one.collector_id}",
        reasons=(text,),
    )


def _common_device(tree: DeviceTree, meters: Sequence[int]) -> int:
    """The lowest device above all of these meters."""
    low, high = min(meters), max(meters)
    device = int(tree.meter_device[low])
    while device != NONE and not (tree.meter_first[device] <= low and high < tree.meter_end[device]):
        device = int(tree.parent[device])
    return device


def _cluster(model: FeederModel, answer: Answered) -> Cluster:
    start = int(answer.session.start)
    return Cluster(
        f"{model.feeder.feeder_id}@{start}",
        model.feeder.feeder_id,
        moment(answer.session.start),
        moment(answer.session.end),
        len(answer.session.gasps),
        named(model, answer.ranked[:RANKING_SHOWN], answer.topmost),
        round(answer.false_rate, 9),
    )


def _note_meters(
    model: FeederModel, answer: Answered, own: Sequence[InferredOutage], out_now: dict[str, float]
) -> None:
    """Posterior that a meter is out now: of sessions that are not over, joined as independent causes."""
    over = {meter for one in own if one.restored_at is not None for meter in one.meters_predicted}
    nested = {meter: one.posterior for one in own if one.nested_of for meter in one.meters_predicted}
    shares = np.round(answer.meter_posterior, 9)
    named_places = np.flatnonzero(shares >= NAMED_FROM)
    back = ~np.isnan(answer.evidence.restored_at[named_places])
    base, ids = model.feeder.meter_first, model.tree.meter_ids
    for place, share, is_back in zip(named_places.tolist(), shares[named_places].tolist(), back.tolist(), strict=True):
        meter_id = ids[base + place]
        own_share = nested.get(meter_id, 0.0) if is_back or meter_id in over else share
        if meter_id in out_now:
            out_now[meter_id] = round(1 - (1 - out_now[meter_id]) * (1 - own_share), 9)
        elif own_share >= NAMED_FROM:
            out_now[meter_id] = own_share


def _explained(
    one: InferredOutage, planned: Sequence[Planned], standing: Sequence[Standing], tree: DeviceTree
) -> InferredOutage:
    """The outage with what is known already and explains it; nothing is hidden for that."""
    if one.explained_by is not None or not one.meters_predicted:
        return one
    own = set(one.meters_predicted)
    share = SETTINGS[OUTAGE_INFERENCE_VERSION].explained_share
    for work in sorted(planned, key=lambda work: work.planned_id):
        lasts = work.starts_at <= one.window_end and one.window_start <= work.ends_at
        if lasts and len(own & work.meter_ids) >= share * len(own):
            return replace(one, explained_by=f"planned:{work.planned_id}")
    for known in sorted(standing, key=lambda known: known.outage_id):
        lasts = known.ended_at is None or known.ended_at >= one.window_start
        began = abs((known.started_at - one.first_evidence_at).total_seconds()) <= 300
        device = tree.device_at.get(known.device_id)
        lead = tree.device_at.get(one.device_id)
        if lasts and began and device is not None and lead is not None and tree.contains(device, lead):
            return replace(one, explained_by=f"standing:{known.outage_id}")
    return one
