"""The test runner: a page that a technician's phone keeps, so that a session is walked where there is no signal.

The page holds no test; its script fetches the bundle with a session of the device's own (domain/kernel/devices.py),
keeps it on the phone, and sends what was collected through the same doors as any other device.
"""

import hashlib
from functools import cache
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.deps import CallerDep, TenantSession, allow
from api.forms import FormDep
from api.pages import HERE, PageDep
from api.stairs.sessions import WALKS
from domain.kernel.clock import utc_now
from domain.kernel.devices import open_device
from domain.stairs.store import sessions

router = APIRouter(include_in_schema=False)
WALK = allow(roles=WALKS)
SHELL = ("countersign.css", "countersign.js", "mark.svg", "fonts", "runner", "runner.css")


@router.get("/stairs/run/worker.js", dependencies=[WALK])
def worker() -> Response:
    """What lets the page open without a signal; a new version of any of its files is a new cache."""
    listed = ", ".join(f'"/static/{name}"' for name, _ in _shell())
    script = (HERE / "templates" / "stairs" / "worker.js").read_text()
    told = script.replace("{{ version }}", _version()).replace('"{{ files }}"', listed)
    return Response(told, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.get("/stairs/run/{session_id}", dependencies=[WALK])
def run(session_id: UUID, page: PageDep) -> Response:
    """The runner of one session."""
    return page.show("stairs/run.html", session=sessions.load(page.connection, session_id))


@router.post("/stairs/run/{session_id}/device", dependencies=[WALK])
def device(session_id: UUID, connection: TenantSession, caller: CallerDep, _: FormDep) -> Response:
    """Hand this phone a session that opens these tests alone; `/me` lists it and ends it."""
    sessions.load(connection, session_id)
    token, ends = open_device(connection, caller, f"tests/sessions/{session_id}", WALKS, utc_now())
    return JSONResponse({"token": token, "ends": ends.isoformat()}, headers={"Cache-Control": "no-store"})


@cache
def _shell() -> tuple[tuple[str, bytes], ...]:
    static = HERE / "static"
    files = [
        one for name in SHELL for one in ([static / name] if (static / name).is_file() else (static / name).iterdir())
    ]
    return tuple(
        (str(one.relative_to(static)), one.read_bytes()) for one in sorted(files) if one.suffix not in {".txt", ".md"}
    )


@cache
def _version() -> str:
    digest = hashlib.sha256()
    for name, content in _shell():
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:16]
