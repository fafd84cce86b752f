"""How server-rendered pages are made: one Jinja environment, escaping on, nothing undefined, no inline script.

Rooms import `render` and write templates that extend `base.html`. Scripts and styles come from `/static/` alone: the
content security policy (api/watch.py) refuses anything inline.
"""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.templating import Jinja2Templates

from domain.kernel.advisory import SENTENCES
from domain.kernel.settings import settings

HERE = Path(__file__).resolve().parent
environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates = Jinja2Templates(env=environment)


def mount_static(app: FastAPI) -> None:
    """Serve `api/static/` under `/static/`."""
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page. Every template has `principal`, `env` and `advisory_sentences` beside its own context."""
    frame = {
        "principal": getattr(request.state, "principal", None),
        "env": settings().env.value,
        "advisory_sentences": SENTENCES,
    }
    return templates.TemplateResponse(request, template, frame | context, status_code=status)
