"""The one place where an error becomes an HTTP answer: RFC 9457 problem+json, the same members every time.

No answer repeats what the caller sent, names another tenant's things, or shows the inside of an unexpected failure.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from domain.kernel.errors import Conflict, CountersignError, Invalid, NotFound, OutcomeUnknown, TooLarge, Unavailable
from domain.kernel.logs import logger

MEDIA_TYPE = "application/problem+json"
MAX_FIELD_ERRORS = 50
TITLES = {
    400: "The request could not be read",
    401: "You are not signed in",
    403: "You may not do this",
    404: "Not found",
    405: "Not done with this verb",
    409: "The state does not allow it",
    412: "What you saw has changed",
    413: "The request is too large",
    422: "The input does not fit",
    429: "Too many requests",
    500: "Something failed on our side",
    503: "A service does not answer",
}
log = logger("api.errors")


class FieldError(BaseModel):
    """One wrong field or row."""

    field: str | None = Field(None, examples=["durationMinutes"])
    row: int | None = None
    message: str = Field(examples=["Input should be less than or equal to 1440"])


class Problem(BaseModel):
    """RFC 9457 problem details: what did not happen, why, and what to do next."""

    type: str = Field(examples=["urn:countersign:problem:tenant-mismatch"])
    title: str = Field(examples=["You may not do this"])
    status: int = Field(examples=[403])
    detail: str
    code: str = Field(examples=["TENANT_MISMATCH"])
    hint: str = Field("", description="What to do next.")
    request_id: str | None = Field(None, description="Quote it when asking for help.")
    errors: list[FieldError] = Field(default_factory=list)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    hint: str = "",
    errors: Sequence[Mapping[str, Any]] = (),
    path: str = "",
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer for one error as problem+json (RFC 9457), with the id of the request to quote.

    Args:
        status: of HTTP.
        code: what a program looks at.
        detail: what did not happen, for the person who must act.
        hint: what to do next.
        errors: a field and its message each.
        path: of the request; the course API has members of its own.
        headers: beside those of every answer.
    """
    body: dict[str, Any] = {
        "type": f"urn:countersign:problem:{code.lower().replace('_', '-')}",
        "title": TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
        "code": code,
        "hint": hint,
        "request_id": correlation_id.get(),
        "errors": [dict(entry) for entry in errors],
    }
    if path.startswith("/api/") and not path.startswith("/api/ami/"):
        # The course API's source reads its errors from here.
        body["error"] = {"code": code, "message": detail, "details": body["errors"]}
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def problem_of(error: CountersignError, path: str = "") -> JSONResponse:
    """The answer for an error of the family."""
    headers = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="countersign"'
    if error.retry_after_s is not None or error.retryable:
        headers["Retry-After"] = str(error.retry_after_s or 1)
    return problem(
        error.status, error.code, error.detail, hint=error.hint, errors=error.errors, path=path, headers=headers
    )


def problem_of_unexpected(error: Exception, path: str = "") -> JSONResponse:
    """The answer for a failure that no route foresaw; the log has the rest under the same request id."""
    known = _of_database(error)
    if known is not None:
        log.warning("request.database_refused", path=path, reason=type(error).__name__, exc_info=error)
        return problem_of(known, path)
    log.error("request.failed", path=path, exc_info=error)
    return problem(
        500,
        "INTERNAL",
        "The request was not carried out because of a fault on our side; nothing of it was kept.",
        hint="Try again; if it stays, quote the request id.",
        path=path,
    )


def _of_database(error: Exception) -> CountersignError | None:
    """What the caller can do about a refusal of the database, where it is one that a caller can cause."""
    if isinstance(error, DataError | UnicodeEncodeError):
        return Invalid(
            "A value holds something that cannot be stored, such as a NUL character.", hint="Send it without that."
        )
    if isinstance(error, IntegrityError):
        return Conflict(
            "The request contradicts what is already stored.", hint="Look at what stands, then send it anew."
        )
    # The last is said to whoever goes on with a transaction whose connection was lost.
    if isinstance(error, OperationalError | PoolTimeout | PendingRollbackError):
        return Unavailable("The database does not answer, or is busy with a conflicting change.", retry_after_s=2)
    return None


def add_error_handlers(app: FastAPI) -> None:
    """Register what turns each kind of error into a problem."""

    @app.exception_handler(CountersignError)
    async def _(request: Request, error: CountersignError) -> JSONResponse:
        # For whoever keeps answers under a key: this failure is not one after which the same may simply be done again.
        request.state.is_outcome_unknown = isinstance(error, OutcomeUnknown)
        return problem_of(error, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def _(request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(
            422,
            "INVALID",
            _sentence(error),
            hint="`errors` names each field; /openapi.json describes what is expected.",
            errors=[_field(entry) for entry in error.errors()[:MAX_FIELD_ERRORS]],
            path=request.url.path,
        )

    @app.exception_handler(HTTPException)
    async def _(request: Request, error: HTTPException) -> JSONResponse:
        return _of_http(error, request.url.path)


def _sentence(error: RequestValidationError) -> str:
    count = len(error.errors())
    return "One field does not fit." if count == 1 else f"{count} fields do not fit."


def _field(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One field's error without the value that was sent: it may be a secret, or longer than an answer should be."""
    location = [str(part) for part in entry["loc"]]
    if entry["type"] == "json_invalid":
        return {"field": "body", "message": f"This is not JSON (at character {location[-1]})."}
    if location == ["body"]:
        return {"field": "body", "message": "Send a JSON object, with the header Content-Type: application/json."}
    return {"field": ".".join(location[1:]) or location[0], "message": str(entry["msg"])}


def _of_http(error: HTTPException, path: str) -> JSONResponse:
    """Errors that the framework raises by itself."""
    if error.status_code == HTTPStatus.NOT_FOUND:
        is_for_programs = path.startswith(("/v1/", "/api/"))
        hint = "/openapi.json lists what there is." if is_for_programs else "Check it, or begin at your first page."
        return problem_of(NotFound("There is nothing at this address.", hint=hint), path)
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return problem_of(
            TooLarge("The request's body is larger than this door takes.", hint="Send it in parts."), path
        )
    if error.status_code == HTTPStatus.BAD_REQUEST:
        hint = "Send JSON in UTF-8, or a file as multipart/form-data of a few parts, as `curl -F file=@NAME` does."
        return problem(422, "INVALID", "The body could not be read.", hint=hint, path=path)
    code = HTTPStatus(error.status_code).name
    return problem(error.status_code, code, str(error.detail), path=path, headers=error.headers)
