"""Artifacts for people: what was made, found by kind and hash, each with its way back and a link to its bytes.

Reports, lists and archives come first; what is kept beside them in great number, such as the evidence of tests, is
folded away until it is asked for.
"""

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import allow
from api.kernel.artifact_words import TRAILS, words_of
from api.kernel.artifacts import READERS
from api.pages import Page, PageDep
from domain.kernel import artifacts, queue
from domain.kernel.artifacts import Artifact
from domain.kernel.clock import utc_now
from domain.kernel.errors import NotFound
from domain.kernel.objects.chosen import open_store

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READERS)])
PER_PAGE = 50
EVERY = "all"


@dataclass(frozen=True)
class Choice:
    """One way to narrow the list: what the address says, what people read, and how many that shows."""

    kind: str
    words: str
    count: int


@router.get("/artifacts")
def listed(
    page: PageDep,
    kind: Annotated[str, Query(max_length=100)] = "",
    sha256: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """What was made, the newest first; a hash that cannot be one is told, not used."""
    digits = sha256.strip().lower()
    is_hash = re.fullmatch(r"[0-9a-f]{0,64}", digits) is not None
    used = {name: value for name, value in (("kind", kind), ("sha256", digits if is_hash else "")) if value}
    # Whoever gives a hash looks for one file, of whatever kind.
    folded = TRAILS if not used else ()
    wanted = None if kind in {"", EVERY} else kind
    rows, following = artifacts.page(page.connection, PER_PAGE, after, wanted, used.get("sha256"), without=folded)
    counts = artifacts.counts_by_kind(page.connection)
    return page.show(
        "kernel/artifacts.html",
        rows=rows,
        about=_about(page, rows),
        next_cursor=following,
        after=after,
        choices=_choices(counts),
        total=sum(counts.values()),
        folded={one: counts[one] for one in folded if one in counts},
        wanted=wanted,
        filters={"kind": kind, "sha256": sha256},
        used=used,
        error=None if is_hash else "A SHA-256 has up to 64 digits from 0 to 9 and a to f.",
    )


def _choices(counts: Mapping[str, int]) -> list[Choice]:
    """What people look for together, each kind of it, what is folded away, and everything."""
    sought = {kind: n for kind, n in counts.items() if kind not in TRAILS}
    kinds = [
        Choice(kind, words_of(kind).many, counts[kind])
        for kind in sorted(counts, key=lambda one: (one in TRAILS, words_of(one).many))
    ]
    first = Choice("", "Reports, lists and archives", sum(sought.values()))
    return [first, *kinds, Choice(EVERY, "Everything", sum(counts.values()))]


def _about(page: Page, rows: Sequence[Artifact]) -> dict[str, str]:
    """By the hash of a content what was laid before people with it: that names what a file is about."""
    told = queue.summaries_by_hash(page.connection, [_content(row) for row in rows if _content(row)])
    return {content: _thing(summary) for content, summary in told.items()}


def _thing(summary: str) -> str:
    """What a summary asks a person to sign, without the asking."""
    thing = re.sub(r"^Sign(:| the) ", "", summary)
    return thing[:1].upper() + thing[1:]


def _content(row: Artifact) -> str:
    return str(row.made_from.get("content_hash") or "")


@router.get("/artifacts/{artifact_id}")
def one(page: PageDep, artifact_id: str) -> Response:
    """One artifact: its hash, what it was made from, and where its bytes are."""
    found = _load(page, artifact_id)
    made_from = json.dumps(found.made_from, indent=2, ensure_ascii=False, sort_keys=True)
    return page.show("kernel/artifact.html", row=found, about=_about(page, [found]), made_from=made_from)


@router.get("/artifacts/{artifact_id}/file")
def file(page: PageDep, artifact_id: str) -> Response:
    """On to the bytes, by a link that is signed for this click."""
    link = artifacts.link_to(open_store(), _load(page, artifact_id), utc_now())
    return RedirectResponse(link.url, 303)


def _load(page: PageDep, artifact_id: str) -> Artifact:
    try:
        wanted = uuid.UUID(artifact_id)
    except ValueError as cause:
        raise NotFound("There is no such artifact.", hint="/artifacts lists what there is.") from cause
    return artifacts.load(page.connection, wanted)
