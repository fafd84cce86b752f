"""The reader's own page: roles, sessions, lent roles, and what he or she is told, where."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.deps import MaybeCallerDep, allow
from api.forms import FormDep, typed
from api.gate import session_secret
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep, render
from domain.kernel import lending
from domain.kernel.administration.people import person_row
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.login import end_own_session, sessions_of
from domain.kernel.messages import channels
from domain.kernel.messages.kinds import EVERY_KIND, WORDS, Medium, MessageKind
from domain.kernel.messages.secret import read_unsubscribe_token
from domain.kernel.principal import EVERY_ROLE
from domain.kernel.settings import settings

router = APIRouter(include_in_schema=False)
ANYBODY_KNOWN = allow(roles=EVERY_ROLE)
NEW = {"medium": "WEBHOOK", "address": "", "room": ""}
NOTICES = {
    "session": "The session has ended.",
    "channel": "Kept.",
    "gone": "The channel is taken away.",
}
Token = Annotated[str, Query(max_length=300)]


@router.get("/me", dependencies=[ANYBODY_KNOWN])
def me(page: PageDep, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """What the reader holds, where he or she is signed in, and what is sent where."""
    return _show(page, Filled(dict(NEW)), notice=NOTICES.get(done))


@router.post("/me/sessions/{mark}/end", dependencies=[ANYBODY_KNOWN])
def end_session(page: PageDep, _: FormDep, mark: str) -> Response:
    """End one of the reader's sessions."""
    end_own_session(page.connection, page.principal, mark)
    return RedirectResponse("/me?done=session", 303)


@router.post("/me/channels", dependencies=[ANYBODY_KNOWN])
def add_channel(page: PageDep, form: FormDep) -> Response:
    """Add a webhook or a chat room; a webhook's secret is shown this once."""
    filled, secret = Filled.read(form, NEW), None
    with filled.telling(), page.connection.begin_nested():
        values = filled.values
        if values["medium"] not in {Medium.WEBHOOK.value, Medium.CHAT.value}:
            raise Invalid("Choose how.", errors=[{"field": "medium", "message": "choose"}])
        medium = Medium(values["medium"])
        address = values["room"] if medium is Medium.CHAT else values["address"]
        _, secret = channels.add_channel(page.connection, page.principal, medium, address, EVERY_KIND)
    if filled.is_good and secret is None:
        return RedirectResponse("/me?done=channel#messages", 303)
    return _show(page, Filled(dict(NEW)) if secret else filled, secret=secret)


@router.post("/me/channels/{channel_id}", dependencies=[ANYBODY_KNOWN])
def set_channel(page: PageDep, form: FormDep, channel_id: str) -> Response:
    """Choose the kinds and how often."""
    kinds = [kind for kind in form.getlist("kind") if isinstance(kind, str)]
    filled = Filled.read(form, {"digest_minutes": "15"})
    with filled.telling(), page.connection.begin_nested():
        minutes = filled.whole("digest_minutes")
        channels.set_channel(page.connection, page.principal, _id(channel_id), kinds, minutes)
    if filled.is_good:
        return RedirectResponse("/me?done=channel#messages", 303)
    return _show(page, Filled(dict(NEW)), wrong=filled)


@router.post("/me/channels/{channel_id}/end", dependencies=[ANYBODY_KNOWN])
def end_channel(page: PageDep, _: FormDep, channel_id: str) -> Response:
    """Take a webhook or a chat room away."""
    channels.end_channel(page.connection, page.principal, _id(channel_id))
    return RedirectResponse("/me?done=gone#messages", 303)


def _show(
    page: Page,
    filled: Filled,
    *,
    secret: str | None = None,
    wrong: Filled | None = None,
    notice: str | None = None,
) -> Response:
    who = page.principal
    channels.ensure_email(page.connection, who)
    person = person_row(page.connection, UUID(who.id))
    refused = next((one for one in (wrong, filled) if one and not one.is_good), None)
    return page.show(
        "kernel/me.html",
        refused.status if refused else 200,
        notice=notice,
        person=person,
        sessions=sessions_of(page.connection, who, session_secret(page.request.scope)),
        lent=lending.delegations(page.connection, 20, person=who.id).rows,
        channels=channels.channels_of(page.connection, who.id),
        kinds=[(kind.value, WORDS[kind]) for kind in MessageKind],
        rooms=sorted(settings().chat_urls),
        mail_is_set=settings().email_url is not None,
        form=filled,
        secret=secret,
        refusal=_told(refused) if refused else None,
    )


def _told(filled: Filled) -> str:
    return str(filled.refusal) if filled.refusal else " ".join(filled.errors.values())


@router.get("/messages/unsubscribe")
def ask_unsubscribe(request: Request, _: MaybeCallerDep, token: Token = "") -> Response:
    """Ask whether to stop; a link that a mail program opens by itself changes nothing."""
    known = read_unsubscribe_token(token) is not None
    return render(
        request, "kernel/unsubscribe.html", 200 if known else 404, token=token, state="ask" if known else "no"
    )


@router.post("/messages/unsubscribe")
def unsubscribe(request: Request, form: FormDep, _: MaybeCallerDep, token: Token = "") -> Response:
    """Stop; also what a mail program posts by itself for one click."""
    done = channels.unsubscribe(token or typed(form, "token", 300))
    return render(request, "kernel/unsubscribe.html", 200 if done else 404, token="", state="done" if done else "no")


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as cause:
        raise NotFound("There is no such channel.") from cause
