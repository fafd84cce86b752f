"""Check one local day of a tenant: does the energy balance, did the reads come, once each, and is all of it repeatable.

Each audit measures, says its finding in one sentence, and gives the figures behind it. Whoever asks (an asset check, a
command) decides what follows; an audit changes nothing. Meters are counted, never named.
"""

from datetime import date
from typing import Any

from sqlalchemy import Connection

from domain.grid.metering.observe.regenerate import regenerate_feeder
from domain.grid.metering.store import audits as store
from domain.kernel.finding import Finding
from domain.kernel.tenancy import load_tenant

SHOWN = 20
# A feeder's rest is metering error and coverage correction; both shrink with its size (grid.md 2.3, 2.8).
BALANCE_TOLERANCE_PCT = 1.5
COVERAGE_EXPECTED_PCT = 95.0
COVERAGE_REQUIRED_PCT = 60.0


def energy_balance(connection: Connection, tenant_id: str, day: date) -> Finding:
    """Delivered = metered + technical + non-technical: no feeder meters more than arrives; without events, no rest.

    A feeder of a utility's own reads may have a rest: that is its non-technical loss, and a finding elsewhere.
    """
    is_demo = load_tenant(connection).is_demo
    rows = store.energy_balance(connection, store.local_day(connection, tenant_id, day))
    judged = [row for row in rows if row["loss_status"] == "OK"]
    beyond = [row for row in judged if _is_off_balance(row, is_demo)]
    says = (
        f"{len(beyond)} of {len(judged)} feeders do not balance within {BALANCE_TOLERANCE_PCT} % of delivered energy."
        if beyond
        else f"All {len(judged)} feeders balance within {BALANCE_TOLERANCE_PCT} % of delivered energy."
    )
    totals = {name: round(sum(row[name] for row in judged), 3) for name in ("delivered_kwh", "metered_kwh")}
    totals |= {name: round(sum(row[name] for row in judged), 3) for name in ("technical_kwh", "rest_kwh")}
    return Finding(not beyond, says, is_error=False, figures=totals, rows=_first(beyond or judged))


def _is_off_balance(row: dict[str, Any], is_demo: bool) -> bool:
    rest = float(row["rest_pct"])
    return rest < -BALANCE_TOLERANCE_PCT or (is_demo and not row["has_event"] and rest > BALANCE_TOLERANCE_PCT)


def rollups(connection: Connection, tenant_id: str, day: date) -> Finding:
    """Every roll-up of the day equals its recomputation from the reads, to the last tenth of a watt-hour."""
    differing = store.rollup_differences(connection, store.local_day(connection, tenant_id, day))
    if not differing:
        return Finding(True, "All roll-ups equal their recomputation from the reads.", figures={"differences": 0})
    counts: dict[str, int] = {}
    for row in differing:
        counts[row["table_name"]] = counts.get(row["table_name"], 0) + 1
    told = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
    return Finding(False, f"Roll-ups differ from the reads: {told}.", figures={"differences": len(differing)} | counts)


def coverage(connection: Connection, tenant_id: str, day: date) -> Finding:
    """At least 95 % of the expected energy was metered on every feeder; below 60 % its loss is not known at all."""
    rows = store.coverage(connection, store.local_day(connection, tenant_id, day))
    if not rows:
        return Finding(False, "No read and no delivered energy stands for this day.", is_error=False)
    low = [row for row in rows if (row["coverage_pct"] or 0.0) < COVERAGE_EXPECTED_PCT and not row["has_comms_event"]]
    lost = [row for row in rows if (row["coverage_pct"] or 0.0) < COVERAGE_REQUIRED_PCT]
    received, expected = (sum(row[name] for row in rows) for name in ("reads_received", "reads_expected"))
    figures = {"reads_received": received, "reads_expected": expected, "feeders": len(rows), "low": len(low)}
    says = (
        f"{len(low)} of {len(rows)} feeders have less than {COVERAGE_EXPECTED_PCT:g} % coverage, {len(lost)} too little"
        " for a loss."
        if low
        else f"{received} of {expected} expected reads arrived, evenly over {len(rows)} feeders."
    )
    return Finding(not low, says, is_error=False, figures=figures, rows=_first(low or rows))


def uniqueness(connection: Connection, tenant_id: str, day: date) -> Finding:
    """Each read stands once, and every table that counts reads counts the same number."""
    counts = store.read_counts(connection, store.local_day(connection, tenant_id, day))
    distinct = {counts[name] for name in ("reads", "in_meter_days", "in_feeder_intervals", "in_feeder_days")}
    if counts["duplicates"]:
        return Finding(False, f"{counts['duplicates']} reads stand twice.", figures=counts)
    if len(distinct) > 1:
        return Finding(False, "The reads and the roll-ups count different numbers of reads.", figures=counts)
    return Finding(True, f"{counts['reads']} reads, each once, counted alike everywhere.", figures=counts)


def expectations(connection: Connection, tenant_id: str, day: date) -> Finding:
    """What every finished event was expected to do was observed, within its tolerance."""
    rows = store.event_outcomes(connection, store.local_day(connection, tenant_id, day))
    finished = [row for row in rows if row["is_finished"] and row["observed_delta"] is not None]
    unexplained = [row for row in finished if not row["is_explained"]]
    figures = {"expectations": len(rows), "finished": len(finished), "unexplained": len(unexplained)}
    if not rows:
        return Finding(True, "No injected event touches this day.", figures=figures)
    says = (
        f"{len(unexplained)} of {len(finished)} expectations of finished events were not observed."
        if unexplained
        else f"{len(finished)} of {len(finished)} expectations of finished events were observed;"
        f" {len(rows) - len(finished)} are open."
    )
    return Finding(not unexplained, says, is_error=False, figures=figures, rows=_first(unexplained or rows))


def determinism(connection: Connection, tenant_id: str, day: date) -> Finding:
    """One feeder of the day, made again from what its batch recorded, equals what is stored to the last bit."""
    again = regenerate_feeder(connection, tenant_id, day)
    if again.why_not is not None:
        return Finding(True, f"Nothing was compared: {again.why_not}.", figures={"compared": 0})
    figures = {"compared": again.reads, "stored_sha256": again.stored_sha256, "made_sha256": again.made_sha256}
    says = f"{again.reads} reads of {again.feeder_id}, made again, {'equal' if again.is_equal else 'differ from'}"
    return Finding(again.is_equal, f"{says} those that are stored.", figures=figures)


def _first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return rows[:SHOWN]
