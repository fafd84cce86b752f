"""What came of something that was noticed, forward to the published version; the way back is the kernel's lineage."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from domain.kernel.sqlfiles import sql_file


@dataclass(frozen=True)
class Came:
    """One thing that followed. Grain: one thing."""

    type: str
    id: str
    label: str
    at: datetime | None
    status: str | None


def came_of(connection: Connection, thing_id: UUID) -> list[Came]:
    """What followed from a signal, an evaluation, a suggestion, a job or an output, nearest first; else nothing."""
    rows = connection.execute(text(sql_file("courses/insight/came_of.sql")), {"id": thing_id})
    return [Came(row.kind, row.id, row.label, row.at, row.status) for row in rows]
