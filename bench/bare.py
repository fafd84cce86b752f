"""The peer over HTTP: FastAPI routes that do nothing. Served as the API is served.

python -m bench.bare PORT
"""

import sys

import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/nothing")
def nothing() -> dict[str, str]:
    """No database, no gate, no log."""
    return {"status": "ok"}


@app.get("/health/live")
def live() -> dict[str, str]:
    """So that it can be waited for."""
    return {"status": "ok"}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_config=None, access_log=False, server_header=False)
