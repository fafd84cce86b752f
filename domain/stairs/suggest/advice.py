"""Suggest: hold what was noticed in a tenant's stairs against the rules in force; what follows waits for people."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection

from domain.kernel.advice.model import Evaluation
from domain.kernel.advice.rulesets import thresholds_in_force
from domain.kernel.advice.signals import open_about
from domain.kernel.advice.take import counts_of, take_in
from domain.kernel.advice.threshold import ThresholdRules
from domain.stairs.rules.advice import figures
from domain.stairs.rules.advice.figures import PointTrend
from domain.stairs.rules.advice.mapping import advice_of
from domain.stairs.rules.advice.ruleset import SIGNAL_TYPES, shipped
from domain.stairs.store import advice as store


def notice(connection: Connection, trends: Iterator[PointTrend], on: date) -> dict[str, int]:
    """Evaluate every finding as of a local day; answers how many evaluations, episodes and suggestions are new.

    An open episode of what is no more, such as a retired instrument or faults of long ago, closes.

    Args:
        connection: bound to the tenant, role machine.
        trends: the measured points with their forecasts, which `observe` makes.
        on: the tenant's local day.
    """
    rules = rules_in_force(connection)
    found = list(evaluations(connection, trends, rules, on))
    looked_at = {one.about for one in found}
    found += [
        figures.nothing_left(about, rules, on)
        for about in open_about(connection, "stairs")
        if about.signal_type in rules.rules and about not in looked_at
    ]
    return counts_of([take_in(connection, one, advice_of) for one in found])


def rules_in_force(connection: Connection) -> ThresholdRules:
    """The newest rules that a person has countersigned, else those that this copy comes with."""
    return thresholds_in_force(connection, "stairs", shipped(), SIGNAL_TYPES)


def evaluations(
    connection: Connection, trends: Iterator[PointTrend], rules: ThresholdRules, on: date
) -> Iterator[Evaluation]:
    """What the rules say of a tenant's stairs, in a fixed order; what they say nothing of is not looked at."""
    if "TREND_TO_LIMIT" in rules.rules:
        yield from (figures.trend_to_limit(one, rules, on) for one in trends)
    if "CALIBRATION_DUE" in rules.rules:
        yield from (figures.calibration_due(one, rules, on) for one in store.instruments(connection))
    if "REPEATED_FAULT" in rules.rules:
        yield from (figures.repeated_fault(one, rules, on) for one in store.repeated_faults(connection, on))
    if "PHYSICS_MISMATCH" in rules.rules:
        yield from (figures.physics_mismatch(one, rules, on) for one in store.mismatches(connection))
