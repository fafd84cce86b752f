"""Keys of services as a page. A secret stands on the page that answers its making, and on no other."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import RequestId
from api.forms import FormDep
from api.kernel.admin import ADMINS, READERS
from api.kernel.pages.admin_people import acting
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep
from domain.kernel.administration import keys
from domain.kernel.administration.actor import ADMINISTRATORS

router = APIRouter(include_in_schema=False)
PER_PAGE = 50
NEW = {"name": "", "scopes": "", "valid_to": ""}
ROTATION = {"overlap_hours": "24"}
STATES = ("STANDING", "EXPIRED", "REVOKED")


@router.get("/admin/keys", dependencies=[READERS])
def list_keys(
    page: PageDep,
    state: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[str, Query(max_length=1000)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The keys, newest first."""
    notice = "Revoked. The next request with the key is refused." if done == "revoked" else None
    return _show(page, Filled(dict(NEW)), state=state if state in STATES else "", after=after, notice=notice)


@router.post("/admin/keys", dependencies=[ADMINS])
def make_key(page: PageDep, form: FormDep, call: RequestId) -> Response:
    """Make a key and show its secret this once."""
    filled, made = Filled.read(form, NEW), None
    with filled.telling(), page.connection.begin_nested():
        scopes = filled.values["scopes"].replace(",", " ").split()
        until = filled.until("valid_to", page.tenant.zone)
        made = keys.add_key(page.connection, acting(page, call), filled.values["name"], scopes, until)
    return _show(page, Filled(dict(NEW)) if made else filled, made=made)


@router.post("/admin/keys/{key_id}/rotate", dependencies=[ADMINS])
def rotate(page: PageDep, form: FormDep, call: RequestId, key_id: str) -> Response:
    """Make a successor and show its secret this once."""
    filled, made = Filled.read(form, ROTATION), None
    with filled.telling(), page.connection.begin_nested():
        overlap = timedelta(hours=filled.whole("overlap_hours"))
        made = keys.rotate_key(page.connection, acting(page, call), key_id, overlap)
    return _show(page, Filled(dict(NEW)), made=made, wrong=filled)


@router.post("/admin/keys/{key_id}/revoke", dependencies=[ADMINS])
def revoke(page: PageDep, _: FormDep, call: RequestId, key_id: str) -> Response:
    """End a key now."""
    filled = Filled({})
    with filled.telling(), page.connection.begin_nested():
        keys.end_key(page.connection, acting(page, call), key_id)
    if filled.is_good:
        return RedirectResponse("/admin/keys?done=revoked", 303)
    return _show(page, Filled(dict(NEW)), wrong=filled)


def _show(
    page: Page,
    filled: Filled,
    *,
    state: str = "",
    after: str = "",
    made: keys.NewKey | None = None,
    wrong: Filled | None = None,
    notice: str | None = None,
) -> Response:
    found = keys.list_keys(page.connection, PER_PAGE, after or None, state=state or None)
    refusal = next((said for one in (wrong, filled) if one for said in (_told(one),) if said), None)
    return page.show(
        "kernel/admin_keys.html",
        max(filled.status, wrong.status if wrong else 200),
        notice=notice,
        rows=found.rows,
        next_cursor=found.next_cursor,
        state=state,
        states=STATES,
        made=made,
        form=filled,
        refusal=refusal,
        may_administer=bool(page.principal.roles & ADMINISTRATORS),
    )


def _told(filled: Filled) -> str | None:
    if filled.refusal:
        return str(filled.refusal)
    return filled.errors.get("overlap_hours")
