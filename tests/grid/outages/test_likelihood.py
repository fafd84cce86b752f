"""The ratio of each device equals the sum over deliveries and moments written out meter by meter."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.grid.network.rules.model import Network
from domain.grid.outages.rules import signals as kinds
from domain.grid.outages.rules.device_tree import build_device_tree
from domain.grid.outages.rules.inference.evidence import gather
from domain.grid.outages.rules.inference.likelihood import likelihood
from domain.grid.outages.rules.inference.sessions import Heard, Session
from domain.grid.outages.rules.inference.settings import InferenceSettings
from tests.grid.outages.networks import networks

SETTINGS = InferenceSettings()


def density(second: float, moment: float) -> float:
    near = (
        math.exp(-abs(second - moment) / SETTINGS.start_scale_s) * SETTINGS.session_max_s / (2 * SETTINGS.start_scale_s)
    )
    return (1 - SETTINGS.stray_share) * near + SETTINGS.stray_share


@settings(deadline=None)
@given(networks(max_feeders=1), st.data())
def test_a_device_is_weighed_as_the_mixture_written_out(network: Network, data: st.DataObject) -> None:
    tree = build_device_tree(network)
    if not tree.meter_ids or not tree.device_ids:
        return
    meters = list(range(len(tree.meter_ids)))
    gasped = data.draw(st.lists(st.sampled_from(meters), unique=True, min_size=1))
    session = Session(0.0, 0.0)
    for meter in gasped:
        session.gasps[meter] = float(data.draw(st.integers(0, 200))) + 0.5
    session.start, session.end = min(session.gasps.values()), max(session.gasps.values())
    pinged = [meter for meter in meters if meter not in gasped and data.draw(st.booleans())]
    live = [Heard(kinds.PING_OK, 900.0, meter, -1, int(tree.meter_device[meter])) for meter in pinged]
    evidence = gather(tree, tree.feeders[0], session, live, (), (), SETTINGS)
    found = likelihood(tree, evidence, (session.start, session.end), SETTINGS, storm=False)
    grid, at = [], session.start
    while at < session.end + SETTINGS.start_step_s:
        grid.append(at)
        at += SETTINGS.start_step_s
    for device in range(len(tree.device_ids)):
        below = range(int(tree.meter_first[device]), int(tree.meter_end[device]))
        stamps = [session.gasps[meter] for meter in below if meter in session.gasps]
        silent = len(below) - len(stamps)
        delivery = sum(
            weight * d ** len(stamps) * (1 - d) ** silent
            for d, weight in zip(SETTINGS.delivery, SETTINGS.delivery_weight, strict=True)
        )
        moment = 1.0
        if len(stamps) > 1:
            step = SETTINGS.start_step_s / SETTINGS.session_max_s
            moment = sum(step * math.prod(density(second, at) for second in stamps) for at in grid)
        other = SETTINGS.llr_ping_ok * sum(meter in pinged for meter in below)
        for row, rate in enumerate(SETTINGS.false_rate):
            whole = math.log(delivery) + math.log(moment) + other
            whole -= len(stamps) * math.log(rate) + silent * math.log1p(-rate)
            assert found.out[row, device] == pytest.approx(whole, abs=1e-6)
