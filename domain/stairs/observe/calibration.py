"""Observe: whose calibration ends soon, and tell those who look after it: 30 days before, 7 days before, on the day."""

from datetime import date, timedelta

from sqlalchemy import Connection

from domain.kernel.messages.kinds import MessageKind
from domain.kernel.messages.outbox import tell
from domain.kernel.principal import Role
from domain.stairs.rules.instruments import STAGES, name_of, stage_of, warning
from domain.stairs.store import instruments

TOLD = frozenset({Role.TECHNICIAN, Role.MANAGER})
NEXT = "Have it calibrated and enter the certificate; until then a passing result with it stays indeterminate."


def tell_due(connection: Connection, on: date) -> int:
    """Tell of every instrument that has reached a stage of its warning; answer how many people were told anew.

    The same stage of the same certificate is told once, however often this runs.

    Args:
        connection: bound to the tenant.
        on: the tenant's local day.
    """
    told = 0
    for row in instruments.ending(connection, on + timedelta(days=max(STAGES))):
        expiry = row["calibration_expiry"]
        name = name_of(row["instrument_type"], row["manufacturer"], row["model"], row["serial_number"])
        told += tell(
            connection,
            MessageKind.CALIBRATION_DUE,
            TOLD,
            subject_type="instrument",
            subject_id=f"{row['id']}:{expiry or 'never'}:{stage_of(expiry, on)}",
            title=warning(name, expiry, on),
            body=NEXT,
            path=f"/stairs/instruments/{row['id']}",
        )
    return told
