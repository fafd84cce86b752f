"""Gather what a logbook or a yearly statement tells: the visits, faults and instruments of a building over a period."""

import uuid
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from domain.kernel.errors import Invalid
from domain.stairs.rules import reported
from domain.stairs.rules.due import MONTHS
from domain.stairs.rules.evaluation.times import day_tested
from domain.stairs.rules.report_content import PeriodReport, RoutineLine, SessionReport, VisitLine
from domain.stairs.store import faults, report_facts
from domain.stairs.suggest.session_report import (
    MOST_FAULTS,
    fault_lines,
    register_of,
    session_report,
    verdicts_of,
)

LONGEST_YEARS = 10


def period_report(
    connection: Connection, building_id: uuid.UUID, kind: str, begins_on: date, ends_on: date
) -> PeriodReport:
    """What a logbook or a yearly statement tells of a building over local dates, both included.

    Raises:
        NotFound: no such building.
        Invalid: the period ends before it begins, or is longer than ten years.
    """
    if ends_on < begins_on or (ends_on - begins_on).days > 366 * LONGEST_YEARS:
        raise Invalid(
            "The report was not made: its period ends before it begins, or is longer than ten years.",
            hint="Give begins_on and ends_on as local dates, for example 2026-01-01 and 2026-12-31.",
        )
    building = report_facts.building(connection, building_id)
    told, verdicts, instants = [], [], [datetime(begins_on.year, begins_on.month, begins_on.day, tzinfo=UTC)]
    labels = set()
    for session_id in report_facts.visits(connection, building_id, begins_on, ends_on):
        whole = session_report(connection, session_id)
        told.append(_line(whole))
        labels.add(whole.ruleset)
        instants.append(datetime.fromisoformat(whole.as_of))
        verdicts += list(verdicts_of(connection, session_id).values())
    found = [
        one
        for one in faults.listed(connection, MOST_FAULTS, building_id=building_id)
        if (day := day_tested(one["detected_at"], building.time_zone)) <= ends_on
        and (day >= begins_on or one["status"] == "open")
    ]
    instants += [one["updated_at"] for one in found]
    names = report_facts.people(connection, [one["reviewed_by"] for one in found])
    return PeriodReport.model_validate(
        {
            "kind": kind,
            "tenant_name": report_facts.tenant_name(connection),
            "as_of": max(instants).isoformat(),
            "begins_on": begins_on.isoformat(),
            "ends_on": ends_on.isoformat(),
            "building": building,
            "stairs": report_facts.stairs(connection, building_id),
            "ruleset": labels.pop() if len(labels) == 1 else None,
            "routines": _routines(connection, building_id, told, begins_on, ends_on),
            "visits": told,
            "faults": fault_lines(found, names),
            "instruments": reported.instrument_lines(verdicts, register_of(connection, verdicts)),
        }
    )


def due_visits(frequency: str, begins_on: date, ends_on: date) -> int:
    """How many visits of a routine fall due in a period of whole months."""
    after = date.fromordinal(ends_on.toordinal() + 1)
    months = (after.year - begins_on.year) * 12 + after.month - begins_on.month - (after.day < begins_on.day)
    return months // MONTHS[frequency]


def _routines(
    connection: Connection, building_id: uuid.UUID, visits: list[VisitLine], begins_on: date, ends_on: date
) -> list[RoutineLine]:
    order = list(MONTHS)
    return [
        RoutineLine(
            frequency=frequency,
            due=due_visits(frequency, begins_on, ends_on),
            done=sum(
                one.frequency == frequency and one.status == "approved" and not one.is_amendment for one in visits
            ),
            is_due_verified=verified,
        )
        for frequency, verified in sorted(
            report_facts.routines(connection, building_id), key=lambda pair: order.index(pair[0])
        )
    ]


def _line(whole: SessionReport) -> VisitLine:
    visit, counted_lines = whole.visit, whole.counted
    days = sorted(
        day_tested(datetime.fromisoformat(one.tested_at), whole.building.time_zone).isoformat()
        for one in counted_lines
        if one.tested_at is not None
    )
    return VisitLine(
        session_id=visit.session_id,
        frequency=visit.frequency,
        planned_for=visit.planned_for,
        tested_on=days[0] if days else None,
        status=visit.status,
        is_amendment=visit.supersedes_session_id is not None,
        technicians=visit.technicians,
        approved_by=visit.approved_by,
        approved_at=visit.approved_at,
        tests=len(counted_lines),
        compliant=len(whole.having("compliant")),
        non_compliant=len(whole.having("non_compliant")),
        indeterminate=len(whole.having("indeterminate")),
        skipped=sum(one.status == "skipped" for one in counted_lines),
        content_hash=visit.content_hash,
    )
