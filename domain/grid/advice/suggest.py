"""Suggest: hold the grid's figures of a day against the rules in force, and lay what follows before people."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection

from domain.grid.advice import store
from domain.grid.advice.rules import figures
from domain.grid.advice.rules.mapping import advice_of
from domain.grid.advice.rules.ruleset import ruleset_of, shipped
from domain.kernel.advice.model import Evaluation
from domain.kernel.advice.rulesets import in_force
from domain.kernel.advice.take import counts_of, take_in
from domain.kernel.advice.threshold import ThresholdRules


def notice(connection: Connection, on: date) -> dict[str, int]:
    """Evaluate every figure of a local day; answers how many evaluations, episodes and suggestions are new.

    Twice for the same figures is once. Nobody is sent anywhere by it.
    """
    rules = rules_in_force(connection)
    return counts_of([take_in(connection, one, advice_of) for one in evaluations(connection, rules, on)])


def rules_in_force(connection: Connection) -> ThresholdRules:
    """The newest rules that a person has countersigned, else those that this copy comes with."""
    return ruleset_of(in_force(connection, "grid") or shipped().content)


def evaluations(connection: Connection, rules: ThresholdRules, on: date) -> Iterator[Evaluation]:
    """What the rules say of a local day's figures, in a fixed order."""
    for loss in store.feeder_losses(connection, on):
        yield figures.feeder_loss(loss, rules, on)
    for count in store.missing_reads(connection, on):
        yield figures.comms_degraded(count, rules, on)
    for count in store.low_voltages(connection, on):
        yield figures.voltage_low(count, rules, on)
    for meter in store.scored_meters(connection, on, rules.rules["METER_SUSPICION"].closes):
        yield figures.meter_suspicion(meter, rules, on)
    for device in store.repeated_outages(connection, on):
        yield figures.repeated_outages(device, rules, on)
