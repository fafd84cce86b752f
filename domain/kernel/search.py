"""What has an id: one look among the things of the kernel that a tenant has."""

import uuid

from sqlalchemy import Connection, text

_FIND = text("""
SELECT found.what
FROM (
  SELECT 1 AS place, 'proposal' AS what FROM proposals WHERE proposal_id = :id
  UNION ALL
  SELECT 2, 'countersignature' FROM countersignatures WHERE countersignature_id = :id
  UNION ALL
  SELECT 3, 'artifact' FROM artifacts WHERE artifact_id = :id
  UNION ALL
  SELECT 4, 'event' FROM events WHERE tenant_id = current_setting('app.tenant') AND event_id = :id
  UNION ALL
  (SELECT 5, 'run' FROM events WHERE tenant_id = current_setting('app.tenant') AND run_id = :id LIMIT 1)
) AS found
ORDER BY found.place
LIMIT 1
""")


def what_has(connection: Connection, wanted: uuid.UUID) -> str | None:
    """What the tenant has under that id: proposal, countersignature, artifact, event or run; None where nothing."""
    found: str | None = connection.execute(_FIND, {"id": wanted}).scalar_one_or_none()
    return found
