"""The register of instruments. Grain: one instrument; the dates with it are a copy of its newest certificate."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from domain.kernel.errors import Conflict, NotFound

COLUMNS = (
    "i.id, i.building_id, i.serial_number, i.manufacturer, i.model, i.instrument_type, i.calibration_frequency_months,"
    " i.calibration_standard, i.calibration_cert_id, i.calibration_date, i.calibration_expiry, i.accuracy, i.range_min,"
    " i.range_max, i.unit, i.retired_at, i.created_at, i.updated_at"
)
HERE = "i.tenant_id = current_setting('app.tenant')"
OF_BUILDING = "instruments_tenant_id_building_id_fkey"
ONE_OF_A_KIND = "instruments_tenant_id_manufacturer_serial_number_key"


def insert(connection: Connection, told: Mapping[str, Any]) -> UUID:
    """Write an instrument; answer its id.

    Raises:
        Conflict: INSTRUMENT_KNOWN, one of that maker and serial number stands in the register.
        NotFound: the tenant has no such building.
    """
    names = sorted(told)
    with _said_plainly(told):
        made: UUID = connection.execute(
            text(
                f"INSERT INTO instruments ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
                " RETURNING id"
            ),
            dict(told),
        ).scalar_one()
    return made


def change(connection: Connection, instrument_id: UUID, told: Mapping[str, Any]) -> None:
    """Set columns of an instrument.

    Raises:
        Conflict: INSTRUMENT_KNOWN.
        NotFound: the tenant has no such building.
    """
    listed = ", ".join(f"{name} = :{name}" for name in sorted(told))
    with _said_plainly(told):
        connection.execute(
            text(f"UPDATE instruments SET {listed} WHERE tenant_id = current_setting('app.tenant') AND id = :own_id"),
            {**told, "own_id": instrument_id},
        )


@contextmanager
def _said_plainly(told: Mapping[str, Any]) -> Iterator[None]:
    """What the database refuses, said for whoever sent it."""
    try:
        yield
    except IntegrityError as error:
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", "")
        if name == OF_BUILDING:
            raise NotFound(
                f"There is no building {told['building_id']}.", hint="GET /api/v1/buildings lists them."
            ) from error
        if name != ONE_OF_A_KIND:
            raise
        raise Conflict(
            "An instrument of this maker with this serial number is in the register; nothing was changed.",
            hint="Look for it: GET /api/v1/instruments?serial_number=...",
            code="INSTRUMENT_KNOWN",
        ) from error


def load(connection: Connection, instrument_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """One instrument; with `lock` nobody else changes it until the transaction ends, and results still name it.

    Raises:
        NotFound: the tenant has no such instrument.
    """
    row = connection.execute(
        text(
            f"SELECT {COLUMNS} FROM instruments AS i WHERE {HERE} AND i.id = :id{' FOR NO KEY UPDATE' if lock else ''}"
        ),
        {"id": instrument_id},
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no instrument {instrument_id}.", hint="GET /api/v1/instruments lists them.")
    return dict(row._mapping)


def listed(
    connection: Connection,
    limit: int,
    *,
    instrument_type: str | None = None,
    building_id: UUID | None = None,
    serial_number: str | None = None,
    ends_before: date | None = None,
    is_retired: bool = False,
    after: Sequence[Any] | None = None,
) -> list[dict[str, Any]]:
    """Instruments by serial number, then id.

    Args:
        connection: bound to the tenant.
        limit: at most so many.
        instrument_type: of this type alone.
        building_id: of this building, or of none: those that go everywhere.
        serial_number: with exactly this one.
        ends_before: whose newest certificate ends on this day or before, or that never had one.
        is_retired: those that were taken out of use, instead of those in use.
        after: serial number and id of the last one of the page before.
    """
    asked = {"type": instrument_type, "building": building_id, "serial": serial_number, "ends": ends_before}
    beyond = (None, None) if after is None else tuple(after)
    rows = connection.execute(
        text(
            f"SELECT {COLUMNS} FROM instruments AS i WHERE {HERE}"
            " AND (i.retired_at IS NOT NULL) = :is_retired"
            " AND (CAST(:type AS text) IS NULL OR i.instrument_type = :type)"
            " AND (CAST(:building AS uuid) IS NULL OR i.building_id = :building OR i.building_id IS NULL)"
            " AND (CAST(:serial AS text) IS NULL OR i.serial_number = :serial)"
            " AND (CAST(:ends AS date) IS NULL OR i.calibration_expiry IS NULL OR i.calibration_expiry <= :ends)"
            " AND (CAST(:last AS text) IS NULL"
            ' OR (i.serial_number COLLATE "C", i.id) > (:last, CAST(:last_id AS uuid)))'
            ' ORDER BY i.serial_number COLLATE "C", i.id LIMIT :how_many'
        ),
        {**asked, "is_retired": is_retired, "last": beyond[0], "last_id": beyond[1], "how_many": limit},
    )
    return [dict(row._mapping) for row in rows]


def ending(connection: Connection, by: date) -> list[dict[str, Any]]:
    """Instruments in use whose newest certificate ends by a day, or that never had one: those that were never
    calibrated last.
    """
    rows = connection.execute(
        text(
            f"SELECT {COLUMNS}, b.name AS building_name FROM instruments AS i"
            " LEFT JOIN buildings AS b ON b.tenant_id = i.tenant_id AND b.id = i.building_id"
            f" WHERE {HERE} AND i.retired_at IS NULL AND (i.calibration_expiry IS NULL OR i.calibration_expiry <= :by)"
            ' ORDER BY i.calibration_expiry NULLS LAST, i.serial_number COLLATE "C", i.id'
        ),
        {"by": by},
    )
    return [dict(row._mapping) for row in rows]
