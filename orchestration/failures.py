"""How a domain's error reads in Dagster: one plain sentence, and whether trying again can help."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from domain.kernel.errors import CountersignError
from domain.kernel.redaction import redact_text


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn an error of the domain into a Dagster failure with its sentences; a refusal is not tried again."""
    try:
        yield
    except CountersignError as error:
        raise dg.Failure(
            description=redact_text(str(error)),
            metadata={"code": error.code, "detail": redact_text(error.detail), "hint": redact_text(error.hint)},
            allow_retries=error.retryable,
        ) from error
