"""What is decided before a byte of the body is read: 405, then 401, then 403, then 413.

A framework would parse and judge the body first and tell an unknown caller which field is wrong; here an unknown caller
learns nothing. Routes say who may with `Allowed` (api/deps.py), and this gate reads it off them.
"""

import asyncio
from collections.abc import Callable

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.doors import DEFAULT_BODY_LIMIT, Door, doors_of
from api.errors import problem, problem_of
from api.recent import RecentCallers
from domain.kernel.access import authenticate
from domain.kernel.devices import check_reach
from domain.kernel.errors import CountersignError, TooLarge, Unauthenticated
from domain.kernel.login import principal_of_session
from domain.kernel.principal import Principal

PROTECTED = ("/v1/", "/api/")
SESSION_COOKIE = "countersign_session"
# How long a body may take: a minute, and so much more as a slow line needs for all that the door takes; and the longest
# silence within it.
SLOWEST_BODY_S, SLOWEST_BYTES_S, SLOWEST_PIECE_S = 60.0, 20_000, 30.0
Authenticate = Callable[[str], Principal]


class Gate:
    """Pure ASGI middleware; the doors are read off the application at the first request, when all are there."""

    def __init__(self, app: ASGIApp, application: FastAPI, authenticate: Authenticate = authenticate) -> None:
        self.app = app
        self.application = application
        self.authenticate = authenticate
        self.doors: list[Door] | None = None
        # Doors by the whole address, where it has no variable part: most need not be looked for among hundreds.
        self.literal: dict[str, list[Door]] = {}
        self.recent = RecentCallers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.doors is None:
            self.doors = list(doors_of(self.application))
            self.literal = {one.template: self._at(one.template) for one in self.doors if "{" not in one.template}
        state = scope.setdefault("state", {})
        state["principal"] = None
        refusal, door = await self._judge(scope)
        state["route"] = door.template if door else "unknown"
        state["door"] = door
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self.app(scope, _counted(receive, door.body_limit if door else DEFAULT_BODY_LIMIT), send)

    async def _judge(self, scope: Scope) -> tuple[Response | None, Door | None]:
        path, method = scope["path"], scope["method"]
        here = self.literal.get(path) or self._at(path)
        door = next((door for door in here if method in door.methods), None)
        if here and door is None:
            verbs = ", ".join(sorted({verb for candidate in here for verb in candidate.methods}))
            return (
                problem(
                    405,
                    "METHOD_NOT_ALLOWED",
                    f"This address does not take {method}.",
                    hint=f"It takes {verbs}.",
                    path=path,
                    headers={"Allow": verbs},
                ),
                here[0],
            )
        try:
            await self._admit(scope, door)
        except CountersignError as error:
            return problem_of(error, path), door
        return None, door

    def _at(self, path: str) -> list[Door]:
        return [door for door in self.doors or [] if door.path.match(path)]

    async def _known(self, scope: Scope, door: Door | None) -> Principal | None:
        """Who calls, by token or by cookie; asked of the database but where the door goes by a moment ago."""
        token = _bearer(Headers(scope=scope).get("authorization"))
        secret = token or session_secret(scope)
        if secret is None:
            return None
        kind = "token" if token else "cookie"
        seconds = door.remembered_s if door else 0.0
        found = self.recent.get(kind, secret, seconds) if seconds else None
        if found is None:
            ask: Callable[[str], Principal | None] = self.authenticate if token else principal_of_session
            found = await run_in_threadpool(ask, secret)
            if found is not None and seconds:
                self.recent.put(kind, secret, found)
        if token and found is not None:
            check_reach(found, scope["path"])
        return found

    async def _admit(self, scope: Scope, door: Door | None) -> None:
        scope["state"]["principal"] = await self._known(scope, door)
        headers = Headers(scope=scope)
        principal: Principal | None = scope["state"]["principal"]
        if principal is None and scope["path"].startswith(PROTECTED) and not (door and door.open_to_anyone):
            raise Unauthenticated(
                "This address needs to know who calls.", hint="Send the header `Authorization: Bearer TOKEN`."
            )
        if door is None:
            return
        if principal is not None or not door.open_to_anyone:
            for allowed in door.allowed:
                allowed.check(principal)
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > door.body_limit:
            raise TooLarge(f"The body has {length} bytes; this door takes {door.body_limit}.", hint="Send it in parts.")


def session_secret(scope: Scope) -> str | None:
    """The cookie of a signed-in browser; it opens pages alone, so that no other site can make it call the API."""
    if scope["path"].startswith(PROTECTED):
        return None
    found = cookie_parser(Headers(scope=scope).get("cookie", "")).get(SESSION_COOKIE)
    return found or None


def _bearer(header: str | None) -> str | None:
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated(
            "The Authorization header is not a bearer token.", hint="Send `Authorization: Bearer TOKEN`."
        )
    return token.strip()


def _counted(receive: Receive, limit: int) -> Receive:
    """Count a body that comes without a length, and stop it at the limit; and one that comes too slowly, or never ends.

    After the body there is nothing to wait for but the caller's going away, which takes as long as it takes.
    """
    seen, until, is_whole = 0, asyncio.get_running_loop().time() + SLOWEST_BODY_S + limit / SLOWEST_BYTES_S, False

    async def counting() -> Message:
        nonlocal seen, is_whole
        if is_whole:
            return await receive()
        now = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(min(until, now + SLOWEST_PIECE_S)):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, "The body came too slowly; nothing of it was taken.") from None
        if message["type"] == "http.request":
            is_whole = not message.get("more_body", False)
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413)
        return message

    return counting
