"""The peer over HTTP: FastAPI routes that parse what ours parse, and do nothing. Served as the API is served.

python -m bench.bare PORT
"""

import sys
from typing import Annotated

import uvicorn
from fastapi import Body, FastAPI

from api.courses.events import EventSent

app = FastAPI()


@app.get("/nothing")
def nothing() -> dict[str, str]:
    """No database, no gate, no log."""
    return {"status": "ok"}


@app.get("/health/live")
def live() -> dict[str, str]:
    """So that it can be waited for."""
    return {"status": "ok"}


@app.post("/event", status_code=202)
def event(events: Annotated[list[EventSent], Body(embed=True)]) -> dict[str, int]:
    """The body of the learners' door, parsed into the same model."""
    return {"accepted": len(events)}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_config=None, access_log=False, server_header=False)
