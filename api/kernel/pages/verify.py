"""Buttons of an auditor: recompute what was recorded and compare, on the page. Nothing is kept of it."""

import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import allow
from api.forms import FormDep
from api.kernel.artifacts import READERS
from api.kernel.ledger import READERS as LEDGER_READERS
from api.kernel.lineage_page import drawn
from api.kernel.pages.ledger import shown_event
from api.pages import PageDep
from domain.kernel.errors import CountersignError
from domain.kernel.objects.chosen import open_store
from domain.kernel.seals.proof import check_proof, make_proof
from domain.kernel.seals.seal import Seal
from domain.kernel.signing import Purpose, registered_key
from domain.kernel.trace import lineage_of
from domain.kernel.verify import verify_artifact, verify_run
from domain.together import REBUILDERS, RENDERERS

router = APIRouter(include_in_schema=False)


@router.post("/lineage/{thing_id}/verify", dependencies=[allow(roles=READERS)])
def verify_thing(page: PageDep, _: FormDep, thing_id: uuid.UUID) -> Response:
    """Compare an artifact's bytes with their hash, or make a run again from its recorded inputs."""
    found = lineage_of(page.connection, thing_id)
    told = drawn(found)
    try:
        if found.root.type == "artifact":
            done = verify_artifact(page.connection, open_store(), thing_id, RENDERERS)
        else:
            done = verify_run(page.connection, thing_id, REBUILDERS)
    except CountersignError as error:
        return page.show("kernel/lineage.html", error.status, **told, error=error, done=None)
    return page.show("kernel/lineage.html", **told, error=None, done=done)


@router.post("/ledger/{event_id}/verify", dependencies=[allow(roles=LEDGER_READERS)])
def verify_event(page: PageDep, _: FormDep, event_id: uuid.UUID) -> Response:
    """Recompute the row's leaf, its way to the root and the seal's signature."""
    try:
        document = make_proof(page.connection, event_id)
        key = registered_key(page.connection, str(document["seal"]["key_id"]), Purpose.SEAL)
        seal: Seal = check_proof(document, key or b"")
    except CountersignError as error:
        return shown_event(page, event_id, error.status, error=error)
    return shown_event(page, event_id, seal=seal)
