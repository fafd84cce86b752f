"""By which thresholds machines notice things: the shipped ruleset of a room, or the newest that a person signed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.advice.bounds import changes
from domain.kernel.advice.gates import RULESET
from domain.kernel.advice.shipped import Shipped
from domain.kernel.advice.threshold import ThresholdRules, adopted_rules, rules_of
from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.proposals import Proposal, Subject, propose


def in_force(connection: Connection, room: str) -> dict[str, Any] | None:
    """The content of the newest ruleset that was countersigned for the room; None: the shipped one holds."""
    found: dict[str, Any] | None = connection.execute(
        text("SELECT content FROM advice_rulesets WHERE room = :room ORDER BY adopted_at DESC, version DESC LIMIT 1"),
        {"room": room},
    ).scalar_one_or_none()
    return found


def thresholds_in_force(connection: Connection, room: str, shipped: Shipped, known: Sequence[str]) -> ThresholdRules:
    """The rules of thresholds of a room: as a person signed them, else those that this copy comes with.

    Args:
        connection: bound to the tenant.
        room: whose rules.
        shipped: what the room comes with.
        known: the signal types that this copy knows.
    """
    signed = in_force(connection, room)
    return rules_of(shipped.content, known) if signed is None else adopted_rules(signed, known)


def adopted(connection: Connection, room: str | None = None) -> list[dict[str, Any]]:
    """Every ruleset that was countersigned, the newest first."""
    rows = connection.execute(
        text(
            "SELECT room, version, content, content_hash, adopted_by, adopted_at, countersignature_id"
            " FROM advice_rulesets WHERE CAST(:room AS text) IS NULL OR room = :room"
            " ORDER BY adopted_at DESC, room, version"
        ),
        {"room": room},
    )
    return [dict(row._mapping) for row in rows]


def propose_ruleset(
    connection: Connection, room: str, content: Mapping[str, Any], shipped: Shipped, *, proposed_by: str, role: str
) -> Proposal:
    """Lay another version of the room's ruleset before a person; what is in force stays until it is signed.

    Raises:
        Invalid: RULESET_INVALID, what it says makes no sense; the message names where.
        Conflict: VERSION_TAKEN, the version stands already.
    """
    try:
        shipped.check(content)
    except (ValueError, KeyError, TypeError) as cause:
        said = f"{cause.args[0]} is missing" if isinstance(cause, KeyError) else str(cause).rstrip(".")
        # What is wrong with one rule begins with its type.
        named, _, wrong = said.partition(": ")
        at = [{"field": named, "message": wrong}] if named.isupper() else []
        raise Invalid(f"The ruleset makes no sense: {said}.", hint="", code="RULESET_INVALID", errors=at) from cause
    version = str(content["version"])
    check_free(connection, room, version, shipped.version)
    standing = in_force(connection, room) or dict(shipped.content)
    return propose(
        connection,
        RULESET,
        Subject("advice_ruleset", f"{room}/{version}"),
        content={"room": room, "ruleset": dict(content), "base_hash": content_hash(standing)},
        summary=f"Signal rules {version} for {room}, in place of {standing['version']}",
        proposed_by=proposed_by,
        actor_role=role,
        authors=[proposed_by],
        evidence={"in_place_of": standing["version"], "changes": [f"{one}." for one in changes(standing, content)]},
        severity=1,
        page_url=f"/advice/rules#{room}",
    )


def check_free(connection: Connection, room: str, version: str, shipped: str | None = None) -> None:
    """A version is given once.

    Raises:
        Conflict: VERSION_TAKEN.
    """
    taken = connection.execute(
        text("SELECT 1 FROM advice_rulesets WHERE room = :room AND version = :version"),
        {"room": room, "version": version},
    ).first()
    if taken or version == shipped:
        raise Conflict(
            f"There is a ruleset {version} for {room} already; nothing was proposed.",
            hint="Give the new one a version of its own.",
            code="VERSION_TAKEN",
            errors=[{"field": "version", "message": "is the name of another version"}],
        )
