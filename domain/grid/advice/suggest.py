"""Suggest: hold the grid's figures of a day against the rules in force, and lay what follows before people."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection

from domain.grid.advice import store
from domain.grid.advice.rules import figures
from domain.grid.advice.rules.mapping import advice_of
from domain.grid.advice.rules.ruleset import SIGNAL_TYPES, shipped
from domain.kernel.advice.model import Evaluation
from domain.kernel.advice.rulesets import thresholds_in_force
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
    return thresholds_in_force(connection, "grid", shipped(), SIGNAL_TYPES)


def evaluations(connection: Connection, rules: ThresholdRules, on: date) -> Iterator[Evaluation]:
    """What the rules say of a local day's figures, in a fixed order; what they say nothing of is not looked at."""
    if "FEEDER_LOSS" in rules.rules:
        yield from (figures.feeder_loss(one, rules, on) for one in store.feeder_losses(connection, on))
    if "COMMS_DEGRADED" in rules.rules:
        yield from (figures.comms_degraded(one, rules, on) for one in store.missing_reads(connection, on))
    if "VOLTAGE_LOW" in rules.rules:
        yield from (figures.voltage_low(one, rules, on) for one in store.low_voltages(connection, on))
    if "METER_SUSPICION" in rules.rules:
        least = rules.rules["METER_SUSPICION"].closes
        yield from (figures.meter_suspicion(one, rules, on) for one in store.scored_meters(connection, on, least))
    if "REPEATED_OUTAGES" in rules.rules:
        yield from (figures.repeated_outages(one, rules, on) for one in store.repeated_outages(connection, on))
