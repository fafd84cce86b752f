"""Signing in to pages at the organisation's identity provider."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.deps import MaybeCallerDep
from api.forms import SignInForm, typed
from api.kernel.sign_in import HOME, Next, is_https, local_path, opened, refuse_other_sites, sign_in_form
from api.pages import render
from domain.kernel import oidc
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError, Unauthenticated
from domain.kernel.settings import settings

router = APIRouter(include_in_schema=False)
COOKIE = "countersign_sign_in"
Part = Annotated[str, Query(max_length=4000)]


@router.get("/sign-in/organisation")
def begin(request: Request, _: MaybeCallerDep, back: Next = HOME) -> Response:
    """Go to the identity provider."""
    try:
        url, cookie = oidc.begin(_redirect_uri(request), local_path(back), utc_now())
    except CountersignError as error:
        return sign_in_form(request, back, error)
    return _with_cookie(request, RedirectResponse(url, 303), cookie)


@router.get("/sign-in/organisation/back")
def finish(request: Request, _: MaybeCallerDep, state: Part = "", code: Part = "", error: Part = "") -> Response:
    """Where the identity provider sends the browser back."""
    try:
        if error or not code or not state:
            raise Unauthenticated("Your organisation did not sign you in.", hint="Begin again.", code="ISSUER_REFUSED")
        cookie = request.cookies.get(COOKIE, "")
        vouched = oidc.finish(cookie, state, code, _redirect_uri(request), utc_now())
        if len(vouched.tenants) == 1:
            principal = oidc.person_in(vouched.tenants[0][0], vouched.email)
            return _without_cookie(opened(request, principal, vouched.back, "oidc"))
    except CountersignError as refusal:
        return _without_cookie(sign_in_form(request, HOME, refusal))
    chosen = render(request, "kernel/choose_tenant.html", tenants=vouched.tenants, email=vouched.email)
    return _with_cookie(request, chosen, oidc.remember(vouched, utc_now()))


@router.post("/sign-in/organisation/tenant")
def choose(request: Request, form: SignInForm, _: MaybeCallerDep) -> Response:
    """The tenant that the person chose, where several know the address."""
    refuse_other_sites(request)
    try:
        principal, back = oidc.choose(request.cookies.get(COOKIE, ""), typed(form, "tenant"), utc_now())
    except CountersignError as error:
        return _without_cookie(sign_in_form(request, HOME, error))
    return _without_cookie(opened(request, principal, back, "oidc"))


def _redirect_uri(request: Request) -> str:
    base = settings().public_url or str(request.base_url)
    return f"{base.rstrip('/')}/sign-in/organisation/back"


def _with_cookie(request: Request, answer: Response, cookie: str) -> Response:
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=int(oidc.LASTS.total_seconds()),
        path="/sign-in",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
    return answer


def _without_cookie(answer: Response) -> Response:
    answer.delete_cookie(COOKIE, path="/sign-in")
    return answer
