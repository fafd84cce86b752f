"""Calibration certificates: what a laboratory wrote of an instrument. Grain: one certificate; they are never changed,
one that was entered wrongly is withdrawn.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from domain.kernel.errors import Conflict, NotFound
from domain.stairs.rules.instruments import Certificate, newest

COLUMNS = (
    "cert_id, instrument_id, cert_number, calibration_date, expiry_date, calibration_authority, standard,"
    " certificate_file_path, artifact_id, created_at, withdrawn_at, withdrawn_by, withdrawn_reason"
)
HERE = "tenant_id = current_setting('app.tenant')"


def insert(connection: Connection, instrument_id: UUID, told: Mapping[str, Any]) -> UUID:
    """Write a certificate; answer its id.

    Raises:
        Conflict: CERTIFICATE_KNOWN, this laboratory's certificate of that number stands already.
    """
    row = dict(told) | {"instrument_id": instrument_id}
    names = sorted(row)
    try:
        made: UUID = connection.execute(
            text(
                f"INSERT INTO calibration_certificates ({', '.join(names)})"
                f" VALUES ({', '.join(f':{name}' for name in names)}) RETURNING cert_id"
            ),
            row,
        ).scalar_one()
    except IntegrityError as error:
        raise Conflict(
            f"Certificate {told['cert_number']} of {told.get('calibration_authority') or 'an unnamed laboratory'} is"
            " entered already; nothing was changed.",
            hint="Withdraw it first if it was entered wrongly.",
            code="CERTIFICATE_KNOWN",
        ) from error
    return made


def of_instrument(connection: Connection, instrument_id: UUID) -> list[dict[str, Any]]:
    """All of them, the newest calibration first, withdrawn ones among them."""
    rows = connection.execute(
        text(
            f"SELECT {COLUMNS} FROM calibration_certificates WHERE {HERE} AND instrument_id = :id"
            ' ORDER BY calibration_date DESC, expiry_date DESC, cert_number COLLATE "C", cert_id'
        ),
        {"id": instrument_id},
    )
    return [dict(row._mapping) for row in rows]


def load(connection: Connection, instrument_id: UUID, cert_id: UUID) -> dict[str, Any]:
    """One certificate of an instrument.

    Raises:
        NotFound: the instrument has no such certificate.
    """
    row = connection.execute(
        text(
            f"SELECT {COLUMNS} FROM calibration_certificates WHERE {HERE} AND instrument_id = :instrument"
            " AND cert_id = :id FOR UPDATE"
        ),
        {"instrument": instrument_id, "id": cert_id},
    ).one_or_none()
    if row is None:
        raise NotFound(
            f"The instrument has no certificate {cert_id}.",
            hint=f"GET /api/v1/instruments/{instrument_id}/certificates lists them.",
        )
    return dict(row._mapping)


def standing(connection: Connection, instrument_id: UUID) -> list[Certificate]:
    """Those that were not withdrawn, as the rules know them."""
    return [as_known(row) for row in of_instrument(connection, instrument_id) if row["withdrawn_at"] is None]


def as_known(row: Mapping[str, Any]) -> Certificate:
    """A certificate as the rules know it; they are not told of a withdrawal."""
    return Certificate(**{one.name: row[one.name] for one in fields(Certificate)})


def attach(connection: Connection, cert_id: UUID, artifact_id: UUID, store_key: str) -> None:
    """Name the file of a certificate."""
    connection.execute(
        text(
            "UPDATE calibration_certificates SET artifact_id = :artifact, certificate_file_path = :path"
            f" WHERE {HERE} AND cert_id = :id"
        ),
        {"artifact": artifact_id, "path": store_key, "id": cert_id},
    )


def withdraw(connection: Connection, cert_id: UUID, by: UUID | None, at: datetime, reason: str) -> None:
    """Say that a certificate proves nothing, and why."""
    connection.execute(
        text(
            "UPDATE calibration_certificates SET withdrawn_at = :at, withdrawn_by = :by, withdrawn_reason = :reason"
            f" WHERE {HERE} AND cert_id = :id"
        ),
        {"at": at, "by": by, "reason": reason, "id": cert_id},
    )


def copy_newest(connection: Connection, instrument_id: UUID) -> Certificate | None:
    """Bring the copy that stands with the instrument up to date; answer the newest certificate."""
    last = newest(standing(connection, instrument_id))
    dates: dict[str, date | str | None] = {
        "number": last.cert_number if last else None,
        "calibrated": last.calibration_date if last else None,
        "expiry": last.expiry_date if last else None,
        "standard": last.standard if last else None,
    }
    connection.execute(
        text(
            "UPDATE instruments SET calibration_cert_id = :number, calibration_date = :calibrated,"
            " calibration_expiry = :expiry, calibration_standard = coalesce(:standard, calibration_standard)"
            f" WHERE {HERE} AND id = :id"
        ),
        {**dates, "id": instrument_id},
    )
    return last
