"""Reports: content as it was exported, its hash, and the files of its editions. Grain: one content."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.errors import Conflict, NotFound


@dataclass(frozen=True)
class StoredReport:
    """One report; `blob_ref` names the files of `draft` and `signed` by format."""

    report_id: uuid.UUID
    building_id: uuid.UUID
    session_id: uuid.UUID | None
    kind: str
    content: dict[str, Any]
    content_hash: str
    blob_ref: dict[str, Any]
    status: str
    requested_by: str
    countersignature_id: uuid.UUID | None
    created_at: datetime

    def checked(self) -> dict[str, Any]:
        """The content, held against its hash.

        Raises:
            Conflict: CONTENT_CHANGED.
        """
        if content_hash(self.content) != self.content_hash:
            raise Conflict(
                f"The content of report {self.report_id} is not what its hash says; no file was made.",
                hint="Somebody changed it behind the platform. Export the report again.",
                code="CONTENT_CHANGED",
            )
        return self.content


_COLUMNS = ", ".join(StoredReport.__dataclass_fields__)


def keep(
    connection: Connection,
    *,
    building_id: uuid.UUID,
    session_id: uuid.UUID | None,
    kind: str,
    content: Mapping[str, Any],
    requested_by: str,
) -> uuid.UUID:
    """Write the content; the same content of the same subject is the same report. Answers its id."""
    digest = content_hash(dict(content))
    own = derived_id("stairs.report", kind, str(building_id), str(session_id), digest)
    connection.execute(
        text(
            "INSERT INTO compliance_reports (report_id, building_id, session_id, kind, content, content_hash,"
            " requested_by) VALUES (:id, :building, :session, :kind, CAST(:content AS jsonb), :hash, :by)"
            " ON CONFLICT (tenant_id, report_id) DO NOTHING"
        ),
        {
            "id": own,
            "building": building_id,
            "session": session_id,
            "kind": kind,
            "content": json.dumps(content),
            "hash": digest,
            "by": requested_by,
        },
    )
    return own


def load(connection: Connection, report_id: uuid.UUID) -> StoredReport:
    """One report.

    Raises:
        NotFound: the tenant has no such report.
    """
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM compliance_reports"
            " WHERE tenant_id = current_setting('app.tenant') AND report_id = :id"
        ),
        {"id": report_id},
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no report {report_id}.", hint="GET /api/v1/reports lists them.")
    return StoredReport(**row._mapping)


def of_content(connection: Connection, digest: str) -> StoredReport:
    """The report with this content hash, which a proposal names.

    Raises:
        NotFound: the tenant has no such report.
    """
    found: uuid.UUID | None = connection.execute(
        text(
            "SELECT report_id FROM compliance_reports WHERE tenant_id = current_setting('app.tenant')"
            " AND content_hash = :hash ORDER BY created_at, report_id LIMIT 1"
        ),
        {"hash": digest},
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no report with that content.", hint="Export it again.")
    return load(connection, found)


def listed(
    connection: Connection,
    limit: int,
    *,
    building_id: uuid.UUID | None = None,
    session_id: uuid.UUID | None = None,
    kind: str | None = None,
    before: tuple[datetime, uuid.UUID] | None = None,
) -> list[dict[str, Any]]:
    """Reports without their content, the newest first, at most `limit`. Grain: report.

    `before` holds `created_at` and id of the row behind which the page begins; the other arguments narrow the list.
    """
    at, own = before or (None, None)
    rows = connection.execute(
        text(
            "SELECT report_id, building_id, session_id, kind, content_hash, status, requested_by, countersignature_id,"
            " blob_ref, created_at FROM compliance_reports WHERE tenant_id = current_setting('app.tenant')"
            " AND (CAST(:building AS uuid) IS NULL OR building_id = :building)"
            " AND (CAST(:session AS uuid) IS NULL OR session_id = :session)"
            " AND (CAST(:kind AS text) IS NULL OR kind = :kind)"
            " AND (CAST(:at AS timestamptz) IS NULL OR (created_at, report_id) < (CAST(:at AS timestamptz),"
            "   CAST(:own AS uuid)))"
            " ORDER BY created_at DESC, report_id DESC LIMIT :n"
        ),
        {"building": building_id, "session": session_id, "kind": kind, "at": at, "own": own, "n": limit},
    )
    return [dict(row._mapping) for row in rows]


def refer(
    connection: Connection,
    report_id: uuid.UUID,
    edition: str,
    told: Mapping[str, Any],
    countersignature_id: uuid.UUID | None = None,
) -> None:
    """Note the files of an edition; with a countersignature the report is signed."""
    signed = ", status = 'SIGNED', countersignature_id = :signature" if countersignature_id is not None else ""
    connection.execute(
        text(
            "UPDATE compliance_reports SET blob_ref = blob_ref || jsonb_build_object(CAST(:edition AS text),"
            f" CAST(:told AS jsonb)){signed} WHERE tenant_id = current_setting('app.tenant') AND report_id = :id"
        ),
        {"edition": edition, "told": json.dumps(told), "id": report_id, "signature": countersignature_id},
    )


def hands(connection: Connection, session_id: uuid.UUID) -> list[str]:
    """Ids of who tested or handed in a session: they do not sign its report."""
    rows = connection.execute(
        text(
            "SELECT technician_id::text AS own FROM test_instances WHERE tenant_id = current_setting('app.tenant')"
            " AND session_id = :id AND technician_id IS NOT NULL"
            " UNION SELECT submitted_by::text FROM test_sessions WHERE tenant_id = current_setting('app.tenant')"
            " AND id = :id AND submitted_by IS NOT NULL ORDER BY own"
        ),
        {"id": session_id},
    )
    return [row.own for row in rows]
