"""Signing in and out of the pages, and the search by id.

In dev a token of `countersign token` is pasted, or a person of a demo tenant is chosen with one click; elsewhere the
token comes from the identity provider. The cookie is HttpOnly and of the same site alone.
"""

from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.deps import MaybeCallerDep
from api.forms import FormDep, SignInForm, typed
from api.gate import SESSION_COOKIE, session_secret
from api.pages import home_of, render
from domain.kernel import oidc
from domain.kernel.access import authenticate
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError, Forbidden
from domain.kernel.login import LASTS, end_session, open_session
from domain.kernel.people import Person, find_person, people_of
from domain.kernel.principal import Kind, Principal, Role
from domain.kernel.queue import is_uuid
from domain.kernel.settings import Env, settings
from domain.kernel.tenancy import demo_tenants

router = APIRouter(include_in_schema=False)
HOME = "/"
# Of each demo tenant; others sign in with a token.
MOST_PEOPLE = 60
Next = Annotated[str, Query(alias="next", max_length=2000)]


@router.get("/sign-in")
def sign_in_page(request: Request, _: MaybeCallerDep, back: Next = HOME) -> Response:
    """The form, with one button for each demo person in dev."""
    return sign_in_form(request, back)


def sign_in_form(request: Request, back: str, error: CountersignError | None = None) -> Response:
    """The ways to sign in, with what went wrong the last time."""
    status = 200 if error is None else error.status
    return render(
        request,
        "sign_in.html",
        status,
        back=local_path(back),
        error=error,
        people=_demo_people(),
        organisation=oidc.is_configured(),
    )


@router.post("/sign-in")
def sign_in(request: Request, form: SignInForm, _: MaybeCallerDep) -> Response:
    """Open a session for the person behind a pasted token."""
    refuse_other_sites(request)
    back = typed(form, "next", 2000)
    try:
        principal = authenticate(typed(form, "token", 5000))
        if not principal.is_person:
            raise Forbidden("An API key cannot sign in to pages.", hint="Use a person's token.", code="PERSON_REQUIRED")
    except CountersignError as error:
        return sign_in_form(request, back, error)
    return opened(request, principal, back)


@router.post("/sign-in/demo")
def sign_in_as_demo(request: Request, form: SignInForm, _: MaybeCallerDep) -> Response:
    """Open a session for a person of a demo tenant; dev copies only.

    Raises:
        Forbidden: not a dev copy, or not a person of a demo tenant.
    """
    refuse_other_sites(request)
    tenant_id, user_id = typed(form, "tenant"), typed(form, "user")
    if settings().env is not Env.DEV or tenant_id not in demo_tenants() or not is_uuid(user_id):
        raise Forbidden("Nobody is signed in with one click here.", hint="Sign in with a token.")
    with transaction(tenant_id) as connection:
        person = find_person(connection, user_id=user_id, email=None)
    if person is None or not person.active or not person.roles:
        raise Forbidden("There is no such person.", hint="Sign in with a token.")
    principal = Principal(Kind.PERSON, str(person.id), person.name, tenant_id, roles=person.roles)
    return opened(request, principal, typed(form, "next", 2000))


@router.post("/sign-out")
def sign_out(request: Request, _: FormDep, caller: MaybeCallerDep) -> Response:
    """End the session; the cookie is forgotten."""
    secret = session_secret(request.scope)
    opened_by = end_session(caller, secret) if caller is not None and secret is not None else None
    answer: Response = RedirectResponse("/sign-in", 303)
    if opened_by == "oidc":
        leaving = oidc.leaving_url(f"{(settings().public_url or str(request.base_url)).rstrip('/')}/sign-in")
        if leaving is not None:
            request.state.principal = None
            answer = render(request, "kernel/signed_out.html", leaving=leaving)
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


def opened(request: Request, principal: Principal, back: str, by: str = "token") -> Response:
    """Open a session and go to the page that was asked for."""
    secret = open_session(principal, utc_now(), ip_of(request), by)
    wanted = local_path(back)
    answer = RedirectResponse(home_of(principal) if wanted == HOME else wanted, 303)
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
    return answer


def is_https(request: Request) -> bool:
    """Whether a cookie may be kept to HTTPS: the request came so, or people reach this copy only so."""
    return request.url.scheme == "https" or settings().is_public_https


def ip_of(request: Request) -> str | None:
    """The caller's address for the ledger; None where the connection has none, as on a unix socket."""
    try:
        return str(ip_address(request.client.host)) if request.client else None
    except ValueError:
        return None


def _demo_people() -> list[tuple[str, Person]]:
    """Tenant and person, for people of the demo tenants; nobody outside dev."""
    if settings().env is not Env.DEV:
        return []
    found: list[tuple[str, Person]] = []
    for tenant_id in demo_tenants():
        with transaction(tenant_id) as connection:
            found += [(tenant_id, person) for person in people_of(connection, MOST_PEOPLE)]
    # Who works in the rooms that there are stands first: a newcomer takes the first.
    return sorted(found, key=lambda one: (not {Role.OPERATOR, Role.AUDITOR} & set(one[1].roles), one[0], one[1].name))


def local_path(wanted: str) -> str:
    """An address of this site, or the first page: a link from elsewhere must not send a person who signs in away."""
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_local and "\\" not in wanted else HOME


def refuse_other_sites(request: Request) -> None:
    """A sign-in form that another site sends would sign a person in as somebody else.

    Raises:
        Forbidden: the browser says that the form is not ours.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("The form was sent from another site; nobody was signed in.", code="FORM_TOKEN")
