"""The routers of delivery: learning, the store, and what its administrators do."""

from fastapi import APIRouter

from api.courses import learn, learn_exports, learn_progress, licences, products, store

router = APIRouter()
for one in (learn, learn_progress, learn_exports, store, products, licences):
    router.include_router(one.router)
