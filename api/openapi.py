"""The description at /openapi.json: every operation with the problems that it can answer."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import MEDIA_TYPE, TITLES, Problem

EVERYWHERE = (404, 422, 503)
BEHIND_A_TOKEN = (401, 403, 409, 412, 413, 429)
VERBS = {"get", "post", "put", "patch", "delete"}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, summary=app.summary
        )
        _add_problems(document)
        app.openapi_schema = document
    return app.openapi_schema


def _add_problems(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for replaced in ("HTTPValidationError", "ValidationError"):
        schemas.pop(replaced, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {})
    schemas["Problem"] = problem
    components["responses"] = {
        f"Problem{status}": {
            "description": title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, title in TITLES.items()
    }
    for path in document["paths"].values():
        for verb, operation in path.items():
            if verb in VERBS:
                _add_to(operation)


def _add_to(operation: dict[str, Any]) -> None:
    statuses = (*EVERYWHERE, *(BEHIND_A_TOKEN if operation.get("security") else ()))
    responses = operation["responses"]
    responses.pop("422", None)
    for status in statuses:
        responses.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
    operation["responses"] = dict(sorted(responses.items()))
