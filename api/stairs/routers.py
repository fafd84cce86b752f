"""The routers of FireMode under their address, and under the alias that older clients use."""

from fastapi import APIRouter

from api.stairs import evidence, faults, observations, results, sessions, sync

ROOM = (sessions, sync, results, evidence, observations, faults)
router = APIRouter(tags=["FireMode"])
for one in ROOM:
    router.include_router(one.router, prefix="/api/v1")
    router.include_router(one.router, prefix="/v1", include_in_schema=False)
