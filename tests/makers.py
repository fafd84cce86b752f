"""Makers of test data: small, valid, and only what a test does not care about is filled in."""

from datetime import timedelta

import numpy as np
from sqlalchemy import text

from domain.grid.metering.rules.fleet import PROFILE_DAYS, SLOTS_PER_DAY
from domain.kernel.canonical import derived_id
from domain.kernel.db import transaction
from domain.kernel.people import ensure_person
from domain.kernel.principal import Kind, Principal
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys
from domain.kernel.tenancy import create_tenant
from domain.kernel.tokens import issue_dev_token


def make_tenant(tenant_id: str = "T", timezone: str = "America/New_York", *, is_demo: bool = True) -> str:
    """A demo tenant in US Eastern time."""
    create_tenant(tenant_id, f"Utility {tenant_id}", timezone, is_demo=is_demo)
    return tenant_id


def make_fleet(
    tenant_id: str = "T", feeders: int = 3, meters_per_feeder: int = 20, *, timezone: str = "America/New_York"
) -> str:
    """A demo tenant with FEEDER_1..n, meters M000001.., four customers a transformer and two measured-looking shapes.

    Every seventh customer of a feeder is a small business, every tenth has 4 kW of PV.
    """
    make_tenant(tenant_id, timezone)
    version = derived_id("test-topology", tenant_id)
    rng = np.random.default_rng(7)
    with transaction(tenant_id, DbRole.OWNER) as connection:
        hours = np.arange(PROFILE_DAYS * SLOTS_PER_DAY) / 4.0
        load = 1.0 + 0.5 * np.sin((hours - 13.0) / 24.0 * 2.0 * np.pi) + rng.normal(0, 0.1, hours.size)
        sun = np.clip(np.sin((hours % 24.0 - 6.0) / 12.0 * np.pi), 0, None)
        shapes = [("H", "load", load / load.mean()), ("G", "load", np.roll(load, 16) / load.mean()), ("PV", "pv", sun)]
        connection.execute(
            text("INSERT INTO load_profiles (profile_id, kind, source, shape) VALUES (:id, :kind, 'test', :shape)"),
            [{"id": name, "kind": kind, "shape": shape.astype("<f4").tobytes()} for name, kind, shape in shapes],
        )
        for number in range(1, feeders + 1):
            _make_feeder(connection, number, meters_per_feeder, version, rng)
    return tenant_id


def _make_feeder(connection, number, meters, version, rng) -> None:  # type: ignore[no-untyped-def]
    feeder = f"FEEDER_{number}"
    base = rng.uniform(6.0, 24.0, meters).round(3)
    mean_kw = float(base.sum() / 24.0)
    noload, copper = 0.3 * 0.05 * mean_kw, 0.7 * 0.05 / mean_kw
    connection.execute(
        text(
            "INSERT INTO feeders (feeder_id, code, name, base_kv, tech_loss_pct, loss_noload_kw, loss_copper_per_kw,"
            " topology_version_id) VALUES (:f, :code, :f, 12.47, 5, :p0, :k, :v)"
        ),
        {"f": feeder, "code": f"F-{number:02d}", "p0": noload, "k": copper, "v": version},
    )
    connection.execute(
        text("INSERT INTO transformers (transformer_id, feeder_id, kva, topology_version_id) VALUES (:id, :f, 50, :v)"),
        [{"id": f"X{number:02d}{i:03d}", "f": feeder, "v": version} for i in range(-(-meters // 4))],
    )
    connection.execute(
        text(
            "INSERT INTO meters (meter_id, feeder_id, transformer_id, class, base_kwh_day, has_pv, pv_kw, load_profile,"
            " pv_profile, electrical_depth, topology_version_id)"
            " VALUES (:id, :f, :x, :class, :base, :pv > 0, :pv, :load, 'PV', :depth, :v)"
        ),
        [
            {
                "id": f"M{number:02d}{i:04d}",
                "f": feeder,
                "x": f"X{number:02d}{i // 4:03d}",
                "class": "sml_com" if i % 7 == 6 else "res",
                "base": float(base[i]),
                "pv": 4.0 if i % 10 == 9 else 0.0,
                "load": "G" if i % 7 == 6 else "H",
                "depth": i / meters,
                "v": version,
            }
            for i in range(meters)
        ],
    )


def make_token(tenant_id: str = "T", *roles: str, email: str = "ada@example.org", ttl_s: int = 600) -> str:
    """A person with the given roles, and a bearer token that carries all of them."""
    person = ensure_person(tenant_id, email, email.split("@")[0], roles)
    return issue_dev_token(str(person.id), person.email, person.name, tenant_id, list(roles), timedelta(seconds=ttl_s))


def make_meters(tenant_id: str, meter_ids: list[str], *, feeder_id: str = "F1", has_pv: bool = False) -> None:
    """Register meters on one feeder of a tenant that exists already."""
    version = derived_id("test-topology", tenant_id)
    with transaction(tenant_id, DbRole.OWNER) as connection:
        connection.execute(
            text(
                "INSERT INTO feeders (feeder_id, code, name, tech_loss_pct, topology_version_id)"
                " VALUES (:f, :f, :f, 5, :v) ON CONFLICT DO NOTHING"
            ),
            {"f": feeder_id, "v": version},
        )
        connection.execute(
            text(
                "INSERT INTO meters (meter_id, feeder_id, base_kwh_day, has_pv, topology_version_id)"
                " VALUES (:id, :f, 10, :pv, :v)"
            ),
            [{"id": meter_id, "f": feeder_id, "pv": has_pv, "v": version} for meter_id in meter_ids],
        )


def make_person(tenant_id: str, name: str, *roles: str) -> Principal:
    """A person with the roles, as the gate would know the caller; signing keys are there from then on."""
    ensure_signing_keys()
    person = ensure_person(tenant_id, f"{name}@example.org", name, roles)
    return Principal(Kind.PERSON, str(person.id), name, tenant_id, roles=person.roles)
