"""Which report this is: the version of the renderer, and the hash of the content that a person signs."""

from domain.grid.outages.report.brand import Brand, ReportOptions, ReportSignature
from domain.grid.outages.rules.summary import SCHEMA_VERSION, ReplaySummary
from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict, Invalid

# Raised whenever the same content is laid out differently: other bytes, same content.
RENDERER_VERSION = "after-action-renderer/1"


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
        Invalid: it was made for another renderer.
    """
    if summary.schema_version != SCHEMA_VERSION:
        raise Invalid(
            f"The report was not made: the summary is of form {summary.schema_version!r}, this renderer knows"
            f" {SCHEMA_VERSION!r}.",
            hint="Make the replay again with this version.",
        )
    return summary


def require_fitting(signature: ReportSignature | None, edition: str, of_content: str) -> None:
    """A signed edition has a signature of just this content; a draft has none.

    Raises:
        Invalid: the edition is unknown, or signature and edition do not go together.
        Conflict: what was signed is not what would be rendered.
    """
    if edition not in {"draft", "signed"}:
        raise Invalid(f"There is no edition {edition!r}.", hint="Editions are draft and signed.")
    if (edition == "signed") != (signature is not None):
        raise Invalid(
            "The signed edition was not made: no signature was given."
            if edition == "signed"
            else "The draft edition was not made: a draft bears no signature.",
            hint="Give a signature with edition signed, and none with draft.",
        )
    if signature is not None and signature.content_hash != of_content:
        raise Conflict(
            f"The signed edition was not made: the signature is of content {signature.content_hash[:12]}…, this one's"
            f" is {of_content[:12]}….",
            hint="Lay this content before a person again, or render what was signed.",
            code="CONTENT_CHANGED",
        )
