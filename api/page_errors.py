"""Refusals and failures for people: where a browser asked for a page, problem+json becomes a page with the same words.

It stands around the gate, so that every refusal is covered, whoever made it. A person who is not signed in gets the
sign-in form in the same answer.
"""

import json
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import MEDIA_TYPE
from api.gate import PROTECTED
from api.pages import render

NOT_PAGES = (*PROTECTED, "/static/", "/health/", "/metrics", "/openapi.json")


class PageErrors:
    """Pure ASGI middleware: answers of other kinds, and those of the API, pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and rewrite a problem for a reader."""
        if scope["type"] != "http" or scope["path"].startswith(NOT_PAGES) or not _wants_page(scope):
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def holding(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                held.append(message)
                return
            if not held:
                await send(message)
                return
            held.append(message)
            if not message.get("more_body", False):
                await _tell(scope, receive, send, held)

        await self.app(scope, receive, holding)


def _wants_page(scope: Scope) -> bool:
    return "text/html" in Headers(scope=scope).get("accept", "")


def _is_problem(message: Message) -> bool:
    return MutableHeaders(scope=message).get("content-type", "").startswith(MEDIA_TYPE)


async def _tell(scope: Scope, receive: Receive, send: Send, held: list[Message]) -> None:
    start, *bodies = held
    problem: dict[str, Any] = json.loads(b"".join(part.get("body", b"") for part in bodies))
    request = Request(scope)
    here = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
    back = here if scope["method"] == "GET" else scope["path"]
    page = render(
        request,
        "sign_in_needed.html" if problem["status"] == 401 else "error.html",
        int(problem["status"]),
        problem=problem,
        sign_in=f"/sign-in?next={quote(back, safe='')}",
    )
    for name, value in MutableHeaders(scope=start).items():
        if name not in {"content-type", "content-length", "www-authenticate"}:
            page.headers.setdefault(name, value)
    await page(scope, receive, send)
