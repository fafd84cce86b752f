"""Looks at things of tests: evaluations, and what is suggested by them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from domain.kernel.advice.model import About, Advice, Evaluation, Severity, Signal, Verdict
from domain.kernel.advice.take import Taken, take_in
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole

DAY = date(2026, 11, 1)
METER = About("grid", "METER_SUSPICION", "meter", "M1")
LESSON = About("courses", "HIGH_DROP_OFF", "lesson", "m01l02", "bread@3")


def look(verdict: str = "OPENS", on: int = 0, about: About = METER, severity: str = "LOW", **more: Any) -> Evaluation:
    """An evaluation of the day that many days after the first."""
    given = {"value": 0.3, "k": 9, "n": 30, "low": 0.1666, "high": 0.4784, "evidence": {"rows": 30}} | more
    return Evaluation(
        about,
        DAY + timedelta(days=on),
        Verdict(verdict),
        "2026-1",
        Severity(severity) if verdict == "OPENS" else None,
        **given,
    )


def one_suggestion(signal: Signal, evaluation: Evaluation) -> Sequence[Advice]:
    """Look at it; with high severity, look twice."""
    opens: Any = None if signal.about.room == "courses" else "work_item"
    target = f"{signal.about.subject_type}:{signal.about.subject_id}"
    first = Advice(
        signal.about.subject_type.upper(),
        "LOOK_AT_IT",
        target,
        signal.severity,
        f"{evaluation.k} of {evaluation.n} at {target}.",
        {"signal_id": str(signal.signal_id), "k": evaluation.k, "value": evaluation.value},
        ("OWN_DROP", "VOLTAGE"),
        opens,
    )
    more = [replace(first, suggestion_type="LOOK_TWICE")] if signal.severity is Severity.HIGH else []
    return [first, *more]


def take(evaluation: Evaluation, tenant: str = "T") -> Taken:
    """Take it in as the machine does."""
    with transaction(tenant, DbRole.MACHINE) as connection:
        return take_in(connection, evaluation, one_suggestion)


def rows(table: str, tenant: str = "T") -> list[Any]:
    """Every row of a table, as the owner sees the tenant's."""
    with transaction(tenant, DbRole.OWNER) as connection:
        return list(connection.execute(text(f"SELECT * FROM {table} WHERE tenant_id = :t"), {"t": tenant}))
