"""The description at /openapi.json: every operation with the problems that it can answer."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import MEDIA_TYPE, TITLES, Problem

EVERYWHERE = (404, 422, 503)
BEHIND_A_TOKEN = (401, 403, 409, 412, 413, 429)
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes it safe to send the request again: for 24 hours the same key and body give the same answer,"
    " with `Idempotency-Replayed: true`, and nothing is done twice. The same key with another body is 422"
    " IDEMPOTENCY_KEY_REUSED; while the first is worked on it is 409 with Retry-After.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "0f8c1f6e-6d0e-4a53-9b7e-3f0f0f4d2a11",
}
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
            if verb == "post" and operation.get("security") and not _in_parts(operation):
                operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)


def _in_parts(operation: dict[str, Any]) -> bool:
    return "multipart/form-data" in operation.get("requestBody", {}).get("content", {})


def _add_to(operation: dict[str, Any]) -> None:
    statuses = (*EVERYWHERE, *(BEHIND_A_TOKEN if operation.get("security") else ()))
    responses = operation["responses"]
    responses.pop("422", None)
    for status in statuses:
        responses.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
    operation["responses"] = dict(sorted(responses.items()))
