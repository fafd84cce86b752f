"""The fleet as columns, read from the registry. Kept in the process until its content changes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from domain.grid.metering.rules.fleet import PROFILE_DAYS, SLOTS_PER_DAY, FeederMeters, Fleet, Profiles
from domain.kernel.errors import Conflict
from domain.kernel.tenancy import Tenant

_VERSION = text("""
SELECT md5(concat_ws('|',
  (SELECT string_agg(concat_ws(',', meter_id, feeder_id, transformer_id, class, base_kwh_day, pv_kw, load_profile,
    pv_profile, electrical_depth), ';' ORDER BY meter_id COLLATE "C") FROM meters WHERE is_active),
  (SELECT string_agg(concat_ws(',', feeder_id, tech_loss_pct, loss_noload_kw, loss_copper_per_kw), ';'
    ORDER BY feeder_id COLLATE "C") FROM feeders),
  (SELECT string_agg(concat_ws(',', profile_id, md5(shape)), ';' ORDER BY profile_id COLLATE "C") FROM load_profiles)))
""")
_METERS = text("""
SELECT m.meter_id, m.feeder_id, m.class, m.base_kwh_day, m.pv_kw, m.load_profile, m.pv_profile, m.transformer_id,
  COALESCE(m.electrical_depth, 0.5) AS depth, COALESCE(t.kva, 100) AS kva
FROM meters AS m
LEFT JOIN transformers AS t ON t.tenant_id = m.tenant_id AND t.transformer_id = m.transformer_id
WHERE m.is_active
ORDER BY m.feeder_id COLLATE "C", m.meter_id COLLATE "C"
""")
_FEEDERS = text("""
SELECT feeder_id, loss_noload_kw, loss_copper_per_kw FROM feeders ORDER BY feeder_id COLLATE "C"
""")
_PROFILES = text('SELECT profile_id, kind, shape FROM load_profiles ORDER BY profile_id COLLATE "C"')

# One fleet a tenant, with its version: read again when the registry's content has another hash.
_fleets: dict[str, Fleet] = {}


def load_fleet(connection: Connection, tenant: Tenant) -> Fleet:
    """All active meters of the tenant, with their feeders and profiles.

    Raises:
        Conflict: the tenant has no meters yet.
    """
    version = connection.execute(_VERSION).scalar_one()
    fleet = _fleets.get(tenant.tenant_id)
    if fleet is None or fleet.version != version:
        fleet = _fleets[tenant.tenant_id] = _read(connection, tenant, version)
    return fleet


def _read(connection: Connection, tenant: Tenant, version: str) -> Fleet:
    rows = connection.execute(_METERS).all()
    if not rows:
        raise Conflict(
            f"Tenant {tenant.tenant_id} has no meters.",
            hint="Import a network first: `countersign grid import --help`.",
            code="NO_METERS",
        )
    profiles, load_index, pv_index = _profiles(connection)
    losses = {row.feeder_id: row for row in connection.execute(_FEEDERS)}
    by_feeder: dict[str, list[Any]] = {}
    for row in rows:
        by_feeder.setdefault(row.feeder_id, []).append(row)
    feeders = [
        _feeder(feeder_id, members, losses[feeder_id], load_index, pv_index) for feeder_id, members in by_feeder.items()
    ]
    return Fleet(tenant.tenant_id, tenant.timezone, version, feeders, profiles)


def _profiles(connection: Connection) -> tuple[Profiles, dict[str, int], dict[str, int]]:
    shapes: dict[str, list[NDArray[np.float64]]] = {"load": [], "pv": []}
    index: dict[str, dict[str, int]] = {"load": {}, "pv": {}}
    for row in connection.execute(_PROFILES):
        index[row.kind][row.profile_id] = len(shapes[row.kind])
        shapes[row.kind].append(np.frombuffer(row.shape, dtype="<f4").astype(np.float64))
    # A tenant without shapes has one row that no meter points to: a meter without a profile has a flat load and no PV.
    unused = np.zeros((1, PROFILE_DAYS * SLOTS_PER_DAY))
    load, pv = (np.vstack(shapes[kind]) if shapes[kind] else unused for kind in ("load", "pv"))
    return Profiles(load, pv), index["load"], index["pv"]


def _feeder(
    feeder_id: str, rows: list[Any], losses: Any, load_index: dict[str, int], pv_index: dict[str, int]
) -> FeederMeters:
    transformers = [row.transformer_id or f"?{row.meter_id}" for row in rows]
    number = {name: i for i, name in enumerate(dict.fromkeys(transformers))}
    base = np.array([row.base_kwh_day for row in rows], dtype=np.float64)
    return FeederMeters(
        feeder_id=feeder_id,
        meter_ids=tuple(row.meter_id for row in rows),
        base_kwh_day=base,
        load_profile=np.array([load_index.get(row.load_profile, -1) for row in rows], dtype=np.int32),
        pv_profile=np.array([pv_index.get(row.pv_profile, -1) for row in rows], dtype=np.int32),
        pv_kw=np.array([row.pv_kw for row in rows], dtype=np.float64),
        residential=np.array([row._mapping["class"] == "res" for row in rows], dtype=bool),
        transformer=np.array([number[name] for name in transformers], dtype=np.int32),
        kva=np.array([row.kva for row in rows], dtype=np.float64),
        depth=np.array([row.depth for row in rows], dtype=np.float64),
        noload_kw=float(losses.loss_noload_kw),
        copper_per_kw=float(losses.loss_copper_per_kw),
        mean_kw=float(base.sum() / 24.0),
    )
