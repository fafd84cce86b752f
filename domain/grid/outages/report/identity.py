"""Which report this is: the version of the renderer, and the hash of the content that a person signs."""

from collections.abc import Iterator
from datetime import datetime

from domain.grid.outages.rules.summary import SCHEMA_VERSION, ReplaySummary
from domain.kernel.canonical import content_hash
from domain.kernel.errors import Invalid
from domain.kernel.report.brand import Brand, ReportOptions

# Raised whenever the same content is laid out differently: other bytes, same content.
RENDERER_VERSION = "after-action-renderer/2"


def report_content_hash(
    summary: ReplaySummary, brand: Brand | None = None, options: ReportOptions | None = None
) -> str:
    """SHA-256 of the RFC 8785 JSON of summary, brand, options and renderer version: the same for draft and signed.

    Raises:
        Invalid: the content has a number that JSON cannot hold.
    """
    content = {
        "summary": summary.model_dump(mode="json"),
        "brand": (brand or Brand()).model_dump(mode="json"),
        "options": (options or ReportOptions()).model_dump(mode="json"),
        "renderer_version": RENDERER_VERSION,
    }
    try:
        return content_hash(content)
    except ValueError as fault:
        raise Invalid(
            f"The report was not made: its content has no canonical form ({fault}).",
            hint="Numbers must be finite, and whole numbers below 2^53.",
        ) from fault


def checked(summary: ReplaySummary) -> ReplaySummary:
    """The summary, where this renderer knows its form.

    Raises:
        Invalid: it was made for another renderer, or an instant in it is none.
    """
    if summary.schema_version != SCHEMA_VERSION:
        raise Invalid(
            f"The report was not made: the summary is of form {summary.schema_version!r}, this renderer knows"
            f" {SCHEMA_VERSION!r}.",
            hint="Make the replay again with this version.",
        )
    wrong = [
        {"field": field, "message": f"{text!r} is no instant with an offset"}
        for field, text in _instants(summary)
        if not _is_instant(text)
    ]
    if wrong:
        raise Invalid(
            f"The report was not made: {wrong[0]['field']}: {wrong[0]['message']}.",
            hint="Instants are written in ISO 8601 with their offset, for example 2026-07-14T01:12:20Z.",
            errors=wrong,
        )
    return summary


def _instants(summary: ReplaySummary) -> Iterator[tuple[str, str]]:
    """Each instant that the report reckons with, by its field."""
    outage = summary.outage
    yield from (
        ("generated_at", summary.generated_at),
        ("as_of", summary.as_of),
        ("outage.started_at", outage.started_at),
    )
    if outage.restored_at is not None:
        yield "outage.restored_at", outage.restored_at
    for place, milestone in enumerate(summary.milestones):
        if milestone.at is not None:
            yield f"milestones.{place}.at", milestone.at
    for name, curve in (
        ("curve", summary.curve),
        *((f"counterfactual.{c.case}.curve", c.curve) for c in summary.counterfactual),
    ):
        yield from ((f"{name}.{place}.at", point.at) for place, point in enumerate(curve))
    for place, line in enumerate(summary.etr):
        yield from ((f"etr.{place}.{key}", getattr(line, key)) for key in ("given_at", "p50_at", "p90_at"))


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
