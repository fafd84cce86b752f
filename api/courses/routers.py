"""The routers of courses, in the order in which their routes are tried."""

from fastapi import APIRouter

from api.courses import catalogue, generation, packages, parts

router = APIRouter(tags=["Courses"])
for one in (generation.router, parts.router, packages.router, parts.syllabi, parts.artifacts, catalogue.router):
    router.include_router(one)
