"""Outages that a restoration leaves behind (grid.md 4.3): the main device is back, and some below it stay silent.

After the wait, the meters below are asked anew: who sent a restoration message or was seen live is back; who is silent
may be out, or may have lost the message. How many messages get through is unknown and summed over, like everything
that a whole outage shares.
"""

import numpy as np
from numpy.typing import NDArray

from domain.grid.outages.rules import signals as kinds
from domain.grid.outages.rules.inference.feeder_run import Answered, FeederModel
from domain.grid.outages.rules.inference.priors import log_priors
from domain.grid.outages.rules.inference.readout import Lead, leads_of, rank_classes
from domain.grid.outages.rules.inference.sessions import Heard
from domain.grid.outages.rules.inference.sum_product import solve

Floats = NDArray[np.float64]

# A restoration message of a meter that is out, and a report of being out by one that is back.
CONTRARY = 1e-3


def restored_second(model: FeederModel, answer: Answered, lead: Lead) -> float | None:
    """When the main device came back: the middle of its meters' restoration messages, once most have one."""
    base = model.feeder.meter_first
    below = slice(int(model.tree.meter_first[lead.device]) - base, int(model.tree.meter_end[lead.device]) - base)
    restored = answer.evidence.restored_at[below]
    told = restored[~np.isnan(restored)]
    reported = int(answer.evidence.gasp[below].sum())
    if not len(told) or len(told) < model.settings.restored_share * reported:
        return None
    return float(np.sort(told)[len(told) // 2])


def left_behind(
    model: FeederModel, answer: Answered, lead: Lead, restored: float, live: list[Heard]
) -> tuple[Floats, list[Lead]]:
    """Posterior per device of the feeder that it stays open below the restored one, and the outages."""
    tree, feeder, settings = model.tree, model.feeder, model.settings
    base = feeder.meter_first
    first, end = int(tree.meter_first[lead.device]), int(tree.meter_end[lead.device])
    back = ~np.isnan(answer.evidence.restored_at)
    for one in live:
        if one.meter >= 0 and one.at > restored and one.type != kinds.SCADA_CLOSED:
            back[one.meter - base] = True
    weight = np.full(len(back), np.log1p(-CONTRARY))
    weight[back] = np.log(CONTRARY)
    for one in answer.session.others:
        if one.meter >= 0 and one.at > restored and one.type in (kinds.PING_NO_ANSWER, kinds.CALL, kinds.CREW_OUT):
            weight[one.meter - base] += settings.llr_ping_no_answer
    # Of the meters below the restored device alone: the others are no question.
    aside = np.ones(len(back), bool)
    aside[first - base : end - base] = False
    rows = []
    for delivered in settings.restoration_delivery:
        own = weight - np.where(back, np.log(delivered), np.log1p(-delivered))
        own[aside] = 0.0
        rows.append(np.concatenate([[0.0], np.cumsum(own)]))
    running = np.stack(rows)
    meter_first = tree.meter_first[feeder.first : feeder.end] - base
    meter_end = tree.meter_end[feeder.first : feeder.end] - base
    out = running[:, meter_end] - running[:, meter_first]
    upper = tree.same_class(lead.device)[-1] - feeder.first
    inside = np.zeros(feeder.end - feeder.first, bool)
    inside[upper + 1 : int(tree.end[feeder.first + upper]) - feeder.first] = True
    rate = np.where(inside, model.rate, 0.0)
    log_p, log_not_p = log_priors(rate, (settings.nested_expected,), settings)
    told = np.array(settings.restoration_delivery)
    count, silent = int(back[~aside].sum()), int((~back[~aside]).sum())
    baseline = count * np.log(told) + silent * np.log1p(-told)
    # Devices that are no question stay closed.
    out = np.where(inside[None, :], out, -1e3)
    found = solve(
        model.levels,
        np.repeat(log_p, len(told), axis=0),
        np.repeat(log_not_p, len(told), axis=0),
        out,
        np.log(np.array(settings.restoration_weight)) + baseline,
    )
    ranked = [pair for pair in rank_classes(tree, feeder, found.topmost) if inside[pair[0] - feeder.first]]
    leads = leads_of(tree, ranked, [feeder.first + own for own in found.chosen], settings)
    return found.topmost, [one for one in leads if one.posterior >= settings.set_from]
