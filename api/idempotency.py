"""`Idempotency-Key` on every POST: the same key and body answer the same, without acting again.

Between the gate and the routes, so that the caller is known and nothing has been done. A key belongs to one caller in
one tenant and lasts 24 hours. What is kept: answers below 500, but for 409 and 429, which tell of a moment and not of
the request. What is not: failures (5xx), which may be tried again under the same key; and bodies above 256 kB, of which
only the status is noted, so that a second request is refused (409 IDEMPOTENCY_ANSWER_NOT_KEPT) instead of acting again.
Where the database fell silent while it committed, nobody knows whether the request acted: its key stays taken, and a
second request is told so (409 IDEMPOTENCY_OUTCOME_UNKNOWN).
Uploads in parts are left alone: a file is known by the hash of its content, and loaded once.
"""

import asyncio
import re
from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem_of
from api.gate import PROTECTED
from domain.kernel.errors import CountersignError, Invalid, OutcomeUnknown, TooLarge
from domain.kernel.idempotency import LONGEST_KEPT_BYTES, Answer, Claim, claim
from domain.kernel.principal import Principal

HEADER = "Idempotency-Key"
KEY = re.compile(r"[!-~]{1,255}")
LARGEST_BODY_BYTES = 16 * 1024 * 1024
# Requests that may hold a key, and with it a connection, at once.
AT_ONCE = 20
OF_THE_MOMENT = frozenset({409, 429})
KEPT_HEADERS = frozenset({"content-type", "content-disposition", "location", "etag"})


class Idempotency:
    """Pure ASGI middleware, inside the gate."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.slots = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Act once, or answer what was answered."""
        key = _key_of(scope)
        if key is None:
            await self.app(scope, receive, send)
            return
        try:
            body = await _whole(receive)
            if body is not None:
                async with self.slots:
                    principal: Principal = scope["state"]["principal"]
                    held = await run_in_threadpool(claim, principal, _checked(key), _fingerprint(scope, body))
                    await self._answer(held, scope, _given(body, receive), send)
        except (CountersignError, HTTPException) as error:
            await _refusal(error, scope["path"])(scope, receive, send)

    async def _answer(self, held: Claim | Answer, scope: Scope, receive: Receive, send: Send) -> None:
        if isinstance(held, Answer):
            await _again(held)(scope, receive, send)
            return
        try:
            await self._act(held, scope, receive, send)
        finally:
            await run_in_threadpool(held.release)

    async def _act(self, held: Claim, scope: Scope, receive: Receive, send: Send) -> None:
        caught = _Caught(held, scope, send)
        try:
            await self.app(scope, receive, caught)
        except Exception as error:
            # Once there is an answer the request has acted, and what failed is the keeping of it: the key stays taken.
            if not (caught.waiting or isinstance(error, OutcomeUnknown)):
                await run_in_threadpool(held.forget)
            raise


class _Caught:
    """Takes the answer in, keeps it, and only then lets it out: whoever has an answer can have it again."""

    def __init__(self, held: Claim, scope: Scope, send: Send) -> None:
        self.held = held
        self.scope = scope
        self.send = send
        self.waiting: list[Message] = []
        self.body = bytearray()
        self.is_out = False

    async def __call__(self, message: Message) -> None:
        if self.is_out:
            await self.send(message)
            return
        self.waiting.append(message)
        if message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body", False) or len(self.body) > LONGEST_KEPT_BYTES:
                await self._let_out()

    async def _let_out(self) -> None:
        start = self.waiting[0]
        status = start["status"]
        if status < 500 and status not in OF_THE_MOMENT:
            named = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"]]
            kept = [(name, value) for name, value in named if name in KEPT_HEADERS]
            await run_in_threadpool(self.held.keep, Answer(status, kept, bytes(self.body)))
        elif not self.scope["state"].get("is_outcome_unknown"):
            await run_in_threadpool(self.held.forget)
        self.is_out = True
        for message in self.waiting:
            await self.send(message)


def _key_of(scope: Scope) -> str | None:
    """The key that counts: of a POST to the API, by a known caller, whose body does not come in parts."""
    if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(PROTECTED):
        return None
    headers = Headers(scope=scope)
    in_parts = headers.get("content-type", "").lower().startswith("multipart/")
    known = scope.get("state", {}).get("principal") is not None
    return headers.get(HEADER.lower()) if known and not in_parts else None


def _checked(key: str) -> str:
    if not KEY.fullmatch(key):
        raise Invalid(
            "An Idempotency-Key has 1 to 255 visible ASCII characters; nothing was done.", hint="A UUID is a good one."
        )
    return key


def _fingerprint(scope: Scope, body: bytes) -> str:
    """What was asked: address, query, kind and content of the body."""
    kind = Headers(scope=scope).get("content-type", "")
    parts = [scope["path"].encode(), scope.get("query_string", b""), kind.encode(), body]
    return sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()


async def _whole(receive: Receive) -> bytes | None:
    """The body; None when the caller hung up."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY_BYTES:
            raise TooLarge("With an Idempotency-Key a body has at most 16 MiB.", hint="Send it without the key.")
        if not message.get("more_body", False):
            return bytes(body)


def _given(body: bytes, receive: Receive) -> Receive:
    """Give the body that was read to the routes, then whatever the connection still says."""
    is_given = False

    async def give() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def _refusal(error: CountersignError | HTTPException, path: str) -> Response:
    if isinstance(error, HTTPException):
        error = TooLarge("The request's body is larger than this door takes.")
    return problem_of(error, path)


def _again(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, headers=dict(answer.headers))
    response.headers["Idempotency-Replayed"] = "true"
    return response
