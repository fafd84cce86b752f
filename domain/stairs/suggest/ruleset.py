"""Suggest changes of the ruleset: adopt what is shipped, a rule's new version, a schedule, classes, an override.

Each is laid before a person with where it comes from; nothing is judged by it until it is signed.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.principal import Principal
from domain.kernel.proposals import Proposal, Subject, propose
from domain.stairs.rules.decimal_text import plain_number
from domain.stairs.rules.gates import RULESET
from domain.stairs.rules.ruleset import (
    LABEL,
    SHIPPED_CLASSES,
    SHIPPED_RULES,
    ClassRow,
    RuleRow,
    class_problems,
    overlaps,
    rule_problems,
    superseded,
)
from domain.stairs.rules.schedule import SHIPPED_SCHEDULE, ScheduleRow, schedule_problems
from domain.stairs.rules.schedule_words import class_changes, schedule_changes
from domain.stairs.store import ruleset
from domain.stairs.store.registry import load_registry
from domain.stairs.store.ruleset import StoredRule


@dataclass(frozen=True)
class Override:
    """A relaxed limit of one rule for a building or one of its stairs, by a document and until a date."""

    rule_code: str
    building_id: uuid.UUID
    stair_id: uuid.UUID | None
    min_threshold: Decimal | None
    max_threshold: Decimal | None
    document_reference: str
    scope: str
    valid_from: date
    expires_on: date


def adopt_shipped(connection: Connection, caller: Principal) -> Proposal | None:
    """Propose what is shipped and does not stand yet; None where all of it does, as it is or as it was changed."""
    rules, schedule, classes = _standing(connection)
    codes = {one.rule.rule_code for one in rules}
    named = {(one.defect_classification, one.jurisdiction) for one in classes}
    new_rules = [one.row() for one in SHIPPED_RULES if one.rule_code not in codes]
    new_schedule = [] if schedule else [one.row() for one in SHIPPED_SCHEDULE]
    new_classes = [one.row() for one in SHIPPED_CLASSES if (one.defect_classification, one.jurisdiction) not in named]
    if not (new_rules or new_schedule or new_classes):
        return None
    content = {"act": "adopt", "label": LABEL, "rules": new_rules, "schedule": new_schedule, "classes": new_classes}
    return _propose(connection, caller, Subject("ruleset", "shipped"), content, f"Adopt the shipped ruleset {LABEL}")


def propose_rule(connection: Connection, caller: Principal, rule: RuleRow) -> Proposal:
    """Propose a rule, or a version that supersedes the newest one from its date on.

    Raises:
        Invalid: BAD_RULE; NOT_LATER, it does not begin after the version that it follows.
        Conflict: VERSION_TAKEN.
    """
    problems = rule_problems(rule)
    if problems:
        raise _bad("BAD_RULE", "The row is no rule", problems)
    versions = _of_code(connection, rule.rule_code)
    if any(one.rule.version == rule.version for one in versions):
        raise Conflict(
            f"{rule.rule_code} has a version {rule.version} already; nothing was proposed.",
            hint="Give the new one another name: what was signed is not changed.",
            code="VERSION_TAKEN",
            errors=[{"field": "version", "message": "is the name of another version"}],
        )
    former = [one for one in versions if one.rule.active and one.rule.superseded_date is None]
    ended = [superseded(one.rule, rule) for one in former]
    others = [one.rule for one in versions if one not in former]
    if overlaps([*others, *ended, rule]):
        raise Invalid(
            f"Two versions of {rule.rule_code} would be in force on one date; nothing was proposed.",
            hint="Let it begin when the newest version is over.",
            code="NOT_LATER",
            errors=[{"field": "effective_date", "message": "is a day on which another version holds"}],
        )
    content = {
        "act": "rule",
        "rule": rule.row(),
        "supersedes": [_named(one) | {"superseded_date": str(rule.effective_date)} for one in former],
        "base_hash": _hash_of(versions),
    }
    what = f"from {rule.effective_date} {_limits(rule)}"
    return _propose(
        connection, caller, Subject("rule", rule.rule_code), content, f"Let {rule.rule_code} {rule.version} hold {what}"
    )


def propose_withdrawal(connection: Connection, caller: Principal, rule_id: uuid.UUID, reason: str) -> Proposal:
    """Propose that a version never held: it was wrong from the start. To end one, propose its next version.

    Raises:
        NotFound: the tenant has no such rule.
        Conflict: WITHDRAWN already.
    """
    found = [one for one in ruleset.load_rules(connection) if one.rule_id == rule_id]
    if not found:
        raise NotFound(f"There is no rule {rule_id}.", hint="GET /api/v1/rules lists them.")
    rule = found[0].rule
    if not rule.active:
        raise Conflict(f"{rule.rule_code} {rule.version} is withdrawn already.", code="WITHDRAWN")
    content = {
        "act": "withdraw",
        "rule": _named(found[0]),
        "reason": reason,
        "base_hash": _hash_of(_of_code(connection, rule.rule_code)),
    }
    summary = f"Withdraw {rule.rule_code} {rule.version} as wrong from the start"
    return _propose(connection, caller, Subject("rule", rule.rule_code), content, summary, severity=2)


def propose_schedule(connection: Connection, caller: Principal, rows: Sequence[ScheduleRow]) -> Proposal | None:
    """Propose another schedule in the place of the one in force; None where it is the same.

    Raises:
        Invalid: BAD_SCHEDULE, with everything that is wrong.
    """
    problems = schedule_problems(rows)
    if problems or not rows:
        raise _bad("BAD_SCHEDULE", "The rows are no schedule", [("rows", one) for one in problems or ["is empty"]])
    before = ruleset.load_schedule(connection)
    standing = [one.row() for one in before]
    ordered = sorted(
        (one.row() for one in rows), key=lambda row: (row["archetype_id"], row["frequency"], row["dimension"])
    )
    if ordered == standing:
        return None
    content = {"act": "schedule", "schedule": ordered, "base_hash": content_hash(standing)}
    changes = schedule_changes(before, rows)
    summary = f"Change the schedule in {len(changes)} place{'s' if len(changes) != 1 else ''}"
    return _propose(connection, caller, Subject("schedule", "all"), content, summary, changes=changes)


def propose_classes(connection: Connection, caller: Principal, rows: Sequence[ClassRow]) -> Proposal | None:
    """Propose rows of the class map, each for a class and a jurisdiction; None where all stand so.

    Raises:
        Invalid: BAD_CLASSES.
    """
    problems = [one for row in rows for one in class_problems(row)]
    keys = [(row.defect_classification, row.jurisdiction) for row in rows]
    if len(set(keys)) != len(keys):
        problems.append(("rows", "names a class of a jurisdiction twice"))
    if problems or not rows:
        raise _bad("BAD_CLASSES", "The rows are no class map", problems or [("rows", "is empty")])
    before = ruleset.load_classes(connection)
    standing = [one.row() for one in before]
    changed = [one.row() for one in rows if one.row() not in standing]
    if not changed:
        return None
    changed.sort(key=lambda row: (row["defect_classification"], row["jurisdiction"]))
    content = {"act": "classes", "classes": changed, "base_hash": content_hash(standing)}
    summary = f"Map {len(changed)} defect class{'es' if len(changed) != 1 else ''} anew"
    changes = class_changes(before, [one for one in rows if one.row() in changed])
    return _propose(connection, caller, Subject("defect_class_map", "all"), content, summary, changes=changes)


def propose_override(connection: Connection, caller: Principal, override: Override) -> Proposal:
    """Propose a relaxed limit, by a performance solution with its document and its end.

    Raises:
        NotFound: the tenant has no such building.
        Invalid: BAD_OVERRIDE.
    """
    registry = load_registry(connection, override.building_id)
    codes = {one.rule.rule_code for one in ruleset.load_rules(connection)}
    problems = []
    if override.rule_code not in codes:
        problems.append(("rule_code", "is no rule that stands"))
    if override.stair_id is not None and override.stair_id not in {one.stair_id for one in registry.stairs}:
        problems.append(("stair_id", "is no stair of the building"))
    if override.min_threshold is None and override.max_threshold is None:
        problems.append(("min_threshold", "is needed, or the upper limit is"))
    if override.expires_on <= override.valid_from:
        problems.append(("expires_on", "is not after the first day"))
    if problems:
        raise _bad("BAD_OVERRIDE", "The row is no override", problems)
    row = {name: _plain(value) for name, value in vars(override).items()}
    content = {"act": "override", "override": row, "building": registry.building.name}
    subject = Subject("rule_override", f"{override.building_id}:{override.rule_code}:{override.stair_id or 'all'}")
    summary = f"Relax {override.rule_code} at {registry.building.name} until {override.expires_on}"
    return _propose(connection, caller, subject, content, summary, severity=2)


def _standing(connection: Connection) -> tuple[list[StoredRule], list[ScheduleRow], list[ClassRow]]:
    return ruleset.load_rules(connection), ruleset.load_schedule(connection), ruleset.load_classes(connection)


def _of_code(connection: Connection, rule_code: str) -> list[StoredRule]:
    return [one for one in ruleset.load_rules(connection) if one.rule.rule_code == rule_code]


def _hash_of(versions: Sequence[StoredRule]) -> str:
    return content_hash([one.rule.row() for one in versions])


def _named(one: StoredRule) -> dict[str, str]:
    return {"rule_id": str(one.rule_id), "rule_code": one.rule.rule_code, "version": one.rule.version}


def _limits(rule: RuleRow) -> str:
    low, high = rule.min_threshold, rule.max_threshold
    told = [f"at least {plain_number(low)}"] if low is not None else []
    told += [f"at most {plain_number(high)}"] if high is not None else []
    return f"({' and '.join(told)} {rule.unit})" if told else "(no numeric limit)"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain_number(value)
    return str(value) if isinstance(value, uuid.UUID | date) else value


def _bad(code: str, what: str, problems: Sequence[tuple[str, str]]) -> Invalid:
    errors = [{"field": field, "message": message} for field, message in problems]
    return Invalid(f"{what}; nothing was proposed.", hint="Correct what `errors` names.", code=code, errors=errors)


def _propose(
    connection: Connection,
    caller: Principal,
    subject: Subject,
    content: dict[str, Any],
    summary: str,
    severity: int = 1,
    changes: Sequence[str] = (),
) -> Proposal:
    """`changes`: what the signing would change, a sentence each, where the content alone does not say it."""
    counts: dict[str, Any] = {name: len(content[name]) for name in ("rules", "schedule", "classes") if name in content}
    return propose(
        connection,
        RULESET,
        subject,
        content=content,
        page_url="/stairs/rules",
        summary=summary,
        proposed_by=caller.id,
        actor_role=caller.actor_role,
        authors=(caller.id,),
        evidence={"changes": list(changes)} if changes else counts | {"act": content["act"]},
        severity=severity,
    )
