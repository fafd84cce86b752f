"""The routers of FireMode under their address, and under the alias that older clients use."""

from fastapi import APIRouter

from api.stairs import (
    baselines,
    buildings,
    definitions,
    evidence,
    faults,
    generation,
    instruments,
    observations,
    points,
    registry,
    reports,
    results,
    ruleset,
    sessions,
    sync,
)

ENTERED = (buildings, registry, baselines, definitions, generation, ruleset, instruments)
ROOM = (*ENTERED, sessions, sync, results, evidence, observations, points, faults, reports)
router = APIRouter(tags=["FireMode"])
for one in ROOM:
    router.include_router(one.router, prefix="/api/v1")
    router.include_router(one.router, prefix="/v1", include_in_schema=False)
