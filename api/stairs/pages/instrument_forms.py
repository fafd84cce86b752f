"""Forms of the register of instruments: a new one, its certificates with the laboratory's PDF, and out of use."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from api.deps import allow, body_limit
from api.forms import FormDep, typed, uploaded
from api.kernel.pages.filled import WORDS, Filled
from api.pages import PageDep
from api.stairs import instruments as doors
from api.stairs.instrument_schemas import ChangedInstrument, NewCertificate, NewInstrument
from api.stairs.pages.instruments import CERTIFICATE, CORRECTERS, ENTERERS, INSTRUMENT, show_one, show_register
from api.stairs.schemas import WithReason
from domain.kernel.errors import Invalid
from domain.kernel.objects.chosen import open_store
from domain.stairs.observe.instruments import LARGEST_PDF_BYTES, keep_pdf

router = APIRouter(include_in_schema=False)
ENTERS = allow(roles=ENTERERS)
CORRECTS = allow(roles=CORRECTERS)
# The PDF, and what the form sends beside it.
FITS = body_limit(LARGEST_PDF_BYTES + 64 * 1024)
# What an instrument always has.
ALWAYS = ("serial_number", "instrument_type")


@router.post("/stairs/instruments", dependencies=[ENTERS])
def enter(page: PageDep, form: FormDep) -> Response:
    """Enter an instrument and go to it; a wrong field comes back with what was typed."""
    filled = Filled.read(form, INSTRUMENT)
    told = filled.shaped(NewInstrument)
    if told is not None:
        with filled.telling(), page.connection.begin_nested():
            made = doors.enter(told, page.connection, page.principal)
            return RedirectResponse(f"/stairs/instruments/{made.id}", 303)
    return show_register(page, filled)


@router.post("/stairs/instruments/{instrument_id}/certificates", dependencies=[ENTERS, FITS])
def certify(page: PageDep, form: FormDep, instrument_id: UUID) -> Response:
    """Enter a certificate with its PDF, both or neither: what it covers is judged again."""
    filled = Filled.read(form, CERTIFICATE)
    told = filled.shaped(NewCertificate)
    if told is not None:
        with filled.telling(), page.connection.begin_nested():
            made = doors.certify(instrument_id, told, page.connection, page.principal)
            file = uploaded(form, "file")
            if file is not None:
                data = file.file.read()
                keep_pdf(page.connection, open_store(), page.principal, instrument_id, made.cert_id, data)
            return RedirectResponse(f"/stairs/instruments/{instrument_id}?done=certified", 303)
    return show_one(page, instrument_id, filled)


@router.post("/stairs/instruments/{instrument_id}", dependencies=[ENTERS])
def correct(page: PageDep, form: FormDep, instrument_id: UUID) -> Response:
    """Correct what is known of an instrument; an emptied field is not known any more."""
    filled = Filled.read(form, INSTRUMENT)
    emptied = {name: None for name, value in filled.values.items() if not value and name not in ALWAYS}
    for name in ALWAYS:
        if not filled.values[name]:
            filled.errors[name] = WORDS["missing"]
    told = filled.shaped(ChangedInstrument, **emptied)
    if told is not None and filled.is_good:
        with filled.telling(), page.connection.begin_nested():
            doors.correct(instrument_id, told, page.connection, page.principal)
            return RedirectResponse(f"/stairs/instruments/{instrument_id}?done=corrected", 303)
    return show_one(page, instrument_id, Filled(dict(CERTIFICATE)), known=filled)


@router.post("/stairs/instruments/{instrument_id}/certificates/{cert_id}/file", dependencies=[ENTERS, FITS])
def keep_file(page: PageDep, form: FormDep, instrument_id: UUID, cert_id: UUID) -> Response:
    """Keep the PDF of a certificate that was entered without it."""
    filled, file = Filled(dict(CERTIFICATE)), uploaded(form, "file")
    with filled.telling(), page.connection.begin_nested():
        if file is None:
            raise Invalid("No file was chosen; nothing was kept.", hint="Choose the laboratory's PDF.", code="NO_FILE")
        keep_pdf(page.connection, open_store(), page.principal, instrument_id, cert_id, file.file.read())
        return RedirectResponse(f"/stairs/instruments/{instrument_id}?done=kept", 303)
    return show_one(page, instrument_id, filled)


@router.post("/stairs/instruments/{instrument_id}/certificates/{cert_id}/withdraw", dependencies=[CORRECTS])
def withdraw(page: PageDep, form: FormDep, instrument_id: UUID, cert_id: UUID) -> Response:
    """Say that a certificate was entered wrongly."""
    filled = Filled({"reason": typed(form, "reason", 2000)})
    told = filled.shaped(WithReason)
    if told is not None:
        doors.withdraw(instrument_id, cert_id, told, page.connection, page.principal)
        return RedirectResponse(f"/stairs/instruments/{instrument_id}?done=withdrawn", 303)
    return show_one(page, instrument_id, filled)


@router.post("/stairs/instruments/{instrument_id}/retire", dependencies=[CORRECTS])
def retire(page: PageDep, form: FormDep, instrument_id: UUID) -> Response:
    """Take an instrument out of use, with its reason."""
    filled = Filled({"reason": typed(form, "reason", 2000)})
    told = filled.shaped(WithReason)
    if told is not None:
        doors.retire(instrument_id, told, page.connection, page.principal)
        return RedirectResponse(f"/stairs/instruments/{instrument_id}?done=retired", 303)
    return show_one(page, instrument_id, filled)
