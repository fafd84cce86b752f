"""Forms of the register of instruments: a new one, its certificates with the laboratory's PDF, and out of use."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ValidationError

from api.deps import allow, body_limit
from api.forms import FormDep, typed, uploaded
from api.kernel.pages.filled import Filled
from api.pages import PageDep
from api.stairs import instruments as doors
from api.stairs.instrument_schemas import NewCertificate, NewInstrument
from api.stairs.pages.instruments import CERTIFICATE, CORRECTERS, ENTERERS, INSTRUMENT, show_one, show_register
from api.stairs.schemas import WithReason
from domain.kernel.objects.chosen import open_store
from domain.stairs.observe.instruments import LARGEST_PDF_BYTES, keep_pdf

router = APIRouter(include_in_schema=False)
ENTERS = allow(roles=ENTERERS)
CORRECTS = allow(roles=CORRECTERS)
# The PDF, and what the form sends beside it.
LARGEST_FORM = LARGEST_PDF_BYTES + 64 * 1024
Shape = TypeVar("Shape", bound=BaseModel)


@router.post("/stairs/instruments", dependencies=[ENTERS])
def enter(page: PageDep, form: FormDep) -> Response:
    """Enter an instrument and go to it; a wrong field comes back with what was typed."""
    filled = Filled.read(form, INSTRUMENT)
    told = _shaped(NewInstrument, filled)
    if told is not None:
        with filled.telling(), page.connection.begin_nested():
            made = doors.enter(told, page.connection, page.principal)
            return RedirectResponse(f"/stairs/instruments/{made.id}", 303)
    return show_register(page, filled)


@router.post("/stairs/instruments/{instrument_id}/certificates", dependencies=[ENTERS, body_limit(LARGEST_FORM)])
def certify(page: PageDep, form: FormDep, instrument_id: UUID) -> Response:
    """Enter a certificate with its PDF, both or neither: what it covers is judged again."""
    filled = Filled.read(form, CERTIFICATE)
    told = _shaped(NewCertificate, filled)
    if told is not None:
        with filled.telling(), page.connection.begin_nested():
            made = doors.certify(instrument_id, told, page.connection, page.principal)
            file = uploaded(form, "file")
            if file is not None:
                data = file.file.read()
                keep_pdf(page.connection, open_store(), page.principal, instrument_id, made.cert_id, data)
            return RedirectResponse(f"/stairs/instruments/{instrument_id}?done=certified", 303)
    return show_one(page, instrument_id, filled)


@router.post("/stairs/instruments/{instrument_id}/certificates/{cert_id}/withdraw", dependencies=[CORRECTS])
def withdraw(page: PageDep, form: FormDep, instrument_id: UUID, cert_id: UUID) -> Response:
    """Say that a certificate was entered wrongly."""
    filled = Filled({"reason": typed(form, "reason", 2000)})
    told = _shaped(WithReason, filled)
    if told is not None:
        doors.withdraw(instrument_id, cert_id, told, page.connection, page.principal)
        return RedirectResponse(f"/stairs/instruments/{instrument_id}?done=withdrawn", 303)
    return show_one(page, instrument_id, filled)


@router.post("/stairs/instruments/{instrument_id}/retire", dependencies=[CORRECTS])
def retire(page: PageDep, form: FormDep, instrument_id: UUID) -> Response:
    """Take an instrument out of use, with its reason."""
    filled = Filled({"reason": typed(form, "reason", 2000)})
    told = _shaped(WithReason, filled)
    if told is not None:
        doors.retire(instrument_id, told, page.connection, page.principal)
        return RedirectResponse(f"/stairs/instruments/{instrument_id}?done=retired", 303)
    return show_one(page, instrument_id, filled)


def _shaped(shape: type[Shape], filled: Filled) -> Shape | None:
    """What was typed as the door takes it; None where something is wrong, which is then told at its field."""
    try:
        return shape.model_validate({name: value for name, value in filled.values.items() if value})
    except ValidationError as cause:
        for one in cause.errors():
            filled.errors.setdefault(str(one["loc"][0]), _sentence(one["type"], one))
        return None


def _sentence(kind: str, one: Mapping[str, object]) -> str:
    if kind == "missing":
        return "Needed."
    told = str(one["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"{told[:1].upper()}{told[1:]}."
