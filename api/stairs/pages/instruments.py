"""The register of instruments as a page: whose calibration ends first, and one instrument with its certificates."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.deps import allow
from api.kernel.pages.filled import Filled
from api.page_words import on
from api.pages import Page, PageDep
from api.stairs.access import READS
from api.stairs.instrument_schemas import Kind
from domain.kernel.clock import utc_now
from domain.kernel.principal import Role
from domain.stairs.rules.instruments import name_of, state_of, warning
from domain.stairs.store import certificates, instruments

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])
STATES = {
    "valid": ("ok", "calibrated"),
    "due": ("watch", "ends soon"),
    "expired": ("alarm", "ended"),
    "never": ("alarm", "never calibrated"),
}
ENTERERS = frozenset({Role.TECHNICIAN, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})
CORRECTERS = frozenset({Role.MANAGER, Role.REVIEWER, Role.ADMIN, Role.TENANT_OWNER})
INSTRUMENT = {
    "instrument_type": "manometer",
    "serial_number": "",
    "manufacturer": "",
    "model": "",
    "accuracy": "",
    "range_min": "",
    "range_max": "",
    "unit": "",
    "calibration_frequency_months": "12",
}
CERTIFICATE = {
    "cert_number": "",
    "calibration_date": "",
    "expiry_date": "",
    "calibration_authority": "",
    "standard": "ISO/IEC 17025",
}
NOTICES = {
    "certified": "The certificate stands. What was measured with it on days that it covers was judged again.",
    "withdrawn": "Withdrawn: it proves nothing from now on, and stays with its reason.",
    "corrected": "Corrected. What was measured with it and is not approved yet was judged again.",
    "kept": "The PDF is kept with its hash.",
    "retired": "Out of use. It stays in the register with what was measured with it.",
}


@router.get("/stairs/instruments")
def register(page: PageDep) -> Response:
    """The soonest end first; without any, how to begin."""
    return show_register(page, Filled(dict(INSTRUMENT)))


def show_register(page: Page, form: Filled) -> Response:
    """The register with the form of a new instrument."""
    today = _today(page)
    rows = [_row(row, today) for row in instruments.ending(page.connection, date.max)]
    return page.show(
        "stairs/instruments.html" if rows else "stairs/instruments_empty.html",
        form.status,
        rows=rows,
        finding=_finding(rows),
        today=today,
        form=form,
        kinds=_kinds(),
        may_enter=bool(page.principal.roles & ENTERERS),
    )


@router.get("/stairs/instruments/{instrument_id}")
def one(instrument_id: UUID, page: PageDep, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """What it is, how it stands today, and every certificate that it had."""
    return show_one(page, instrument_id, Filled(dict(CERTIFICATE)), NOTICES.get(done))


def show_one(
    page: Page, instrument_id: UUID, form: Filled, notice: str | None = None, known: Filled | None = None
) -> Response:
    """The page of an instrument with the form of a certificate, and the one that corrects what is known of it."""
    today = _today(page)
    row = instruments.load(page.connection, instrument_id)
    found = certificates.of_instrument(page.connection, instrument_id)
    return page.show(
        "stairs/instrument.html",
        form.status if known is None else known.status,
        notice=notice,
        known=known or Filled({name: "" if row[name] is None else _plain(row[name]) for name in INSTRUMENT}),
        kinds=_kinds(),
        form=Filled(CERTIFICATE | form.values, form.errors, form.refusal),
        may_enter=row["retired_at"] is None and bool(page.principal.roles & ENTERERS),
        may_correct=bool(page.principal.roles & CORRECTERS),
        row=_row(row, today),
        certificates=found,
        today=today,
        finding=_says(row, today),
    )


def _kinds() -> list[tuple[str, str]]:
    return [(one, one.replace("_", " ")) for one in get_args(Kind)]


def _plain(value: Any) -> str:
    """A value as one types it: a number without zeros that say nothing."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _today(page: Page) -> date:
    return utc_now().astimezone(page.tenant.zone).date()


def _row(row: dict[str, Any], today: date) -> dict[str, Any]:
    expiry = row["calibration_expiry"]
    badge, word = STATES[state_of(expiry, today)]
    name = name_of(row["instrument_type"], row["manufacturer"], row["model"], row["serial_number"])
    left = None if expiry is None else (expiry - today).days
    told = {"name": _sentence(name), "badge": badge, "word": word, "days_left": left}
    return row | told | {"range_text": _range(row)}


def _range(row: dict[str, Any]) -> str:
    """From where to where it reads, without zeros that say nothing."""
    if row["range_min"] is None or row["range_max"] is None:
        return "not recorded"
    return f"{_plain(row['range_min'])} to {_plain(row['range_max'])} {row['unit'] or ''}".rstrip()


def _says(row: dict[str, Any], today: date) -> str:
    expiry = row["calibration_expiry"]
    name = name_of(row["instrument_type"], row["manufacturer"], row["model"], row["serial_number"])
    if row["retired_at"] is not None:
        return _sentence(f"{name} is out of use.")
    if expiry is not None and state_of(expiry, today) == "valid":
        return _sentence(f"{name} is calibrated until {on(expiry)}.")
    return _sentence(warning(name, expiry, today))


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _finding(rows: list[dict[str, Any]]) -> str:
    """One sentence over the register."""
    useless = sum(row["badge"] == "alarm" for row in rows)
    soon = sum(row["badge"] == "watch" for row in rows)
    if not useless and not soon:
        return "Every instrument is calibrated for the next 30 days."
    parts = [f"{useless} of {len(rows)} instruments prove nothing today"] if useless else []
    parts += [f"the calibration of {soon} ends within 30 days"] if soon else []
    return _sentence(f"{'; '.join(parts)}.")
