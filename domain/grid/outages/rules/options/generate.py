"""Make, judge, score and order the restoration options of an outage.

Nothing here takes effect: options are advice, and their words say so. The same input gives the same options with the
same ids in the same order, whatever the order of its rows.
"""

from collections.abc import Sequence

from domain.grid.network.rules.model import Network
from domain.grid.outages.rules.options.build import Draft, build, draft_of
from domain.grid.outages.rules.options.candidates import candidates
from domain.grid.outages.rules.options.model import Option, Options, OutageContext
from domain.grid.outages.rules.options.scene import Scene, build_scene
from domain.grid.outages.rules.options.scoring import Stakes, score_all
from domain.grid.outages.rules.options.settings import OptionSettings
from domain.grid.outages.rules.options.simple import mobile_generation, patrol_reclose, repair_only
from domain.grid.outages.rules.options.situation import Situation, situation
from domain.grid.outages.rules.sections import Sections
from domain.grid.outages.rules.zone_ranking import RankedZone


def generate_options(
    network: Network,
    ranked: Sequence[RankedZone],
    context: OutageContext,
    settings: OptionSettings | None = None,
    sections: Sections | None = None,
) -> Options:
    """Options for the credible zones of `ranked` (at most five, most probable first).

    `sections` spares the work of dividing the network, where the caller has kept `sections_before` of the same network
    and switching state.
    """
    settings = settings or OptionSettings()
    scene = Scene(context, settings, sections) if sections is not None else build_scene(network, context, settings)
    rows = sorted(ranked, key=lambda one: (-one.probability, -one.zone.meters, one.zone_id))
    chosen = credible_zones(rows, settings)
    drafts: list[Draft] = []
    seen: list[Situation] = []
    for row in chosen:
        found = situation(scene, row.zone_id, row.device_id)
        if found is not None:
            seen.append(found)
            drafts += [draft_of(scene, candidate) for candidate in candidates(scene, found)]
    top = chosen[0].zone_id if chosen else ""
    drafts.append(repair_only(scene, top))
    if seen:
        patrol = patrol_reclose(scene, seen[0], rows)
        drafts += [patrol] if patrol else []
        drafts += mobile_generation(scene, seen[0], top)
    return _ordered(scene, drafts, rows, seen)


def credible_zones(rows: Sequence[RankedZone], settings: OptionSettings) -> list[RankedZone]:
    """The most probable zones until the credible share is reached, at most as many as the settings say."""
    chosen: list[RankedZone] = []
    cumulated = 0.0
    for row in rows[: settings.most_zones]:
        chosen.append(row)
        cumulated = round(cumulated + row.probability, 9)
        if cumulated >= settings.credible:
            break
    return chosen


def _ordered(scene: Scene, drafts: Sequence[Draft], rows: Sequence[RankedZone], seen: Sequence[Situation]) -> Options:
    accepted: dict[str, Option] = {}
    rejected: dict[str, Option] = {}
    energy: dict[str, float] = {}
    for draft in drafts:
        option, kwh = build(scene, draft, rows)
        (rejected if option.infeasible_reasons else accepted).setdefault(option.option_id, option)
        energy[option.option_id] = kwh
    out = scene.customers(sorted(seen[0].dead)) if seen else []
    stakes = Stakes(sum(one.critical_flag for one in out), round(sum(map(scene.kw_of, out)), 6))
    place = {row.zone_id: number for number, row in enumerate(rows)}
    refused = sorted(
        rejected.values(),
        key=lambda one: (place.get(one.zone_id, len(place)), one.option_type, one.tie_device_ids, one.option_id),
    )
    scored = score_all(list(accepted.values()), stakes, energy, scene.context.repair_min, scene.settings)
    return Options(scored, tuple(refused))
