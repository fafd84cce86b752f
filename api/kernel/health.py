"""Is this copy alive, and is what it stands on there: for supervisors, load balancers and `countersign up`."""

from collections.abc import Callable, Collection
from importlib.metadata import version
from typing import Annotated, Literal

import httpx
from fastapi import APIRouter, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy import text

from api.kernel import health_metrics, loop_metrics
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from domain.kernel.objects.chosen import open_store, s3_client
from domain.kernel.settings import settings

__all__ = ["health_metrics", "loop_metrics", "router"]
router = APIRouter(tags=["health"])
TIMEOUT_S = 3.0
State = Literal["ok", "down", "not configured"]
Part = Literal["database", "objects", "dagster"]
Left = Annotated[
    list[Part],
    Query(
        description="What is not asked: a load balancer leaves Dagster out, so that people read and sign while it is"
        " away. May be repeated.",
    ),
]


class Live(BaseModel):
    """That the process answers, and which one it is."""

    status: Literal["ok"] = "ok"
    instance: str = Field(description="Names one start of one copy, so that a probe knows whom it reached.")
    version: str
    env: str


class Ready(BaseModel):
    """What the process stands on."""

    status: Literal["ok", "down", "draining"] = Field(
        description="`draining`: the process was asked to end and finishes what it is at; send it nothing new."
    )
    checks: dict[str, State] = Field(examples=[{"database": "ok", "objects": "ok", "dagster": "ok"}])


@router.get("/health/live")
def live() -> Live:
    """Answer without asking anything else."""
    current = settings()
    return Live(instance=current.instance, version=version("countersign"), env=current.env.value)


@router.get("/health/ready", responses={503: {"model": Ready, "description": "Something needed is down, or it ends."}})
def ready(request: Request, response: Response, without: Left = []) -> Ready:  # noqa: B006  the framework copies it
    """Ask the database, the object store and Dagster, or what is left of them."""
    if request.app.state.drain.is_on:
        response.status_code = 503
        return Ready(status="draining", checks={})
    checks = checks_now(without)
    down = "down" in checks.values()
    response.status_code = 503 if down else 200
    return Ready(status="down" if down else "ok", checks=checks)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics() -> Response:
    """Counts and durations for Prometheus; no personal data."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def checks_now(without: Collection[Part] = ()) -> dict[str, State]:
    """What each of them answers now, but for those that are left out."""
    return {name: _ask(check) for name, check in CHECKS.items() if name not in without}


def _database() -> State:
    with transaction(None) as connection:
        connection.execute(text("SELECT 1"))
    return "ok"


def _objects() -> State:
    open_store(s3_client(TIMEOUT_S) if settings().s3_bucket_name else None).probe()
    return "ok"


def _dagster() -> State:
    url = settings().dagster_url
    if url is None:
        return "not configured"
    with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
        return "ok" if client.get(f"{url.rstrip('/')}/server_info").is_success else "down"


CHECKS: dict[str, Callable[[], State]] = {"database": _database, "objects": _objects, "dagster": _dagster}


def _ask(check: Callable[[], State]) -> State:
    """One check's state; whatever fails in it is `down`, and the reasons stay in the logs of those services."""
    from botocore.exceptions import BotoCoreError, ClientError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return check()
    except (CountersignError, SQLAlchemyError, httpx.HTTPError, BotoCoreError, ClientError, OSError):
        return "down"
