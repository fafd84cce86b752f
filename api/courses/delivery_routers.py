"""The routers of delivery and insight: learning, the store, what its administrators do, and what they see."""

from fastapi import APIRouter

from api.courses import analytics, learn, learn_exports, learn_progress, licences, products, store
from api.courses.pages import analytics as analytics_pages
from api.courses.pages import learn as learn_pages
from api.courses.pages import lesson as lesson_pages
from api.courses.pages import store as store_pages

router = APIRouter()
for one in (
    learn,
    learn_progress,
    learn_exports,
    store,
    products,
    licences,
    learn_pages,
    lesson_pages,
    store_pages,
    analytics,
    analytics_pages,
):
    router.include_router(one.router)
