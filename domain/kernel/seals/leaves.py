"""What a leaf says: the RFC 8785 canonical JSON of every column of one row, and the SQL that writes the same bytes.

Every column is text, as PostgreSQL writes it, or null. In particular `payload` is the text of the jsonb value: RFC 8785
knows numbers as doubles only, so 0.1 and 0.1000000000000000000001 would be one, and a larger integer none at all.

The SQL stands here and not in a function of the database: whoever owns the database cannot change what is compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass

INSTANT, BYTES, TEXT = "instant", "bytes", "text"


@dataclass(frozen=True)
class Leafed:
    """One table whose rows are sealed.

    Attributes:
        table: its name.
        key: its primary key, a uuid.
        kind: the column that is shown as the row's type.
        order: what its rows are ordered by within a seal; stable and unique.
        columns: every column, with how it is written.
    """

    table: str
    key: str
    kind: str
    order: str
    columns: Mapping[str, str]


_EVENT_TEXTS = (
    "event_id seq tenant_id event_type actor_id actor_role entity_type entity_id outage_id canon_outage_id"
    " prov_outage_id run_id replay_id request_id ip status payload"
)
_COUNTERSIGNATURE_TEXTS = (
    "countersignature_id proposal_id tenant_id kind subject_type subject_id content_hash decision signer_id signer_role"
    " on_behalf_of delegation_id meaning reason supersedes withdraws key_id"
)
EVENTS = Leafed(
    "events",
    "event_id",
    "event_type",
    "seq",
    dict.fromkeys(_EVENT_TEXTS.split(), TEXT) | dict.fromkeys(("occurred_at", "recorded_at"), INSTANT),
)
COUNTERSIGNATURES = Leafed(
    "countersignatures",
    "countersignature_id",
    "kind",
    "countersignature_id",
    dict.fromkeys(_COUNTERSIGNATURE_TEXTS.split(), TEXT) | {"signed_at": INSTANT, "signature": BYTES},
)
SEALED_TABLES = (EVENTS, COUNTERSIGNATURES)


def canonical_sql(leafed: Leafed, alias: str) -> str:
    """The SQL expression whose value is the leaf as text. The session must speak UTC."""
    parts = []
    for name in sorted([*leafed.columns, "table"]):
        if name == "table":
            parts.append(f'\'"table":"{leafed.table}"\'')
        else:
            parts.append(f"'\"{name}\":' || COALESCE({_as_json(f'{alias}.{name}', leafed.columns[name])}, 'null')")
    return "'{' || " + " || ',' || ".join(parts) + " || '}'"


def _as_json(column: str, written: str) -> str:
    if written == INSTANT:
        # to_json writes ISO 8601 whatever DateStyle says, and a text for infinity and years before Christ.
        return f"to_json({column})::text"
    if written == BYTES:
        return f"to_json(encode({column}, 'hex'))::text"
    return f"to_json({column}::text)::text"


def hash_sql(leafed: Leafed, alias: str) -> str:
    """The SQL expression whose value is the leaf's hash."""
    return f"pg_catalog.sha256('\\x00'::bytea || convert_to({canonical_sql(leafed, alias)}, 'UTF8'))"
