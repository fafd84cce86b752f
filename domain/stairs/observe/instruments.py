"""Observe: what people enter of instruments and of their calibration. Each entry is an event of the ledger."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from domain.kernel.artifacts import keep
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.events import record
from domain.kernel.objects.store import Store
from domain.kernel.principal import Principal
from domain.stairs.rules.instruments import number_of
from domain.stairs.store import certificates, instruments

KIND = "stairs.calibration_certificate"
LARGEST_PDF_BYTES = 16 * 1024 * 1024


def register(connection: Connection, caller: Principal, told: Mapping[str, Any]) -> dict[str, Any]:
    """Enter an instrument.

    Raises:
        Conflict: INSTRUMENT_KNOWN.
        Invalid: its range is upside down.
        NotFound: no such building.
    """
    _check_range(told)
    made = instruments.insert(connection, told)
    _tell(connection, caller, "registered", made, {name: _plain(value) for name, value in sorted(told.items())})
    return instruments.load(connection, made)


def change(connection: Connection, caller: Principal, instrument_id: UUID, told: Mapping[str, Any]) -> dict[str, Any]:
    """Correct what is known of an instrument. Verdicts that were given keep what they were made from.

    Raises:
        NotFound: no such instrument or building.
        Conflict: INSTRUMENT_KNOWN; RETIRED.
        Invalid: its range is upside down.
    """
    before = _in_use(connection, instrument_id)
    _check_range(before | dict(told))
    changed = {name: value for name, value in told.items() if before[name] != value}
    if changed:
        instruments.change(connection, instrument_id, changed)
        payload = {name: [_plain(before[name]), _plain(value)] for name, value in sorted(changed.items())}
        _tell(connection, caller, "changed", instrument_id, payload)
    return instruments.load(connection, instrument_id)


def retire(
    connection: Connection, caller: Principal, instrument_id: UUID, reason: str, now: datetime
) -> dict[str, Any]:
    """Take an instrument out of use; nobody can choose it any more. Again changes nothing.

    Raises:
        NotFound: no such instrument.
    """
    before = instruments.load(connection, instrument_id, lock=True)
    if before["retired_at"] is None:
        instruments.change(connection, instrument_id, {"retired_at": now})
        _tell(connection, caller, "retired", instrument_id, {"reason": reason})
    return instruments.load(connection, instrument_id)


def certify(connection: Connection, caller: Principal, instrument_id: UUID, told: Mapping[str, Any]) -> dict[str, Any]:
    """Enter a certificate. It counts from its own dates, whenever it is entered.

    Raises:
        NotFound: no such instrument.
        Conflict: CERTIFICATE_KNOWN; RETIRED.
        Invalid: it ends before it begins.
    """
    _in_use(connection, instrument_id)
    row = dict(told) | {"cert_number": number_of(told["cert_number"])}
    if row["expiry_date"] <= row["calibration_date"]:
        raise Invalid(
            f"A certificate of {row['calibration_date']} that ends on {row['expiry_date']} never held; nothing was"
            " changed.",
            hint="expiry_date is the first day on which it no longer holds.",
            errors=[{"field": "expiry_date", "message": "is not after calibration_date"}],
        )
    made = certificates.insert(connection, instrument_id, row)
    certificates.copy_newest(connection, instrument_id)
    payload = {"cert_id": str(made), **{name: _plain(value) for name, value in sorted(row.items())}}
    _tell(connection, caller, "certified", instrument_id, payload)
    return certificates.load(connection, instrument_id, made)


def withdraw(
    connection: Connection, caller: Principal, instrument_id: UUID, cert_id: UUID, reason: str, now: datetime
) -> dict[str, Any]:
    """Say that a certificate was entered wrongly: from now on it proves nothing. It stays, with the reason.

    Raises:
        NotFound: no such certificate.
        Conflict: WITHDRAWN, already.
    """
    instruments.load(connection, instrument_id, lock=True)
    before = certificates.load(connection, instrument_id, cert_id)
    if before["withdrawn_at"] is not None:
        raise Conflict("The certificate was withdrawn before; nothing was changed.", code="WITHDRAWN")
    certificates.withdraw(connection, cert_id, UUID(caller.id) if caller.is_person else None, now, reason)
    certificates.copy_newest(connection, instrument_id)
    payload = {"cert_id": str(cert_id), "cert_number": before["cert_number"], "reason": reason}
    _tell(connection, caller, "certificate_withdrawn", instrument_id, payload)
    return certificates.load(connection, instrument_id, cert_id)


def keep_pdf(
    connection: Connection, store: Store, caller: Principal, instrument_id: UUID, cert_id: UUID, data: bytes
) -> dict[str, Any]:
    """Keep the laboratory's PDF as an artifact beside the certificate. The same bytes again change nothing.

    Raises:
        NotFound: no such certificate.
        Invalid: NOT_A_PDF.
        Conflict: FILE_KEPT, another file stands there; WITHDRAWN.
    """
    before = certificates.load(connection, instrument_id, cert_id)
    if before["withdrawn_at"] is not None:
        raise Conflict("The certificate was withdrawn; nothing was kept.", code="WITHDRAWN")
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-2048:]:
        raise Invalid(
            "The bytes are not those of a whole PDF; nothing was kept.",
            hint="Send the bytes of the file itself, not a form.",
            code="NOT_A_PDF",
        )
    made_from = {"cert_id": str(cert_id), "instrument_id": str(instrument_id)}
    kept = keep(
        connection, store, data, kind=KIND, media_type="application/pdf", made_from=made_from, actor_id=caller.id
    )
    if before["artifact_id"] not in (None, kept.artifact_id):
        raise Conflict(
            "Another file stands with this certificate; it is not replaced.",
            hint="Withdraw the certificate and enter it again.",
            code="FILE_KEPT",
        )
    if before["artifact_id"] is None:
        certificates.attach(connection, cert_id, kept.artifact_id, kept.store_key)
        payload = {"cert_id": str(cert_id), "artifact_id": str(kept.artifact_id), "sha256": kept.sha256}
        _tell(connection, caller, "certificate_filed", instrument_id, payload)
    return certificates.load(connection, instrument_id, cert_id)


def _in_use(connection: Connection, instrument_id: UUID) -> dict[str, Any]:
    row = instruments.load(connection, instrument_id, lock=True)
    if row["retired_at"] is not None:
        raise Conflict("The instrument was taken out of use; nothing was changed.", code="RETIRED")
    return row


def _check_range(row: Mapping[str, Any]) -> None:
    low, high = row.get("range_min"), row.get("range_max")
    if low is not None and high is not None and low >= high:
        raise Invalid(
            f"A range from {low} to {high} holds nothing; nothing was changed.",
            errors=[{"field": "range_max", "message": "is not above range_min"}],
        )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | Decimal | date) else value


def _tell(
    connection: Connection, caller: Principal, what: str, instrument_id: UUID, payload: Mapping[str, Any]
) -> None:
    record(
        connection,
        f"stairs.instrument.{what}",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type="instrument",
        entity_id=str(instrument_id),
        payload=dict(payload),
    )
