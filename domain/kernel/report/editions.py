"""The editions of a report: a draft that nobody has signed, and the one that bears a signature of just its content."""

from domain.kernel.errors import Conflict, Invalid
from domain.kernel.report.brand import ReportSignature

DRAFT, SIGNED = "draft", "signed"
# Across each page of a draft.
DRAFT_MARK = "DRAFT, not countersigned"


def require_fitting(signature: ReportSignature | None, edition: str, of_content: str) -> None:
    """A signed edition has a signature of just this content; a draft has none.

    Raises:
        Invalid: the edition is unknown, or signature and edition do not go together.
        Conflict: what was signed is not what would be rendered.
    """
    if edition not in {DRAFT, SIGNED}:
        raise Invalid(f"There is no edition {edition!r}.", hint="Editions are draft and signed.")
    if (edition == SIGNED) != (signature is not None):
        raise Invalid(
            "The signed edition was not made: no signature was given."
            if edition == SIGNED
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
