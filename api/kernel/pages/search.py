"""Search by id among the things of the kernel: where each has its page."""

import re
import uuid

from api.kernel.artifacts import READERS as ARTIFACT_READERS
from api.kernel.ledger import READERS as LEDGER_READERS
from api.kernel.pages.queue import SIGNERS
from api.pages import Page
from domain.kernel import artifacts
from domain.kernel.search import what_has

# By what it is: the page that shows it, and who may look there.
PLACES = {
    "proposal": ("/countersign/", SIGNERS),
    "countersignature": ("/countersignatures/", SIGNERS),
    "artifact": ("/artifacts/", ARTIFACT_READERS),
    "event": ("/ledger/", LEDGER_READERS),
    "run": ("/lineage/", ARTIFACT_READERS),
}


def place_of(page: Page, wanted: str) -> str | None:
    """The page of what has this id or this hash; None where nothing has that this reader may see."""
    if re.fullmatch(r"[0-9a-f]{64}", wanted.lower()):
        found, _ = artifacts.page(page.connection, 1, sha256=wanted.lower())
        return f"/artifacts?sha256={wanted.lower()}" if found and page.principal.roles & ARTIFACT_READERS else None
    try:
        thing = uuid.UUID(wanted)
    except ValueError:
        return None
    what = what_has(page.connection, thing)
    if what is None:
        return None
    path, readers = PLACES[what]
    return f"{path}{thing}" if page.principal.roles & readers else None
