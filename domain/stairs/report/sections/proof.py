"""What the verdicts rest on: instruments with their certificates, rules, observations, evidence, hashes, acts."""

from collections.abc import Sequence
from typing import Any

from domain.kernel.charts.words import NONE, number
from domain.kernel.report.blocks import Advice, Block, Col, Facts, Heading, PageBreak, Paragraph
from domain.kernel.report.brand import ReportSignature
from domain.kernel.report.words import title_case, utc
from domain.stairs.report.identity import RENDERER_VERSION
from domain.stairs.report.telling import MEASURES, Telling
from domain.stairs.rules.report_content import InstrumentPart, ObservationPart, RulePart, SessionReport

INSTRUMENT_COLUMNS = (
    Col("Instrument", 44),
    Col("Accuracy, range", 34),
    Col("Certificate", 46),
    Col("Tests, days", 34),
    Col("On the day", 24),
)
RULE_COLUMNS = (
    Col("Rule, of ruleset", 34),
    Col("Measure and limits", 40),
    Col("If failed", 22),
    Col("Refers to, as recorded", 50),
    Col("Source", 34),
)
EVIDENCE_COLUMNS = (
    Col("No.", 12, "right"),
    Col("Kind, captured (UTC)", 76),
    Col("SHA-256 of the stored file", 150, is_mono=True, is_small=True),
)
EVALUATION_COLUMNS = (
    Col("No.", 12, "right"),
    Col("Evaluation, engine", 84, is_mono=True, is_small=True),
    Col("SHA-256 of inputs and outputs", 160, is_mono=True, is_small=True),
)
ACT_COLUMNS = (
    Col("Act, by, when (UTC)", 110),
    Col("Meaning and reason", 130),
    Col("Content signed (SHA-256), countersignature", 254, is_mono=True, is_small=True),
)


def instruments(telling: Telling, found: list[InstrumentPart], heading: str) -> list[Block]:
    """Each instrument with the certificate that was valid on the days of its tests, or that none was."""
    blocks: list[Block] = [Heading(1, heading)]
    if not found:
        return [*blocks, Paragraph("No instrument of the register was used.")]
    rows = [_instrument(one) for one in found]
    bad = frozenset(place for place, one in enumerate(found) if not one.is_valid)
    note = "A certificate is valid from its day of calibration until the day before it expires."
    return [*blocks, telling.table("Instruments, on the days of their tests", INSTRUMENT_COLUMNS, rows, bad, note, 100)]


def _instrument(one: InstrumentPart) -> tuple[str, ...]:
    days = one.first_on if one.first_on == one.last_on else f"{one.first_on} to {one.last_on}"
    name = title_case(one.instrument_type or "instrument")
    certificate = (
        f"{one.certificate}, {one.authority or 'laboratory not recorded'}\n{one.calibrated_on} to {one.expires_on}"
        if one.certificate
        else "none for these days"
    )
    return (
        f"{name} {one.serial_number or one.instrument_id[:8]}\n{one.maker or ''}".strip(),
        f"{one.accuracy or 'accuracy not recorded'}\n{one.reading_range or 'range not recorded'}",
        certificate,
        f"{number(one.tests)}\n{days}",
        "valid" if one.is_valid else "NOT VALID",
    )


def rules(telling: Telling, found: list[RulePart], heading: str) -> list[Block]:
    """The limits with the ruleset that they are of, and apart from it what the ruleset says it refers to."""
    blocks: list[Block] = [
        Heading(1, heading),
        Paragraph(
            "Limits are those of the ruleset that a competent person countersigned, in force on the date of each test."
            " The column on references repeats what the ruleset records; where the source is not marked as verified,"
            " nobody has checked it against the standard's own text, and this report does not state that the standard"
            " says so."
        ),
    ]
    if not found:
        return [*blocks, Paragraph("No verdict rests on a rule.")]
    return [*blocks, telling.table("Rules that verdicts rest on", RULE_COLUMNS, [_rule(one) for one in found])]


def _rule(one: RulePart) -> tuple[str, ...]:
    unit = f" {one.unit}" if one.unit else ""
    low = "" if one.minimum is None else f"at least {one.minimum}{unit}"
    high = "" if one.maximum is None else f"at most {one.maximum}{unit}"
    told = ", ".join(part for part in (low, high) if part) or "as designed"
    state = "verified" if one.verified else "source not verified"
    return (
        f"{one.rule_code}\n{one.version}, since {one.effective_date}",
        f"{MEASURES[one.measurement_type]}\n{told}",
        f"{title_case(one.severity)}, {one.defect_classification}",
        one.reference_standard or NONE,
        f"{one.source}\n({state})" if one.source else state,
    )


CEILING = "DOOR_CEILING"
CEILING_COLUMNS = (
    Col("Door", 60),
    Col("Floor", 40),
    Col("Force without pressure, N", 40, "right"),
    Col("Limit of force is reached at, Pa", 44, "right"),
)


def observations(telling: Telling, report: SessionReport, heading: str) -> list[Block]:
    """What models and the engine noticed; none of it set a verdict."""
    blocks: list[Block] = [
        Heading(1, heading),
        Paragraph("Noticed by models of the stair and of its years. None of it set a verdict; a person judges it."),
    ]
    told = [
        f"{one.stair}: {one.text}" if one.stair and one.stair not in one.text else one.text
        for one in report.observations
        if one.code != CEILING
    ]
    noticed = [
        f"{one.identifier}: {note.text}"
        for one in report.counted
        for note in one.observations
        if note.code != "MARGINAL"
    ]
    heavy = ceilings(report.observations)
    if not told and not noticed and not heavy:
        return [*blocks, Paragraph("Nothing was noticed.")]
    blocks += [Advice(text) for text in told[:20]]
    blocks += [Advice(text, "Noticed") for text in noticed[:20]]
    blocks += _ceilings(telling, heavy)
    left = max(len(told) - 20, 0) + max(len(noticed) - 20, 0)
    return [*blocks, Paragraph(f"{number(left)} more stand in the report's JSON.", "note")] if left else blocks


def ceilings(found: Sequence[ObservationPart]) -> list[dict[str, Any]]:
    """At which pressure each door becomes too heavy, the lowest first: often below the limit of the pressure itself."""
    own = [one.data for one in found if one.code == CEILING]
    return sorted(own, key=lambda row: (row["ceiling_pa"], row["door_identifier"]))


def _ceilings(telling: Telling, rows: list[dict[str, Any]]) -> list[Block]:
    if not rows:
        return []
    cells = [
        (row["door_identifier"], row["floor_level"], number(row["closer_n"], 1), number(row["ceiling_pa"], 1))
        for row in rows
    ]
    return [telling.table("Pressure at which each door reaches its force limit", CEILING_COLUMNS, cells, most=500)]


def evidence(telling: Telling, report: SessionReport, heading: str) -> list[Block]:
    """Each file with the hash that the server took of its bytes."""
    places = {one.instance_id: one.sequence_order for one in report.instances}
    files = sorted(report.evidence, key=lambda one: (places.get(one.instance_id, 0), one.captured_at, one.evidence_id))
    blocks: list[Block] = [Heading(1, heading)]
    if not report.evidence:
        return [*blocks, Paragraph("No file was captured.")]
    rows = [
        (
            str(places.get(one.instance_id, NONE)),
            f"{title_case(one.evidence_type)}, {utc(one.captured_at)}",
            one.sha256 if one.sha256 and one.is_verified else f"{one.sha256 or 'bytes not received'}\nNOT VERIFIED",
        )
        for one in files
    ]
    note = "The number is that of the test in the table of every test."
    return [*blocks, telling.table("Files, hashed by the server", EVIDENCE_COLUMNS, rows, note=note, most=2_000)]


def provenance(telling: Telling, report: SessionReport, heading: str) -> list[Block]:
    """The hashes by which everything can be checked and replayed, and the acts of people."""
    visit = report.visit
    facts = (
        ("Session", visit.session_id),
        ("Session's content, SHA-256", visit.content_hash or "not approved"),
        ("Its countersignature", visit.countersignature_id or NONE),
        ("Content of this report, SHA-256", telling.content),
        ("As of", utc(report.as_of)),
        ("Renderer and form", f"{RENDERER_VERSION}, {report.form}"),
    )
    blocks: list[Block] = [Heading(1, heading), Facts(facts, is_mono=True)]
    acts = [
        (
            f"{title_case(one.act.replace('.', ' '))}\n{one.by}, {title_case(one.role.lower())}\n{utc(one.at)}",
            one.meaning + (f"\n{one.reason}" if one.reason else ""),
            f"{one.content_hash}\n{one.countersignature_id}",
        )
        for one in report.acts
    ]
    if acts:
        blocks.append(telling.table("Acts of people, with what they signed", ACT_COLUMNS, acts, most=200))
    rows = [
        (
            str(one.sequence_order),
            f"{one.evaluation.evaluation_id}\n{one.evaluation.engine_version}",
            f"inputs  {one.evaluation.inputs_sha256}\noutputs {one.evaluation.outputs_sha256}",
        )
        for one in report.instances
        if one.evaluation is not None
    ]
    note = "Replaying the stored inputs with the named engine gives the bytes of the outputs."
    if rows:
        blocks.append(
            telling.table("Verdicts, each to be replayed from its id", EVALUATION_COLUMNS, rows, note=note, most=5_000)
        )
    return blocks


def signature_page(telling: Telling, signature: ReportSignature | None, heading: str) -> list[Block]:
    """Of the signed edition: who, as what, meaning what, when, over which content, with which key."""
    if signature is None:
        return []
    rows = (
        ("Signed by", signature.signer),
        ("Role", signature.role),
        ("On behalf of", signature.on_behalf_of or "nobody else"),
        ("Meaning", signature.meaning),
        ("Reason", signature.reason or "none given"),
        ("Signed at", f"{telling.at(signature.signed_at.isoformat(), True)} ({utc(signature.signed_at.isoformat())})"),
    )
    ids = (
        ("Content signed, SHA-256", signature.content_hash),
        ("Countersignature", signature.countersignature_id),
        ("Key", signature.key_id),
    )
    return [
        PageBreak(),
        Heading(1, heading),
        Paragraph(
            "A person has countersigned the content of this report. The signature covers what is told here, the brand,"
            " the layout's options and the renderer's version by their common hash (RFC 8785, SHA-256); draft and"
            " signed edition have the same content."
        ),
        Facts(rows),
        Facts(ids, is_mono=True),
        Paragraph("Whoever holds the public key of this id can check the signature against the ledger.", "note"),
    ]
