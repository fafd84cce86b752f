"""The kernel's own rows that do not stay: ended browser sessions, told lineage, counts of limits.

They are working rows, no records: what happened stands in the ledger. So they are not archived.
"""

from collections.abc import Callable

from sqlalchemy import Connection, text

from domain.kernel.retention.policy import CLASSES, Cutoff, Piece, Prunable
from domain.kernel.tenancy import Tenant

_TRIM = text("SELECT retention_trim(:what, :before, :removes)")


def _pieces(what: str) -> Callable[[Connection, Tenant, Cutoff, int], list[Piece]]:
    def find(connection: Connection, _tenant: Tenant, cutoff: Cutoff, _most: int) -> list[Piece]:
        rows = _trim(connection, what, cutoff, removes=False)
        return [Piece(f"before {cutoff.day}", rows)] if rows else []

    return find


def _remove(what: str) -> Callable[[Connection, Tenant, Piece, Cutoff], int]:
    def remove(connection: Connection, _tenant: Tenant, _piece: Piece, cutoff: Cutoff) -> int:
        return _trim(connection, what, cutoff, removes=True)

    return remove


def _trim(connection: Connection, what: str, cutoff: Cutoff, *, removes: bool) -> int:
    found = connection.execute(_TRIM, {"what": what, "before": cutoff.at, "removes": removes})
    return int(found.scalar_one())


def _working(name: str) -> Prunable:
    kept = CLASSES[name]
    return Prunable(name, kept.says, kept.days, kept.least_days, _pieces(name), _remove(name))


KERNEL_PRUNABLES: dict[str, Prunable] = {
    name: _working(name) for name in ("login_sessions", "lineage_outbox", "rate_limits")
}
