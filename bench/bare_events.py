"""A bare FastAPI route that parses a batch of learner events and does nothing: what the real door is held against.

It is served as the product's API is, by `python -m bench.bare_events`, and has no gate, no log and no database.
"""

import argparse
import socket
from typing import Annotated

import uvicorn
from fastapi import Body, FastAPI

from api.courses.event_schemas import EventSent

PATH = "/event"


def bare() -> FastAPI:
    """The application: one route, the same body."""
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.post(PATH, status_code=202)
    async def nothing(events: Annotated[list[EventSent], Body(embed=True)]) -> dict[str, int]:
        return {"accepted": len(events)}

    return app


def main() -> None:
    """Serve on an inherited listening socket until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m bench.bare_events", description="Serve a route that does nothing.")
    parser.add_argument("--fd", type=int, required=True)
    listening = socket.socket(fileno=parser.parse_args().fd)
    config = uvicorn.Config(bare(), log_config=None, access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
