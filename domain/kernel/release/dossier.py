"""What a person signs at gates A and C: one migration of one environment, whole, with the hash of every file behind it.

The dossier follows from the code and two revisions alone. A changed byte in a migration, or in a file of `sql/` that it
reads, changes the dossier, and a signature on the former one no longer covers it.
"""

import re
from collections import defaultdict
from typing import Any

from domain.kernel.canonical import content_hash, sha256_hex
from domain.kernel.release.render import (
    file_hashes,
    head_revision,
    notes_of,
    render_rollback,
    render_upgrade,
    verification_queries,
)
from domain.kernel.settings import Env

ACT = re.compile(
    r"^\s*(?P<verb>CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+|UNIQUE\s+|TEMP\s+)*"
    r"(?P<kind>TABLE|INDEX|VIEW|FUNCTION|TRIGGER|POLICY|SCHEMA|ROLE|TYPE|SEQUENCE)\s+"
    r"(?:CONCURRENTLY\s+)?(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?P<name>[\w.\"]+)",
    re.IGNORECASE | re.MULTILINE,
)
ROWS = re.compile(
    r"^\s*(?P<verb>INSERT\s+INTO|UPDATE|DELETE\s+FROM|GRANT|REVOKE)\s+(?P<name>[^\n;]{1,80})", re.I | re.M
)
ROLLBACK_PLAN = (
    "Run `countersign migrate --rollback-to {back}`: it archives every table that the rollback drops, with its SHA-256,"
    " and then runs the rollback SQL of this release. It refuses where countersignatures would be dropped; then the"
    " backup that was taken before this release is restored instead."
)


def dossier(env: Env, start: str | None, end: str | None = None) -> dict[str, Any]:
    """The migration of `env` from `start` (None: an empty database) to `end` (None: the newest), as JSON."""
    goal = end or head_revision()
    upgrade, rollback = render_upgrade(env, start, goal), render_rollback(start, goal)
    return {
        "environment": env.value,
        "from": start or "",
        "to": goal,
        "sql": upgrade.sql,
        "sql_sha256": sha256_hex(upgrade.sql.encode()),
        "rollback": rollback,
        "rollback_sha256": sha256_hex(rollback.encode()),
        "summary": summary_of(upgrade.sql),
        "files": file_hashes(upgrade.sql_files),
    }


def signed_content(
    release: dict[str, Any], notes: str | None = None, rollback_plan: str | None = None
) -> dict[str, Any]:
    """The content of a proposal: the dossier with release notes and rollback plan, in the words given or our own."""
    start = release["from"] or None
    return {
        "release": release,
        "release_notes": (notes or notes_of(start, release["to"])).strip(),
        "rollback_plan": (rollback_plan or ROLLBACK_PLAN.format(back=start or "base")).strip(),
    }


def summary_of(sql: str) -> dict[str, list[str]]:
    """What the SQL makes, changes and drops: names by act, each once, in order of first mention."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for act in ACT.finditer(sql):
        found[f"{act['verb']} {act['kind']}".lower()].setdefault(act["name"].strip('"'))
    for act in ROWS.finditer(sql):
        found[" ".join(act["verb"].split()).lower()].setdefault(" ".join(act["name"].split()))
    return {act: list(names) for act, names in sorted(found.items())}


def checklist(content: dict[str, Any], approved: bool) -> list[dict[str, Any]]:
    """The "Ready for approval" list: what the gate asks for, whether it is there, and what it is."""
    release = content["release"]
    env = release["environment"]
    files = [path for path in release["files"] if path.startswith("migrations/versions/")]
    steps = [
        ("Migration files", bool(files), f"{len(files)}, each with its SHA-256"),
        ("Diff summary", bool(release["summary"]), ", ".join(f"{k} {len(v)}" for k, v in release["summary"].items())),
        ("Rollback steps", bool(release["rollback"]), f"SHA-256 {release['rollback_sha256']}"),
        ("Schema verification queries", True, f"{len(verification_queries())} under sql/verify"),
        ("Release notes", bool(content["release_notes"]), f"{len(content['release_notes'])} characters"),
        ("Rollback plan", bool(content["rollback_plan"]), content["rollback_plan"].split(":")[0]),
        (f"Approve migrations in {env.upper()}", approved, f"by a RELEASE_APPROVER, over {content_hash(content)}"),
    ]
    return [{"step": step, "done": done, "detail": detail} for step, done, detail in steps]
