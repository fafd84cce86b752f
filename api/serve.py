"""The API as a process: `python -m api.serve`. The supervisor hands it a listening socket, so that a restart of the
process refuses nobody: callers wait in the socket's queue.
"""

import argparse
import socket
from typing import Any

import uvicorn
from asgi_correlation_id import correlation_id
from fastapi import FastAPI

from api.draining import Server
from api.heads import BoundedHeads
from domain.kernel.loading import loading
from domain.kernel.logs import configure_logs
from domain.kernel.settings import settings

BACKLOG = 512


def main() -> None:
    """Serve until told to stop; balancers are given time to look away, and requests in work are finished first."""
    options = _options()
    configure_logs("api", settings().log_level, context=_request_context)
    listening = socket.socket(fileno=options.fd) if options.fd is not None else listen(options.host, options.port)
    app = _built()
    config = uvicorn.Config(
        app,
        http=BoundedHeads,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings().forwarded_allow_ips),
        forwarded_allow_ips=list(settings().forwarded_allow_ips),
        timeout_graceful_shutdown=10,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
    )
    Server(config, app.state.drain, settings().drain_s).run(sockets=[listening])


def _built() -> FastAPI:
    with loading():
        from api.app import create_app

        return create_app()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(BACKLOG)
    return listening


def _request_context() -> dict[str, Any]:
    current = correlation_id.get()
    return {"request_id": current} if current else {}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m api.serve", description="Serve the API and pages.")
    parser.add_argument("--host", default=settings().host)
    parser.add_argument("--port", type=int, default=settings().port or 0)
    parser.add_argument("--fd", type=int, help="serve on this inherited listening socket instead")
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    return parser.parse_args()


if __name__ == "__main__":
    main()
