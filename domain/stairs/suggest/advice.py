"""Suggest: hold what was noticed in a tenant's stairs against the rules in force; what follows waits for people."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection

from domain.kernel.advice.model import Evaluation
from domain.kernel.advice.rulesets import in_force
from domain.kernel.advice.take import counts_of, take_in
from domain.kernel.advice.threshold import ThresholdRules
from domain.stairs.rules.advice import figures
from domain.stairs.rules.advice.figures import PointTrend
from domain.stairs.rules.advice.mapping import advice_of
from domain.stairs.rules.advice.ruleset import ruleset_of, shipped
from domain.stairs.store import advice as store


def notice(connection: Connection, trends: Iterator[PointTrend], on: date) -> dict[str, int]:
    """Evaluate every finding as of a local day; answers how many evaluations, episodes and suggestions are new.

    Args:
        connection: bound to the tenant, role machine.
        trends: the measured points with their forecasts, which `observe` makes.
        on: the tenant's local day.
    """
    rules = rules_in_force(connection)
    return counts_of([take_in(connection, one, advice_of) for one in evaluations(connection, trends, rules, on)])


def rules_in_force(connection: Connection) -> ThresholdRules:
    """The newest rules that a person has countersigned, else those that this copy comes with."""
    return ruleset_of(in_force(connection, "stairs") or shipped().content)


def evaluations(
    connection: Connection, trends: Iterator[PointTrend], rules: ThresholdRules, on: date
) -> Iterator[Evaluation]:
    """What the rules say of a tenant's stairs, in a fixed order."""
    for point in trends:
        yield figures.trend_to_limit(point, rules, on)
    for instrument in store.instruments(connection):
        yield figures.calibration_due(instrument, rules, on)
    for fault in store.repeated_faults(connection, on):
        yield figures.repeated_fault(fault, rules, on)
    for found in store.mismatches(connection):
        yield figures.physics_mismatch(found, rules, on)
