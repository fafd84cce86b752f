"""Check what is published: every package is still what was signed, and versions follow one another without a gap.

Each audit measures, says its finding in one sentence, and changes nothing.
"""

import json
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, text

from domain.courses.authoring.store.packages import parsed
from domain.kernel.canonical import canonical_json, sha256_hex
from domain.kernel.finding import Finding

SHOWN = 20
# The newest, so that the cost does not grow with history; `countersign verify package` takes any other.
CHECKED = 200


def hashes_recompute(connection: Connection) -> Finding:
    """The newest 200 packages are canonical, hash to what was signed, and hold together as their schema says."""
    rows = connection.execute(
        text(
            "SELECT p.syllabus_id, p.version, p.content_text, p.content_hash, p.restored_from, c.kind,"
            " c.content_hash AS signed_hash FROM course_packages AS p JOIN countersignatures AS c"
            " ON c.tenant_id = p.tenant_id AND c.countersignature_id = p.countersignature_id"
            " WHERE p.tenant_id = current_setting('app.tenant') ORDER BY p.published_at DESC, p.package_id LIMIT :n"
        ),
        {"n": CHECKED},
    ).all()
    found = [
        {"course": row.syllabus_id, "version": row.version, "fault": fault} for row in rows if (fault := _fault(row))
    ]
    says = (
        f"{len(rows)} packages hash to what was signed."
        if not found
        else f"{len(found)} packages are not what was signed."
    )
    return Finding(not found, says, figures={"packages": len(rows), "different": len(found)}, rows=found[:SHOWN])


def versions_have_no_gaps(connection: Connection) -> Finding:
    """The versions of each course are 1, 2, 3 and so on."""
    rows = connection.execute(
        text(
            "SELECT syllabus_id, count(*) AS versions, min(version) AS first, max(version) AS last FROM course_packages"
            " WHERE tenant_id = current_setting('app.tenant') GROUP BY syllabus_id"
            ' ORDER BY syllabus_id COLLATE "C"'
        )
    ).all()
    found = [
        {"course": row.syllabus_id, "versions": row.versions, "last": row.last}
        for row in rows
        if row.first != 1 or row.last != row.versions
    ]
    says = f"{len(found)} courses have a gap in their versions." if found else f"{len(rows)} courses have no gap."
    return Finding(not found, says, figures={"courses": len(rows), "with_gaps": len(found)}, rows=found[:SHOWN])


def _fault(row: Any) -> str | None:
    try:
        content = json.loads(row.content_text)
        if canonical_json(content).decode() != row.content_text:
            return "the text is not canonical"
        parsed(row.content_text)
    except (ValueError, ValidationError) as error:
        return f"the content does not hold together: {type(error).__name__}"
    if sha256_hex(row.content_text.encode()) != row.content_hash:
        return "the hash is not that of the text"
    # A restoration signs which version comes back; its content is that version's.
    return "another hash was signed" if row.restored_from is None and row.signed_hash != row.content_hash else None
