"""The routers of the loop from suggestions to adopted drafts, and of its pages."""

from fastapi import APIRouter

from api.courses import regeneration, suggestions
from api.courses.pages import regeneration as regeneration_pages
from api.courses.pages import suggestions as suggestion_pages

router = APIRouter()
for one in (suggestions.router, regeneration.router):
    router.include_router(one)
pages = APIRouter()
# Jobs first: the verbs of a suggestion are whatever else follows its id.
for one in (regeneration_pages.router, suggestion_pages.router):
    pages.include_router(one)
