"""The faults: each with its finding, what to do, its clock, and whether a person stands behind it."""

from domain.kernel.report.blocks import Advice, Block, Col, Facts, Heading, Paragraph
from domain.kernel.report.words import title_case
from domain.stairs.report.telling import Telling, in_order, review
from domain.stairs.rules.report_content import FaultPart

COLUMNS = (
    Col("Fault", 62),
    Col("Severity, class", 22),
    Col("Standing", 28),
    Col("Notice due", 24),
)
MOST_TOLD = 40


def faults(telling: Telling, found: list[FaultPart], heading: str) -> list[Block]:
    """The table of all, then each that stands open."""
    blocks: list[Block] = [Heading(1, heading)]
    if not found:
        return [*blocks, Paragraph("No fault was found.")]
    ordered = in_order(found)
    rows = [_row(telling, one) for one in ordered]
    note = (
        "Classes 1A, 1B, 2 and 3 are the ruleset's own; what a class means in the building's jurisdiction is recorded"
        " beside it, as the class map has it."
    )
    blocks.append(telling.table("Faults, the gravest first", COLUMNS, rows, note=note, most=200))
    for one in [each for each in ordered if each.status == "open" and each.review_state != "dismissed"][:MOST_TOLD]:
        blocks += _told(telling, one)
    return blocks


def _row(telling: Telling, one: FaultPart) -> tuple[str, ...]:
    meaning = f"\n{one.standard_class.replace('_', ' ')}" if one.standard_class else ""
    standing = one.status if one.status != "resolved" else f"resolved {telling.at(one.resolved_at)}"
    return (
        one.description,
        f"{title_case(one.severity)}, {one.defect_classification}{meaning}",
        f"{title_case(standing)};\n{review(one)}",
        telling.at(one.notice_due_at),
    )


def _told(telling: Telling, one: FaultPart) -> list[Block]:
    blocks: list[Block] = [Paragraph(one.description, "bold")]
    if one.action_required:
        blocks.append(Advice(one.action_required))
    rows = [
        ("Found", f"{telling.at(one.detected_at)}, by rule {one.rule_applied} of {one.rule_version}"),
        ("Review", review(one) + (f", {telling.at(one.reviewed_at)}" if one.reviewed_at else "")),
    ]
    if one.review_reason:
        rows.append(("Reason", one.review_reason))
    if one.notice_due_at:
        rows.append(("Notice to the owner", f"in writing by {telling.at(one.notice_due_at)}"))
    return [*blocks, Facts(tuple(rows))]
