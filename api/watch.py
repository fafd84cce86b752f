"""Around every request: one log line, the counts for Prometheus, the security headers, and a calm answer to a crash."""

import re
import time

from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem_of_unexpected
from domain.kernel.logs import logger
from domain.kernel.principal import Principal

log = logger("api.requests")
requests_total = Counter("http_requests_total", "Requests answered.", ["method", "route", "status"])
request_seconds = Histogram("http_request_duration_seconds", "Time to answer.", ["method", "route"])

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
VERBS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
CONTENT_SECURITY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=()",
}


class Watch:
    """Pure ASGI middleware, outside the gate, so that refusals are counted too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note what came of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, scope)
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            if status:
                raise
            await problem_of_unexpected(error, scope["path"])(scope, receive, noting)
        finally:
            _note(scope, status, time.perf_counter() - started)


def _add_headers(message: Message, scope: Scope) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope["scheme"] == "https":
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if not scope["path"].startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")


def _note(scope: Scope, status: int, seconds: float) -> None:
    """Write the line and count. The query string stays out: it may hold a signed link."""
    state = scope.get("state", {})
    route = state.get("route", "unknown")
    method = scope["method"] if scope["method"] in VERBS else "other"
    requests_total.labels(method, route, status).inc()
    request_seconds.labels(method, route).observe(seconds)
    principal: Principal | None = state.get("principal")
    log.info(
        "request",
        method=method,
        path=scope["path"],
        status=status,
        duration_ms=round(seconds * 1000, 1),
        tenant_id=principal.tenant_id if principal else None,
        actor_id=principal.id if principal else None,
    )
