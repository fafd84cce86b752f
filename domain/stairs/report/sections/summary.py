"""The first part: in plain words what was tested, what failed, and what is to be done by when."""

from domain.kernel.charts.words import number
from domain.kernel.report.blocks import Block, Contents, Heading, PageBreak, Paragraph
from domain.stairs.report.sections.cover import tested_on
from domain.stairs.report.telling import FREQUENCIES, MEASURES, Telling, in_order
from domain.stairs.rules.report_content import SessionReport


def summary(telling: Telling, report: SessionReport) -> list[Block]:
    """What an owner reads in a minute, then the list of parts."""
    return [
        PageBreak(),
        Heading(1, "1 Summary for the owner"),
        Paragraph(_tested(telling, report), "lead"),
        Paragraph(_found(report), "lead"),
        Paragraph(_due(telling, report), "lead"),
        Contents(),
    ]


def _tested(telling: Telling, report: SessionReport) -> str:
    counted = report.counted
    kinds = [name.lower() for kind, name in MEASURES.items() if any(one.measurement_type == kind for one in counted)]
    stairs = sorted({one.stair for one in counted})
    return (
        f"{FREQUENCIES[report.visit.frequency]} of {' and '.join(stairs) or 'no stair'} of {report.building.name},"
        f" {tested_on(telling, report)}: {number(len(counted))} tests of {', '.join(kinds) or 'nothing'}."
    )


def _found(report: SessionReport) -> str:
    failed, open_ends = len(report.having("non_compliant")), len(report.having("indeterminate"))
    passed = len(report.having("compliant"))
    told = f"{number(passed)} comply with the limits of the ruleset"
    told += f", {number(failed)} do not" if failed else ", none fails"
    if open_ends:
        told += f"; {number(open_ends)} cannot be called either way, because proof is missing"
    undone = sum(one.status not in ("completed", "skipped") for one in report.counted)
    skipped = sum(one.status == "skipped" for one in report.counted)
    told += f". {number(skipped)} were skipped with their reasons" if skipped else ""
    return told + (f". {number(undone)} are not carried out yet." if undone else ".")


def _due(telling: Telling, report: SessionReport) -> str:
    standing = in_order(report.standing)
    if not standing:
        return "No fault stands open from this session."
    grave = [one for one in standing if one.severity == "critical"]
    first = min((one.notice_due_at for one in standing if one.notice_due_at), default=None)
    told = f"{_count(len(standing), 'fault stands', 'faults stand')} open"
    told += f", {number(len(grave))} of them critical." if grave else "."
    told += f" First: {standing[0].description}."
    if first is not None:
        told += f" Written notice to the owner is due by {telling.at(first)}."
    return told


def _count(many: int, one: str, several: str) -> str:
    return f"{number(many)} {one if many == 1 else several}"
