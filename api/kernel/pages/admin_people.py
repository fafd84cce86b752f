"""People and roles of a tenant: who is here, what each holds, and the forms that change it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import RequestId
from api.forms import FormDep, typed
from api.kernel.admin import ADMINS, READERS
from api.kernel.pages.filled import Filled
from api.kernel.sign_in import ip_of
from api.pages import Page, PageDep
from domain.kernel.administration import people, roles
from domain.kernel.administration.actor import ADMINISTRATORS, OF_THE_PLATFORM, Actor, actor_of
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.principal import Role

router = APIRouter(include_in_schema=False)
PER_PAGE = 50
INVITATION = {"email": "", "name": "", "role": "", "valid_to": ""}
GIVING = {"role": "", "valid_to": ""}
NOTICES = {
    "invited": "Invited. The person can sign in from now on.",
    "given": "The role holds from now on.",
    "ended": "The role has ended.",
    "deactivated": "The person can no longer come in to this tenant. The roles stay on record.",
    "activated": "The person can come in again.",
}
Done = Annotated[str, Query(max_length=20)]
Text = Annotated[str, Query(max_length=200)]


def acting(page: Page, call: str) -> Actor:
    """The administrator who reads the page."""
    return actor_of(page.principal, call, ip_of(page.request))


def givable(page: Page) -> list[str]:
    """The roles that the reader may give."""
    if Role.PLATFORM_ADMIN in page.principal.roles:
        return [role.value for role in Role]
    return [role.value for role in Role if role not in OF_THE_PLATFORM]


@router.get("/admin/people", dependencies=[READERS])
def list_people(
    page: PageDep, search: Text = "", role: Text = "", state: Text = "", after: Text = "", done: Done = ""
) -> Response:
    """Everybody who ever held a role here."""
    return _people(page, Filled(dict(INVITATION)), search, role, state, after, NOTICES.get(done))


@router.post("/admin/people", dependencies=[ADMINS])
def invite(page: PageDep, form: FormDep, call: RequestId) -> Response:
    """Make a person known with a first role."""
    filled = Filled.read(form, INVITATION)
    with filled.telling(), page.connection.begin_nested():
        if filled.values["role"] not in givable(page):
            raise Invalid("Choose a role.", errors=[{"field": "role", "message": "choose"}])
        until = filled.until("valid_to", page.tenant.zone)
        values = filled.values
        people.invite(page.connection, acting(page, call), values["email"], values["name"], [values["role"]], until)
    if filled.is_good:
        return RedirectResponse("/admin/people?done=invited", 303)
    return _people(page, filled)


def _people(
    page: Page,
    filled: Filled,
    search: str = "",
    role: str = "",
    state: str = "",
    after: str = "",
    notice: str | None = None,
) -> Response:
    found = people.list_people(
        page.connection,
        PER_PAGE,
        after or None,
        search=search.strip(),
        role=role or None,
        active={"active": True, "out": False}.get(state),
    )
    return page.show(
        "kernel/admin_people.html",
        filled.status,
        notice=notice,
        rows=found.rows,
        next_cursor=found.next_cursor,
        filters={"search": search, "role": role, "state": state},
        all_roles=[one.value for one in Role],
        givable=givable(page),
        form=filled,
        may_administer=bool(page.principal.roles & ADMINISTRATORS),
    )


@router.get("/admin/people/{user_id}", dependencies=[READERS])
def one_person(page: PageDep, user_id: str, done: Done = "") -> Response:
    """One person with the roles held, and the forms."""
    return _person(page, _id(user_id), Filled(dict(GIVING)), NOTICES.get(done))


@router.post("/admin/people/{user_id}/roles", dependencies=[ADMINS])
def give_role(page: PageDep, form: FormDep, call: RequestId, user_id: str) -> Response:
    """Give a role, with an end or without."""
    filled = Filled.read(form, GIVING)
    with filled.telling(), page.connection.begin_nested():
        if filled.values["role"] not in givable(page):
            raise Invalid("Choose a role.", errors=[{"field": "role", "message": "choose"}])
        until = filled.until("valid_to", page.tenant.zone)
        roles.give_role(page.connection, acting(page, call), _id(user_id), Role(filled.values["role"]), until)
    return _answer(page, filled, user_id, "given")


@router.post("/admin/people/{user_id}/end-role", dependencies=[ADMINS])
def end_role(page: PageDep, form: FormDep, call: RequestId, user_id: str) -> Response:
    """End a role now."""
    filled, named = Filled(dict(GIVING)), typed(form, "ended")
    with filled.telling(), page.connection.begin_nested():
        if named not in set(Role):
            raise NotFound("There is no such role.")
        roles.end_role(page.connection, acting(page, call), _id(user_id), Role(named))
    return _answer(page, filled, user_id, "ended")


@router.post("/admin/people/{user_id}/{verb}", dependencies=[ADMINS])
def switch(page: PageDep, _: FormDep, call: RequestId, user_id: str, verb: str) -> Response:
    """Keep a person out, or let the person in again.

    Raises:
        NotFound: no such verb.
    """
    if verb not in {"activate", "deactivate"}:
        raise NotFound("There is nothing at this address.")
    filled = Filled(dict(GIVING))
    with filled.telling(), page.connection.begin_nested():
        people.set_active(page.connection, acting(page, call), _id(user_id), verb == "activate")
    return _answer(page, filled, user_id, f"{verb}d")


def _answer(page: Page, filled: Filled, user_id: str, done: str) -> Response:
    if filled.is_good:
        return RedirectResponse(f"/admin/people/{_id(user_id)}?done={done}", 303)
    return _person(page, _id(user_id), filled)


def _person(page: Page, user_id: UUID, filled: Filled, notice: str | None = None) -> Response:
    person = people.person_row(page.connection, user_id)
    held = {one.role for one in person.roles}
    return page.show(
        "kernel/admin_person.html",
        filled.status,
        notice=notice,
        person=person,
        givable=[role for role in givable(page) if role not in held],
        form=filled,
        may_administer=bool(page.principal.roles & ADMINISTRATORS),
        of_the_platform=sorted(OF_THE_PLATFORM - ({*OF_THE_PLATFORM} if _is_platform(page) else set())),
    )


def _is_platform(page: Page) -> bool:
    return Role.PLATFORM_ADMIN in page.principal.roles


@router.get("/admin/roles", dependencies=[READERS])
def list_roles(page: PageDep, role: Text = "", state: Text = "standing", after: Text = "") -> Response:
    """Every giving of a role, newest first."""
    found = roles.list_roles(page.connection, PER_PAGE, after or None, role=role or None, standing=state == "standing")
    return page.show(
        "kernel/admin_roles.html",
        rows=found.rows,
        next_cursor=found.next_cursor,
        filters={"role": role, "state": state},
        all_roles=[one.value for one in Role],
    )


def _id(given: str) -> UUID:
    """An id in an address.

    Raises:
        NotFound: it is none.
    """
    try:
        return UUID(given)
    except ValueError as cause:
        raise NotFound("There is no such person.", hint="The list of people shows who there is.") from cause
