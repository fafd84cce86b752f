"""One family of errors, written for the person who must act.

`api/errors.py` maps them to RFC 9457 problems, the command line to one sentence and an exit code. Each says what did
not happen, why, what to do next, and whether trying again can help.
"""

from typing import Any


class CountersignError(Exception):
    """Base of the family.

    Attributes:
        detail: what did not happen and why, in the user's terms.
        hint: what to do next.
        code: UPPER_SNAKE, stable, for machines.
        status: the HTTP status that fits.
        errors: one entry per wrong field or row: {"field" | "row", "message"}.
        retryable: whether the same call can succeed later without a change.
    """

    code = "ERROR"
    status = 400
    retryable = False

    def __init__(
        self,
        detail: str,
        *,
        hint: str = "",
        code: str | None = None,
        errors: list[dict[str, Any]] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.code = code or type(self).code
        self.errors = errors or []
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        """Detail and hint as two sentences."""
        return f"{self.detail} {self.hint}".strip()


class NotConfigured(CountersignError):
    """A setting or service that is needed is missing."""

    code, status = "NOT_CONFIGURED", 503


class Unauthenticated(CountersignError):
    """The caller is not known."""

    code, status = "UNAUTHENTICATED", 401


class Forbidden(CountersignError):
    """The caller is known and may not."""

    code, status = "FORBIDDEN", 403


class NotFound(CountersignError):
    """The thing is not there, or belongs to another tenant."""

    code, status = "NOT_FOUND", 404


class Invalid(CountersignError):
    """The input is well-formed and makes no sense."""

    code, status = "INVALID", 422


class TooLarge(CountersignError):
    """The input is larger than this door takes."""

    code, status = "TOO_LARGE", 413


class Stale(CountersignError):
    """The caller acted on a version that is no longer the newest (`If-Match`)."""

    code, status = "STALE", 412


class Conflict(CountersignError):
    """The state of the thing does not allow it."""

    code, status = "CONFLICT", 409


class TooManyRequests(CountersignError):
    """The caller asked too often."""

    code, status, retryable = "RATE_LIMITED", 429, True


class Unavailable(CountersignError):
    """A service that is needed does not answer now."""

    code, status, retryable = "UNAVAILABLE", 503, True


class OutcomeUnknown(Unavailable):
    """The connection was lost while a change was being committed: it was done or not, and nobody can say which."""

    code, retryable = "OUTCOME_UNKNOWN", False
