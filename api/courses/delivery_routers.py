"""The routers of delivery: learning, the store, and what its administrators do."""

from fastapi import APIRouter

from api.courses import learn, learn_exports, learn_progress, licences, products, store
from api.courses.pages import learn as learn_pages
from api.courses.pages import lesson as lesson_pages
from api.courses.pages import store as store_pages

router = APIRouter()
for one in (learn, learn_progress, learn_exports, store, products, licences, learn_pages, lesson_pages, store_pages):
    router.include_router(one.router)
