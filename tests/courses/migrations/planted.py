"""One valid row in every table of authoring and packages, as the owner, past every service."""

import hashlib
from typing import Any

import psycopg

from tests.stairs.planted.writing import AT, Row, Rows, insert, key, signed

TEXT = '{"title":"A course"}'
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()
TABLES = (
    "content_items",
    "generation_jobs",
    "generation_answers",
    "content_revisions",
    "content_decisions",
    "course_packages",
    "course_package_retirements",
)


def plant(connection: psycopg.Connection[Any], tenant: str = "T") -> Rows:
    """A tenant with one row in every table; answers the rows as they were written."""
    connection.execute(
        "INSERT INTO tenants (tenant_id, name, timezone) VALUES (%s, %s, 'UTC') ON CONFLICT DO NOTHING",
        (tenant, tenant),
    )
    connection.execute("SELECT set_config('app.tenant', %s, false)", (tenant,))
    countersignature, person = signed(connection, tenant), key(tenant, "signer")
    rows = _rows(tenant, countersignature, person)
    for table in TABLES:
        insert(connection, table, rows[table])
    return rows


def _rows(tenant: str, countersignature: Any, person: Any) -> Rows:
    return _drafted(tenant, person) | _signed(tenant, countersignature, person)


def _drafted(tenant: str, person: Any) -> Rows:
    """What a machine drafted: the course, its job with the answer, its first revision."""
    own: Row = {"tenant_id": tenant}
    job = key(tenant, "job")
    text = {"content_text": TEXT, "content_hash": DIGEST}
    return {
        "content_items": own
        | {
            "item_id": "course",
            "kind": "SYLLABUS",
            "syllabus_id": "course",
            "slot": "syllabus",
            "created_by": str(person),
            "created_at": AT,
        },
        "generation_jobs": own
        | {
            "job_id": job,
            "kind": "SYLLABUS",
            "syllabus_id": "course",
            "syllabus_revision": None,
            "syllabus_hash": None,
            "module_id": None,
            "request": {"seed": 1},
            "request_sha256": DIGEST,
            "status": "COMPLETED",
            "claim_token": key(tenant, "claim"),
            "claimed_at": AT,
            "lease_until": AT,
            "finished_at": AT,
            "made": {"items": 1},
            "error": None,
            "requested_by": str(person),
            "created_at": AT,
        },
        "generation_answers": own
        | {
            "job_id": job,
            "seq": 0,
            "slot": "syllabus",
            "provider": "offline",
            "model": "offline-1",
            "seed": 1,
            "prompt_id": "syllabus-1",
            "prompt_sha256": DIGEST,
            "prompt_text": "Write",
            "raw_answer": TEXT,
            "raw_sha256": DIGEST,
            "made_at": AT,
        },
        "content_revisions": own
        | text
        | {
            "item_id": "course",
            "revision": 1,
            "origin": "GENERATED",
            "based_on": None,
            "warnings": [],
            "syllabus_revision": None,
            "syllabus_hash": None,
            "generation_job_id": job,
            "reason": None,
            "created_by": str(person),
            "created_at": AT,
        },
    }


def _signed(tenant: str, countersignature: Any, person: Any) -> Rows:
    """What a person signed: the decision, the published version, its end."""
    own: Row = {"tenant_id": tenant}
    package = key(tenant, "package")
    text = {"content_text": TEXT, "content_hash": DIGEST}
    return {
        "content_decisions": own
        | {
            "item_id": "course",
            "revision": 1,
            "content_hash": DIGEST,
            "decision": "APPROVED",
            "note": None,
            "decided_by": person,
            "decided_at": AT,
            "countersignature_id": countersignature,
        },
        "course_packages": own
        | text
        | {
            "package_id": package,
            "syllabus_id": "course",
            "version": 1,
            "syllabus_revision": 1,
            "title": "A course",
            "language": "en",
            "level": "beginner",
            "lessons": 1,
            "minutes": 5,
            "size_bytes": len(TEXT),
            "restored_from": None,
            "note": None,
            "published_by": person,
            "published_at": AT,
            "countersignature_id": countersignature,
        },
        "course_package_retirements": own
        | {
            "package_id": package,
            "reason": "Out of date",
            "actor": person,
            "at": AT,
            "countersignature_id": countersignature,
        },
    }
