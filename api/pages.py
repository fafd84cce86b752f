"""How server-rendered pages are made: one Jinja environment, escaping on, nothing undefined, no inline script.

Rooms import `render` and write templates that extend `base.html`. Scripts and styles come from `/static/` alone: the
content security policy (api/watch.py) refuses anything inline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import Connection
from starlette.templating import Jinja2Templates

from api import page_words
from api.acts import GATES
from api.deps import CallerDep, TenantSession
from api.gate import session_secret
from api.kernel import artifact_words
from domain.kernel import queue
from domain.kernel.advisory import SENTENCES
from domain.kernel.charts.chart import Chart
from domain.kernel.charts.render import draw, to_png
from domain.kernel.lent import kinds_open_to
from domain.kernel.login import form_token
from domain.kernel.principal import Principal, Role
from domain.kernel.settings import settings
from domain.kernel.tenancy import Tenant, load_tenant

HERE = Path(__file__).resolve().parent
# More than these are told as such: every page counts them.
MOST_COUNTED = 99
environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.filters |= page_words.FILTERS
environment.globals["artifact_words"] = artifact_words
environment.globals["advisory_sentences"] = SENTENCES
environment.globals["administrators"] = frozenset({Role.ADMIN, Role.PLATFORM_ADMIN, Role.TENANT_OWNER, Role.AUDITOR})
environment.globals["grid_readers"] = frozenset(
    {Role.OPERATOR, Role.MANAGER, Role.REVIEWER, Role.ADMIN, Role.TENANT_OWNER, Role.AUDITOR, Role.PLATFORM_ADMIN}
)
environment.globals["stairs_readers"] = frozenset(
    {Role.TECHNICIAN, Role.REVIEWER, Role.MANAGER, Role.OWNER, Role.AUDITOR, Role.ADMIN, Role.TENANT_OWNER}
)
environment.globals["crew_desk"] = frozenset({Role.OPERATOR, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})
environment.globals["walkers"] = frozenset({Role.TECHNICIAN, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})
environment.globals["course_staff"] = frozenset(
    {Role.AUTHOR, Role.REVIEWER, Role.ADMIN, Role.TENANT_OWNER, Role.AUDITOR}
)
environment.globals["learners"] = frozenset({Role.LEARNER, Role.AUTHOR, Role.REVIEWER, Role.ADMIN, Role.TENANT_OWNER})
environment.globals["store_readers"] = frozenset({Role.ADMIN, Role.TENANT_OWNER, Role.AUDITOR})
environment.globals["course_paths"] = (
    "/learn",
    "/admin/store",
    "/admin/courses",
    "/admin/new-course",
    "/admin/suggestions",
    "/admin/regeneration-jobs",
    "/admin/retry-intents",
    "/admin/jobs",
)
environment.globals["parts"] = environment.get_template("parts.html").module
templates = Jinja2Templates(env=environment)


@dataclass(frozen=True)
class Page:
    """What a page of a room works with: its transaction, tenant and reader."""

    request: Request
    connection: Connection
    tenant: Tenant
    principal: Principal

    def show(
        self, template: str, status: int = 200, charts: Sequence[Chart] = (), notice: str | None = None, **context: Any
    ) -> Response:
        """The page; or, where the address asks for `?file=NAME.csv|png`, the named chart as a file."""
        wanted = self.request.query_params.get("file")
        if wanted is not None and status < 400:
            return chart_file(wanted, charts)
        drawn = {chart.name: draw(chart) for chart in charts}
        context |= {
            "waits": _waits(self.connection, self.principal),
            "tenant": self.tenant,
            "zone": self.tenant.zone,
            "drawn": drawn,
            "notice": notice,
        }
        return render(self.request, template, status, **context)


def _waits(connection: Connection, principal: Principal) -> int:
    """How many proposals wait for the reader; the frame shows it on every page."""
    return queue.how_many_wait(connection, kinds_open_to(connection, principal, GATES.values()), MOST_COUNTED + 1)


def page(request: Request, connection: TenantSession, principal: CallerDep) -> Page:
    """A page within one transaction of the reader's tenant."""
    return Page(request, connection, load_tenant(connection), principal)


PageDep = Annotated[Page, Depends(page)]


def mount_static(app: FastAPI) -> None:
    """Serve `api/static/` under `/static/`."""
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")


def home_of(principal: Principal | None) -> str:
    """Where a reader begins: whoever only learns has no queue."""
    return "/learn" if principal is not None and principal.roles == {Role.LEARNER} else "/"


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page. Every template has the frame's own words beside its own context."""
    secret = session_secret(request.scope)
    frame: dict[str, Any] = {
        "principal": getattr(request.state, "principal", None),
        "home": home_of(getattr(request.state, "principal", None)),
        "tenant": None,
        "notice": None,
        "drawn": {},
        "waits": 0,
        "env": settings().env.value,
        "form_token": form_token(secret) if secret else "",
        "has_session": secret is not None,
        "path": request.url.path,
        "query": urlencode([pair for pair in request.query_params.multi_items() if pair[0] != "file"]),
    }
    return templates.TemplateResponse(request, template, frame | context, status_code=status)


def chart_file(wanted: str, charts: Sequence[Chart]) -> Response:
    """One of the page's charts as CSV or PNG.

    Raises:
        NotFound: the page has no such chart.
    """
    name, _, kind = wanted.rpartition(".")
    chart = next((chart for chart in charts if chart.name == name), None)
    if chart is None or kind not in {"csv", "png"}:
        raise page_words.no_such_file()
    body, media = (chart.csv(), "text/csv; charset=utf-8") if kind == "csv" else (to_png(chart), "image/png")
    named = {"Content-Disposition": f'attachment; filename="{page_words.file_name(name)}.{kind}"'}
    return Response(body, media_type=media, headers=named)
