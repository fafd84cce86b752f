"""The tenant's settings as a page; for the platform's administrators the list of tenants too."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import RequestId
from api.forms import FormDep
from api.kernel.admin import ADMINS, PLATFORM, READERS, has_days
from api.kernel.pages.admin_people import acting
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep
from domain.kernel.administration import tenants
from domain.kernel.administration.actor import ADMINISTRATORS
from domain.kernel.db import bind_tenant
from domain.kernel.errors import Invalid
from domain.kernel.retention.policy import CLASSES, LONGEST_DAYS

router = APIRouter(include_in_schema=False)
PER_PAGE = 50
NEW = {"tenant_id": "", "name": "", "timezone": "UTC"}
YES_NO = {"yes": True, "no": False}


@router.get("/admin/tenant", dependencies=[READERS])
def the_tenant(page: PageDep, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The settings as they stand."""
    return _settings(page, _filled(tenants.tenant_row(page.connection)), "Set." if done else None)


@router.post("/admin/tenant", dependencies=[ADMINS])
def set_tenant(page: PageDep, form: FormDep, call: RequestId) -> Response:
    """Set what was changed."""
    filled = Filled.read(form, _filled(tenants.tenant_row(page.connection)).values)
    with filled.telling(), page.connection.begin_nested():
        tenants.set_tenant(page.connection, acting(page, call), _changes(filled), has_days)
    if filled.is_good:
        return RedirectResponse("/admin/tenant?done=set", 303)
    return _settings(page, filled)


def _filled(row: tenants.TenantRow) -> Filled:
    days = {f"keep_{name}": str(row.retention_days.get(name, "")) for name in CLASSES}
    said = {True: "yes", False: "no"}
    price = row.energy_price
    return Filled(
        {
            "name": row.name,
            "timezone": row.timezone,
            "four_eyes": said[row.four_eyes],
            "four_eyes_retry": said[row.four_eyes_retry],
            "public_quickcheck": said[row.public_quickcheck],
            "public_catalogue": said[row.public_catalogue],
            "price_per_kwh": f"{price.per_kwh:.15g}" if price else "",
            "price_currency": price.currency if price else "",
            "price_source": price.source if price else "",
        }
        | days
    )


def _changes(filled: Filled) -> tenants.Changes:
    values = filled.values
    for name in ("four_eyes", "four_eyes_retry", "public_quickcheck", "public_catalogue"):
        if values[name] not in YES_NO:
            raise Invalid("Choose yes or no.", errors=[{"field": name, "message": "choose"}])
    return tenants.Changes(
        name=values["name"],
        timezone=values["timezone"],
        four_eyes=YES_NO[values["four_eyes"]],
        four_eyes_retry=YES_NO[values["four_eyes_retry"]],
        public_quickcheck=YES_NO[values["public_quickcheck"]],
        public_catalogue=YES_NO[values["public_catalogue"]],
        energy_price=_price(values),
        retention_days={name: _days(filled, name) for name in CLASSES},
    )


def _price(values: dict[str, str]) -> dict[str, str | float]:
    """What was typed of the price; what is no number is told by the check."""
    try:
        price: str | float = float(values["price_per_kwh"])
    except ValueError:
        price = values["price_per_kwh"]
    return {"per_kwh": price, "currency": values["price_currency"], "source": values["price_source"]}


def _days(filled: Filled, name: str) -> int | None:
    field, least = f"keep_{name}", CLASSES[name].least_days
    if not filled.values[field]:
        return None
    days = filled.whole(field)
    if not least <= days <= LONGEST_DAYS:
        raise Invalid(
            f"Give {least} to {LONGEST_DAYS:,} days, or nothing for the default.",
            errors=[{"field": field, "message": "out of range"}],
        )
    return days


def _settings(page: Page, filled: Filled, notice: str | None = None) -> Response:
    return page.show(
        "kernel/admin_tenant.html",
        filled.status,
        notice=notice,
        form=filled,
        row=tenants.tenant_row(page.connection),
        classes=CLASSES,
        zone_is_fixed=has_days(page.connection),
        may_administer=bool(page.principal.roles & ADMINISTRATORS),
    )


@router.get("/admin/tenants", dependencies=[PLATFORM])
def all_tenants(
    page: PageDep,
    call: RequestId,
    after: Annotated[str, Query(max_length=1000)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Every tenant of the copy."""
    notice = "The tenant is made. Next: invite its administrator." if done else None
    return _tenants(page, call, Filled(dict(NEW)), after, notice)


@router.post("/admin/tenants", dependencies=[PLATFORM])
def make_tenant(page: PageDep, form: FormDep, call: RequestId) -> Response:
    """Make a tenant."""
    filled = Filled.read(form, NEW)
    with filled.telling(), page.connection.begin_nested():
        values = filled.values
        tenants.add_tenant(page.connection, acting(page, call), values["tenant_id"], values["name"], values["timezone"])
    bind_tenant(page.connection, page.tenant.tenant_id, page.principal.id)
    if filled.is_good:
        return RedirectResponse("/admin/tenants?done=made", 303)
    return _tenants(page, call, filled)


def _tenants(page: Page, call: str, filled: Filled, after: str = "", notice: str | None = None) -> Response:
    found = tenants.list_tenants(page.connection, acting(page, call), PER_PAGE, after or None)
    return page.show(
        "kernel/admin_tenants.html",
        filled.status,
        notice=notice,
        rows=found.rows,
        next_cursor=found.next_cursor,
        form=filled,
    )
