"""Put signed rows of the ruleset in force, in the signing transaction. What was judged before stays as it was."""

import uuid
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature
from domain.stairs.rules.ruleset import ClassRow, RuleRow
from domain.stairs.rules.schedule import ScheduleRow
from domain.stairs.store import ruleset

_LIMITS = ("min_threshold", "max_threshold")


def put_in_force(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Write what was signed: adopted rows, a version, a withdrawal, a schedule, classes or an override.

    Raises:
        Conflict: STALE_RULESET, something else was signed about the same since.
    """
    content = proposal.content
    # Rules hang together by date: one change of the ruleset after the other.
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('ruleset|' || current_setting('app.tenant'), 0))")
    )
    _ACTS[content["act"]](connection, content, signed.countersignature_id)
    _tell(connection, signed, proposal)


def _adopt(connection: Connection, content: dict[str, Any], signed: uuid.UUID) -> None:
    codes = {one.rule.rule_code for one in ruleset.load_rules(connection, lock=True)}
    named = {(one.defect_classification, one.jurisdiction) for one in ruleset.load_classes(connection)}
    classes = [ClassRow(**row) for row in content["classes"]]
    is_stale = any(row["rule_code"] in codes for row in content["rules"])
    is_stale |= bool(content["schedule"] and ruleset.load_schedule(connection))
    is_stale |= any((one.defect_classification, one.jurisdiction) in named for one in classes)
    if is_stale:
        raise _stale()
    ruleset.add_rules(connection, [_rule(row) for row in content["rules"]], signed)
    if content["schedule"]:
        ruleset.replace_schedule(connection, [ScheduleRow(**row) for row in content["schedule"]], signed)
    ruleset.put_classes(connection, classes, signed)


def _new_version(connection: Connection, content: dict[str, Any], signed: uuid.UUID) -> None:
    rule = _rule(content["rule"])
    _check_versions(connection, rule.rule_code, content["base_hash"])
    for former in content["supersedes"]:
        ends = date.fromisoformat(former["superseded_date"])
        ruleset.end_rule(connection, uuid.UUID(former["rule_id"]), ends, active=True, signed=signed)
    ruleset.add_rules(connection, [rule], signed)


def _withdraw(connection: Connection, content: dict[str, Any], signed: uuid.UUID) -> None:
    named = content["rule"]
    versions = _check_versions(connection, named["rule_code"], content["base_hash"])
    for one in versions:
        if str(one.rule_id) == named["rule_id"]:
            ruleset.end_rule(connection, one.rule_id, one.rule.superseded_date, active=False, signed=signed)


def _schedule(connection: Connection, content: dict[str, Any], signed: uuid.UUID) -> None:
    if content_hash([one.row() for one in ruleset.load_schedule(connection)]) != content["base_hash"]:
        raise _stale()
    ruleset.replace_schedule(connection, [ScheduleRow(**row) for row in content["schedule"]], signed)


def _classes(connection: Connection, content: dict[str, Any], signed: uuid.UUID) -> None:
    if content_hash([one.row() for one in ruleset.load_classes(connection)]) != content["base_hash"]:
        raise _stale()
    ruleset.put_classes(connection, [ClassRow(**row) for row in content["classes"]], signed)


def _override(connection: Connection, content: dict[str, Any], signed: uuid.UUID) -> None:
    row = content["override"]
    typed: dict[str, Any] = {name: None if row[name] is None else Decimal(row[name]) for name in _LIMITS}
    typed |= {name: date.fromisoformat(row[name]) for name in ("valid_from", "expires_on")}
    ruleset.add_override(connection, {**row, **typed}, signed)


_ACTS: dict[str, Callable[[Connection, dict[str, Any], uuid.UUID], None]] = {
    "adopt": _adopt,
    "rule": _new_version,
    "withdraw": _withdraw,
    "schedule": _schedule,
    "classes": _classes,
    "override": _override,
}


def _check_versions(connection: Connection, rule_code: str, base: str) -> list[ruleset.StoredRule]:
    versions = [one for one in ruleset.load_rules(connection, lock=True) if one.rule.rule_code == rule_code]
    if content_hash([one.rule.row() for one in versions]) != base:
        raise _stale()
    return versions


def _stale() -> Conflict:
    return Conflict(
        "Something else was put in force since it was proposed; nothing was changed.",
        hint="Look at what stands now and propose it anew.",
        code="STALE_RULESET",
    )


def _rule(row: dict[str, Any]) -> RuleRow:
    typed = {name: None if row[name] is None else Decimal(row[name]) for name in _LIMITS}
    dates = {
        name: None if row[name] is None else date.fromisoformat(row[name])
        for name in ("effective_date", "superseded_date")
    }
    return RuleRow(**{**row, **typed, **dates})


def _tell(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    record(
        connection,
        "stairs.ruleset.adopted",
        **signed.actor,
        entity_type=f"stairs.{proposal.subject.type}",
        entity_id=proposal.subject.id,
        payload={"countersignature_id": str(signed.countersignature_id), "act": proposal.content["act"]},
    )
    enqueue(connection, ("stairs", "as1851_rules"), metadata={"act": proposal.content["act"]})
