"""Suggest where the fault is: zones by probability, with the order in which to patrol them (step 17)."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.grid.outages.rules import signals as words
from domain.grid.outages.rules.as_of import in_utc
from domain.grid.outages.rules.circuit import build_circuit
from domain.grid.outages.rules.sections import Sections, find_sections
from domain.grid.outages.rules.zone_ranking import (
    FAULT_ZONES_VERSION,
    RankBy,
    RankedZone,
    RankingFacts,
    ZoneSettings,
    rank_zones,
    settings_of,
)
from domain.grid.outages.rules.zone_shape import Zone
from domain.grid.outages.rules.zones import zones_of
from domain.grid.outages.store import advice, runs
from domain.grid.outages.store.runs import Question
from domain.grid.outages.store.world import KEPT_NETWORKS, World
from domain.grid.outages.suggest.asked import Asked, ask
from domain.grid.outages.suggest.made import Advice, tell_made
from domain.kernel.errors import NotFound

_sections: dict[tuple[str, uuid.UUID, tuple[str, ...], tuple[str, ...]], Sections] = {}
_zones: dict[tuple[str, uuid.UUID, tuple[str, ...], tuple[str, ...]], tuple[Zone, ...]] = {}


def sections_of_world(tenant_id: str, world: World) -> Sections:
    """The network as it stood, divided at its devices; kept by this process for the four last states."""
    key = (tenant_id, world.topology_version_id, world.open_devices, world.closed_devices)
    if key not in _sections:
        circuit = build_circuit(world.network, world.open_devices, world.closed_devices)
        while len(_sections) >= KEPT_NETWORKS:
            _zones.pop(next(iter(_sections)), None)
            _sections.pop(next(iter(_sections)), None)
        _sections[key] = find_sections(circuit)
    return _sections[key]


def zones_of_world(tenant_id: str, world: World) -> tuple[Zone, ...]:
    """The zones of the network as it stood."""
    key = (tenant_id, world.topology_version_id, world.open_devices, world.closed_devices)
    if key not in _zones:
        _zones[key] = zones_of(sections_of_world(tenant_id, world))
    return _zones[key]


def ranked_zones(asked: Asked, rank_by: RankBy = "probability") -> tuple[RankedZone, ...]:
    """The ranking itself, from what was asked on and nothing else."""
    heard = asked.heard
    facts = RankingFacts(
        indicators={one.device_id: True for one in heard if one.type == words.FAULT_INDICATOR and one.device_id},
        distance_mi=_distance(asked),
    )
    zones = zones_of_world(asked.tenant_id, asked.before)
    own = [zone for zone in zones if zone.feeder_id == asked.outage.feeder_id]
    return rank_zones(own, asked.device_posterior, facts, rank_by)


def _distance(asked: Asked) -> float | None:
    """Where the relay put the fault, miles from the head: the value with which SCADA reported that it opened."""
    mine = set(asked.outage.device_ids)
    told = [one for one in asked.heard if one.type == words.SCADA_OPEN and one.device_id in mine and one.value]
    return told[-1].value if told else None


def rank(
    connection: Connection,
    tenant_id: str,
    outage_id: uuid.UUID,
    *,
    now: datetime,
    as_of: datetime | None = None,
    rank_by: RankBy = "probability",
    requested_by: str,
    dagster_run_id: str | None = None,
) -> Advice:
    """Rank the fault zones of an outage and keep the ranking under its run; the same question is the same run.

    Raises:
        NotFound: no such outage, or no network.
        Invalid: AS_OF, before the outage began or in the future.
    """
    asked = ask(connection, tenant_id, outage_id, in_utc(as_of, now) if as_of else None)
    question = question_of(asked, rank_by)
    found = ranked_zones(asked, rank_by)
    rows = [row_of(one) for one in found]
    counts = {"zones": len(rows), "credible": sum(one.credible for one in found)}
    is_new = runs.keep(
        connection,
        question,
        outage_id=outage_id,
        output=rows,
        counts=counts,
        topology_version_id=asked.before.topology_version_id,
        requested_by=requested_by,
        run_at=now,
        dagster_run_id=dagster_run_id,
    )
    if is_new:
        advice.keep_zones(connection, asked.before.topology_version_id, [_zone(one.zone) for one in found])
        advice.put(connection, "fault_zone_rankings", question.run_id, rows)
        tell_made(
            connection,
            question,
            "grid.zones.ranked",
            "fault_zone_rankings",
            counts=counts,
            outage_id=outage_id,
            requested_by=requested_by,
        )
    stored = advice.of_run(connection, "fault_zone_rankings", question.run_id)
    return Advice(question.run_id, outage_id, asked.as_of, counts, stored, is_new)


def as_of_ranking(connection: Connection, outage_id: uuid.UUID, run_id: uuid.UUID) -> datetime:
    """The as-of time of a ranking of the outage.

    Raises:
        NotFound: no such run, or one of another outage or step.
    """
    run = runs.load(connection, run_id)
    if run.step != "RANK" or run.outage_id != outage_id:
        raise NotFound(
            "That run is no ranking of this outage.", hint="Send the run_id that /v1/fault-zones/rank answered for it."
        )
    return run.as_of


def question_of(asked: Asked, rank_by: RankBy) -> Question:
    """What determines a ranking."""
    return Question(
        asked.tenant_id,
        "RANK",
        str(asked.outage.outage_id),
        asked.as_of,
        FAULT_ZONES_VERSION,
        asked.inputs | {"rank_by": rank_by},
        settings_of(ZoneSettings()),
        {"outage_id": str(asked.outage.outage_id), "rank_by": rank_by},
    )


def row_of(one: RankedZone) -> dict[str, Any]:
    """A ranked zone as it is stored."""
    return {
        "zone_id": one.zone_id,
        "rank": one.rank,
        "probability": one.probability,
        "cum_probability": one.cum_probability,
        "meters_out": one.meters_out,
        "critical_customers": one.critical_customers,
        "patrol_miles": round(one.patrol_miles, 3),
        "patrol_order": one.patrol_rank,
        "is_credible": one.credible,
        "evidence": [dict(row) for row in one.evidence],
        "explanation": one.explanation,
        "equivalence_class": one.equivalence_class,
        "alt_zone_ids": one.alt_zone_ids,
    }


def _zone(zone: Zone) -> dict[str, Any]:
    return {
        "zone_id": zone.zone_id,
        "feeder_id": zone.feeder_id,
        "upstream_device_id": zone.upstream_device_id,
        "downstream_device_ids": zone.downstream_device_ids,
        "miles": round(zone.miles, 6),
        "oh_pct": round(zone.oh_pct, 3),
        "customers": zone.customers,
        "meters": zone.meters,
    }
