"""Suggest: score meters for suspicion of unrecorded consumption. Advice to inspect, never an accusation or an act.

What belongs here: reading what is needed, calling the pure rules, writing the rows and their event. The arithmetic is
rules/suspicion; the queries are store/suspicion.py.
"""

import uuid
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from domain.grid.metering.rules.fleet import from_us
from domain.grid.metering.rules.inspection import INSPECTION, content_of
from domain.grid.metering.rules.inspection_round import stops, straight_km
from domain.grid.metering.rules.local_days import US_PER_MINUTE, day_number, local_midnight_us
from domain.grid.metering.rules.scenario import affected_meters
from domain.grid.metering.rules.suspicion import reasons
from domain.grid.metering.rules.suspicion.features import DEFAULT_WINDOW_DAYS, measure
from domain.grid.metering.rules.suspicion.matrix import (
    MeterMatrix,
    codes,
    day_and_slot,
    regular_axis,
    transformer_groups,
)
from domain.grid.metering.rules.suspicion.score import score
from domain.grid.metering.rules.suspicion.settings import SCORING_VERSION, SETTINGS, settings_of
from domain.grid.metering.store import meters
from domain.grid.metering.store import suspicion as store
from domain.grid.metering.store.fleet import load_fleet
from domain.grid.metering.store.scenarios import scenarios_between
from domain.kernel.canonical import content_hash, derived_id, sha256_hex
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.events import record
from domain.kernel.proposals import Proposal, Subject, propose
from domain.kernel.tenancy import Tenant, load_tenant

SUSPICIOUS_SCORE = 60.0


@dataclass(frozen=True)
class ScoredDay:
    """What one scoring did: `counts` holds meters, reads, suspicious (score of 60 or more) and replaced rows."""

    run_id: uuid.UUID
    local_date: date
    scoring_version: str
    counts: dict[str, int]


def score_meters(
    connection: Connection,
    tenant_id: str,
    local_date: date,
    window_days: int | None = None,
    *,
    scoring_version: str = SCORING_VERSION,
    actor_id: str = "grid.suspicion",
) -> ScoredDay:
    """Score every active meter for the window that ends with `local_date`, against up to 28 days before it.

    Of those days the hours of injected events are left out, for the meters that they touch.
    Without `window_days` the window is the one that the date was scored with before, so that late reads move scores and
    not the question; the first time it is a week.

    Writes a row per meter and date to meter_suspicion in place of that date's former rows, and one ledger event, in
    the caller's transaction (role machine). The run id follows from tenant, date, window, version and the bytes read:
    the same inputs give the same id and the same rows.

    Raises:
        Invalid: an unknown scoring version, a window outside 1 to 28 days, or no reads at all in the window.
    """
    if scoring_version not in SETTINGS:
        raise Invalid(f"There is no scoring version {scoring_version!r}.", hint=f"Known: {', '.join(SETTINGS)}.")
    if window_days is None:
        window_days = store.standing_window_days(connection, tenant_id, local_date) or DEFAULT_WINDOW_DAYS
    if not 1 <= window_days <= 28:
        raise Invalid(f"A window of {window_days} days cannot be scored.", hint="Use 1 to 28 days.")
    tenant, settings = load_tenant(connection), SETTINGS[scoring_version]
    matrix, transformers, reads = _read_matrix(
        connection, tenant, tenant_id, local_date, window_days, max(window_days + settings.baseline_days, 30)
    )
    run_id = derived_id(
        "grid.suspicion",
        tenant_id,
        local_date.isoformat(),
        str(window_days),
        content_hash(settings_of(scoring_version)),
        _digest(matrix),
    )
    scored = score(measure(matrix, window_days, settings), settings)
    rows = [row | {"transformer_id": transformers[row["meter_id"]]} for row in reasons.rows(scored)]
    replaced, inserted = store.replace_day(connection, tenant_id, local_date, rows)
    suspicious = sum(row["score"] >= SUSPICIOUS_SCORE for row in rows)
    counts = {"meters": inserted, "reads": reads, "suspicious": suspicious, "replaced": replaced}
    record(
        connection,
        "grid.suspicion.scored",
        actor_id=actor_id,
        actor_role="MACHINE",
        entity_type="meter_suspicion",
        entity_id=local_date.isoformat(),
        run_id=run_id,
        payload={"counts": counts, "scoring_version": scoring_version, "window_days": window_days},
    )
    return ScoredDay(run_id, local_date, scoring_version, counts)


def propose_inspection(
    connection: Connection,
    *,
    proposed_by: str,
    actor_role: str,
    most: int = 10,
    least_score: float = SUSPICIOUS_SCORE,
    feeder_id: str | None = None,
) -> Proposal:
    """Lay the most suspicious meters of the latest scoring before a person; nobody is sent anywhere by it.

    The same list again, while it waits or after it was signed, is the same proposal.

    Raises:
        NotFound: nothing has been scored yet, or no meter reaches the score.
    """
    scored_on = meters.scored_on(connection)
    if scored_on is None:
        raise NotFound(
            "No meter has been scored yet; nothing was proposed.", hint="Scores come twenty minutes after midnight."
        )
    listed = meters.suspicious(connection, scored_on, feeder=feeder_id, least=least_score, limit=most)
    if not listed:
        raise NotFound(f"No meter reaches {least_score:g} points on {scored_on}; nothing was proposed.")
    kwh = sum(meter.ntl_kwh_est or 0.0 for meter in listed)
    order = stops(listed)
    return propose(
        connection,
        INSPECTION,
        Subject("inspection", f"{scored_on.isoformat()}/{feeder_id or 'all'}"),
        content=content_of(scored_on, listed, order),
        summary=f"Inspect {len(listed)} meters scored for {scored_on}, first {listed[0].meter_id}",
        proposed_by=proposed_by,
        actor_role=actor_role,
        evidence={
            "meters": len(listed),
            "highest_score": round(listed[0].score, 1),
            "lowest_score": round(listed[-1].score, 1),
            "unrecorded_energy_estimated": f"{kwh:,.0f} kWh",
            "feeders": len({meter.feeder_id for meter in listed}),
            "round_as_the_crow_flies": f"{straight_km(listed, order):,.1f} km" if len(order) > 1 else None,
        },
        severity=1,
        page_url="/grid/meters" + (f"?feeder={quote(feeder_id)}" if feeder_id else ""),
    )


def _read_matrix(
    connection: Connection, tenant: Tenant, tenant_id: str, local_date: date, window_days: int, days: int
) -> tuple[MeterMatrix, dict[str, str | None], int]:
    """The matrix of the last `days` local days, the transformer of each meter, and how many reads it was made of."""
    last = day_number(local_date)
    bounds = [local_midnight_us(day, tenant.zone) for day in range(last - days + 1, last + 2)]
    minutes = store.usual_interval_minutes(connection, tenant_id, bounds[-1 - window_days], bounds[-1])
    meters = store.active_meters(connection, tenant_id)
    if minutes is None or not meters:
        raise Invalid(
            f"No meter of {tenant_id} was read in the {window_days} days up to {local_date}; nothing was scored.",
            hint="Publish or ingest reads for that window first.",
        )
    axis = regular_axis(bounds[0] + minutes * 60_000_000, bounds[-1], minutes)
    grid = store.ReadGrid.empty(len(meters), axis, window_from_us=bounds[-1 - window_days], tamper_from_us=bounds[-31])
    reads = 0
    for after, until in pairwise(bounds):
        reads += store.lay_out_day(connection, tenant_id, grid, after, until, minutes)
    _leave_events_out(connection, tenant, grid, [meter.meter_id for meter in meters], minutes)
    feeder_ids = tuple(sorted({meter.feeder_id for meter in meters}))
    day, slot = day_and_slot(axis, minutes, tenant.zone)
    received = np.count_nonzero(~np.isnan(grid.kwh[:, axis > bounds[-1 - window_days]]), axis=1)
    matrix = MeterMatrix(
        meter_ids=tuple(meter.meter_id for meter in meters),
        read_at=axis,
        day=day,
        slot=slot,
        interval_minutes=minutes,
        kwh=grid.kwh,
        feeder_ids=feeder_ids,
        feeder=codes([meter.feeder_id for meter in meters], feeder_ids),
        transformer=transformer_groups([meter.transformer_id or "" for meter in meters]),
        voltage=None if np.isnan(grid.voltage).all() else grid.voltage,
        delivered=store.delivered_kwh(connection, tenant_id, feeder_ids, axis, minutes),
        meter_class=tuple(meter.meter_class for meter in meters),
        has_pv=np.array([meter.has_pv for meter in meters], dtype=bool),
        estimated=grid.estimated / np.maximum(received, 1),
        tamper=grid.tampered,
    )
    return matrix, {meter.meter_id: meter.transformer_id for meter in meters}, reads


def _leave_events_out(
    connection: Connection, tenant: Tenant, grid: store.ReadGrid, meter_ids: list[str], minutes: int
) -> None:
    """Take the hours of injected events before the window from the meters that they touch.

    Otherwise what a meter did not record while it stole would become what is usual for it.
    """
    starts, ends = grid.read_at_us - minutes * US_PER_MINUTE, grid.read_at_us
    before = ends <= grid.window_from_us
    if not before.any():
        return
    events = scenarios_between(connection, from_us(int(starts[0])), from_us(grid.window_from_us))
    row_of = {meter: row for row, meter in enumerate(meter_ids)}
    for event in events:
        hours = np.flatnonzero(before & (ends > event.starts_us) & (starts < event.ends_us))
        for feeder in load_fleet(connection, tenant).feeders:
            if event.concerns(feeder):
                hit = affected_meters(event, feeder).tolist()
                touched = [row_of[meter] for meter, is_hit in zip(feeder.meter_ids, hit, strict=True) if is_hit]
                block = np.ix_(np.array(touched, dtype=np.int64), hours)
                grid.kwh[block] = grid.voltage[block] = np.nan


def _digest(matrix: MeterMatrix) -> str:
    """SHA-256 over the bytes that the scores are made of."""
    parts: list[NDArray[Any] | None] = [matrix.kwh, matrix.voltage, matrix.delivered, matrix.estimated, matrix.tamper]
    described = [sha256_hex(b"" if part is None else part.tobytes()) for part in parts]
    network = [
        list(matrix.meter_ids),
        matrix.feeder.tolist(),
        matrix.transformer.tolist(),
        list(matrix.meter_class or ()),
    ]
    return content_hash([described, network])
