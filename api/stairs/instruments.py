"""Instruments over HTTP: the register, certificates with their files, and whose calibration ends soon."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.deps import CallerDep, TenantSession, allow, body_limit
from api.paging import By, FieldsDep, Keyset, Paged, PageDep
from api.stairs.access import LOOKS
from api.stairs.instrument_schemas import (
    CertificateRow,
    ChangedInstrument,
    Due,
    Instrument,
    InstrumentRow,
    Kind,
    NewCertificate,
    NewInstrument,
)
from api.stairs.schemas import WithReason
from domain.kernel.clock import FIRST_DAY, LAST_DAY, utc_now
from domain.kernel.objects.chosen import open_store
from domain.kernel.principal import Principal
from domain.kernel.tenancy import load_tenant
from domain.stairs.observe import instruments as entered
from domain.stairs.observe.instrument_verdicts import judge_used
from domain.stairs.rules.instruments import WARN_DAYS, state_of
from domain.stairs.store import certificates, instruments
from domain.stairs.suggest.handing_in import proposed_anew

router = APIRouter(prefix="/instruments")
ENTERS = allow(roles={"TECHNICIAN", "MANAGER", "ADMIN", "TENANT_OWNER"})
CORRECTS = allow(roles={"MANAGER", "REVIEWER", "ADMIN", "TENANT_OWNER"})
ORDER = Keyset("instruments", By("serial_number", str), By("id", UUID))
On = Annotated[
    date | None,
    Query(
        description="The day that is asked about; by default today where the tenant is.",
        examples=["2026-11-23"],
        ge=FIRST_DAY,
        le=LAST_DAY,
    ),
]


@router.get("", dependencies=[LOOKS], response_model=Paged[InstrumentRow], summary="Instruments, by serial number")
def listed(
    connection: TenantSession,
    page: PageDep,
    fields: FieldsDep,
    instrument_type: Kind | None = None,
    building_id: Annotated[UUID | None, Query(description="Of this building, and those of none.")] = None,
    serial_number: Annotated[str | None, Query(max_length=100)] = None,
    is_retired: bool = False,
    on: On = None,
) -> Response | Paged[InstrumentRow]:
    """Those in use, with how their calibration stands."""
    after = ORDER.read(page.cursor) if page.cursor else None
    found = instruments.listed(
        connection,
        page.limit + 1,
        instrument_type=instrument_type,
        building_id=building_id,
        serial_number=serial_number,
        is_retired=is_retired,
        after=after,
    )
    day = _day(connection, on)
    rows = [_told(row, day) for row in found]
    return cast(Paged[InstrumentRow], ORDER.page(InstrumentRow, rows, page, fields))


@router.get("/calibration-due", dependencies=[LOOKS], summary="Whose calibration ends soon, or has ended")
def due(
    connection: TenantSession,
    days: Annotated[int, Query(ge=0, le=366, description="Ends within so many days.")] = WARN_DAYS,
    on: On = None,
) -> Due:
    """Those that ended first, those that were never calibrated last. Ask with `on` the day of a visit before it."""
    day = _day(connection, on)
    rows = [_told(row, day, days) for row in instruments.ending(connection, day + timedelta(days=days))]
    states = [row["calibration_state"] for row in rows]
    counts = {name: states.count(name) for name in ("expired", "due", "never")}
    return Due(on=day, days=days, counts=counts, rows=[InstrumentRow.model_validate(row) for row in rows])


@router.post("", status_code=201, dependencies=[ENTERS], summary="Enter an instrument")
def enter(body: NewInstrument, connection: TenantSession, caller: CallerDep) -> Instrument:
    """Its certificates follow."""
    made = entered.register(connection, caller, body.model_dump(exclude_none=True))
    return _whole(connection, made, _day(connection, None))


@router.get("/{instrument_id}", dependencies=[LOOKS], summary="One instrument with its certificates")
def one(instrument_id: UUID, connection: TenantSession, on: On = None) -> Instrument:
    """Whether a certificate held is told of the day that was asked for."""
    return _whole(connection, instruments.load(connection, instrument_id), _day(connection, on))


@router.patch("/{instrument_id}", dependencies=[ENTERS], summary="Correct what is known of an instrument")
def correct(instrument_id: UUID, body: ChangedInstrument, connection: TenantSession, caller: CallerDep) -> Instrument:
    """What was measured with it and is not approved yet is judged again."""
    told = body.model_dump(exclude_unset=True)
    row = entered.change(connection, caller, instrument_id, told)
    _judge_again(connection, instrument_id)
    return _whole(connection, row, _day(connection, None))


@router.post("/{instrument_id}/retire", dependencies=[CORRECTS], summary="Take an instrument out of use")
def retire(instrument_id: UUID, body: WithReason, connection: TenantSession, caller: CallerDep) -> Instrument:
    """It stays in the register, and what was measured with it stays."""
    row = entered.retire(connection, caller, instrument_id, body.reason, utc_now())
    return _whole(connection, row, _day(connection, None))


@router.get("/{instrument_id}/certificates", dependencies=[LOOKS], summary="An instrument's certificates")
def list_certificates(instrument_id: UUID, connection: TenantSession, on: On = None) -> dict[str, Any]:
    """The newest calibration first, withdrawn ones among them."""
    whole = _whole(connection, instruments.load(connection, instrument_id), _day(connection, on))
    rows = whole.certificates
    return {"status": "ok", "counts": {"rows": len(rows)}, "rows": rows, "next_cursor": None}


@router.post("/{instrument_id}/certificates", status_code=201, dependencies=[ENTERS], summary="Enter a certificate")
def certify(instrument_id: UUID, body: NewCertificate, connection: TenantSession, caller: CallerDep) -> CertificateRow:
    """It counts from its own dates: what was measured on days that it covers and is not approved is judged again."""
    row = entered.certify(connection, caller, instrument_id, body.model_dump(exclude_none=True))
    _judge_again(connection, instrument_id)
    return _certificate(row, _day(connection, None))


@router.put(
    "/{instrument_id}/certificates/{cert_id}/file",
    dependencies=[ENTERS, body_limit(entered.LARGEST_PDF_BYTES)],
    summary="Keep the laboratory's PDF",
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {"schema": {"format": "binary"}}}}},
)
async def keep_file(
    instrument_id: UUID, cert_id: UUID, request: Request, connection: TenantSession, caller: CallerDep
) -> CertificateRow:
    """The bytes themselves, up to 16 MiB; the same bytes again change nothing."""
    data = await request.body()
    # In a thread: whoever holds the rows commits through the loop that would wait here.
    return await run_in_threadpool(_kept, connection, caller, instrument_id, cert_id, data)


def _kept(connection: Any, caller: Principal, instrument_id: UUID, cert_id: UUID, data: bytes) -> CertificateRow:
    row = entered.keep_pdf(connection, open_store(), caller, instrument_id, cert_id, data)
    return _certificate(row, _day(connection, None))


@router.post(
    "/{instrument_id}/certificates/{cert_id}/withdraw",
    dependencies=[CORRECTS],
    summary="Say that a certificate was entered wrongly",
)
def withdraw(
    instrument_id: UUID, cert_id: UUID, body: WithReason, connection: TenantSession, caller: CallerDep
) -> CertificateRow:
    """From then on it proves nothing: what is not approved yet is judged again without it."""
    row = entered.withdraw(connection, caller, instrument_id, cert_id, body.reason, utc_now())
    _judge_again(connection, instrument_id)
    return _certificate(row, _day(connection, None))


def _judge_again(connection: Any, instrument_id: UUID) -> None:
    for session_id in judge_used(connection, instrument_id, utc_now()):
        proposed_anew(connection, session_id)


def _day(connection: Any, on: date | None) -> date:
    return utc_now().astimezone(load_tenant(connection).zone).date() if on is None else on


def _told(row: Mapping[str, Any], day: date, days: int = WARN_DAYS) -> dict[str, Any]:
    return dict(row) | {"calibration_state": state_of(row["calibration_expiry"], day, days)}


def _whole(connection: Any, row: Mapping[str, Any], day: date) -> Instrument:
    found = [_certificate(one, day) for one in certificates.of_instrument(connection, row["id"])]
    return Instrument.model_validate(_told(row, day) | {"certificates": found})


def _certificate(row: Mapping[str, Any], day: date) -> CertificateRow:
    known = certificates.as_known(row)
    is_valid = row["withdrawn_at"] is None and known.is_valid(day)
    return CertificateRow.model_validate(
        dict(row) | {"is_valid": is_valid, "days_until_expiry": known.days_until_expiry(day)}
    )
