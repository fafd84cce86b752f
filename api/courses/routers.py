"""The routers of courses, in the order in which their routes are tried."""

from fastapi import APIRouter

from api.courses import catalogue, generation, packages, parts
from api.courses.pages import board, new, nodes, versions, words
from api.courses.pages import parts as part_pages

router = APIRouter(tags=["Courses"])
for one in (generation.router, parts.router, packages.router, parts.syllabi, parts.artifacts, catalogue.router):
    router.include_router(one)
pages = APIRouter()
for one in (new.router, board.router, nodes.router, words.router, part_pages.router, versions.router):
    pages.include_router(one)
