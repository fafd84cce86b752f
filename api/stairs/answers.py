"""How FireMode answers: rows as JSON, decimals as text so that no digit is lost."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.stairs.rules.progress import Progress
from domain.stairs.store.sessions import Session


def plain(row: Mapping[str, Any], *left_out: str) -> dict[str, Any]:
    """A row without its tenant."""
    return {name: _value(value) for name, value in row.items() if name not in {"tenant_id", *left_out}}


def session_told(session: Session, progress: Progress | None = None) -> dict[str, Any]:
    """A session and how far it is."""
    told = plain(vars(session)) | {"session_id": str(session.id)}
    return told if progress is None else told | {"progress": _progress(progress)}


def _progress(progress: Progress) -> dict[str, Any]:
    """Counts and percentages as JSON numbers."""
    return {name: float(one) if isinstance(one, Decimal) else one for name, one in asdict(progress).items()}


def instance_told(row: Mapping[str, Any]) -> dict[str, Any]:
    """What came of an instance, as the field's documents name it."""
    result = row["validation_result"]
    return {
        "instance_id": str(row["instance_id"]),
        "status": row["status"],
        "verdict": row["verdict"],
        "is_compliant": row["is_compliant"],
        "validation_result": result,
        "review_state": "proposed",
    }


def _value(value: Any) -> Any:
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return [_value(one) for one in value]
    return value
