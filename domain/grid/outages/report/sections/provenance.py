"""What the report was made from and who acted on the way; the words it uses; and who signed it."""

from domain.grid.outages.report.identity import RENDERER_VERSION
from domain.grid.outages.report.sections.told import Telling
from domain.grid.outages.report.words import as_proposal, cut, utc
from domain.grid.outages.rules.summary import Approval
from domain.kernel.charts.words import NONE
from domain.kernel.report.blocks import Block, Col, Facts, Heading, PageBreak, Paragraph
from domain.kernel.report.brand import ReportSignature
from domain.kernel.report.words import at, title_case

RUN_COLUMNS = (
    Col("Step, as of (UTC)", 80),
    Col("Run and its version", 146, is_mono=True, is_small=True),
    Col("SHA-256 of settings, input and output", 267, is_mono=True, is_small=True),
)
APPROVAL_COLUMNS = (
    Col("Act, by, when (UTC)", 110),
    Col("Reason", 116),
    Col("Content signed (SHA-256), countersignature", 267, is_mono=True, is_small=True),
)
FEEDBACK_COLUMNS = (
    Col("On", 22, is_mono=True),
    Col("Answer", 16),
    Col("By", 20),
    Col("When, UTC", 18),
    Col("Reason and note", 40),
)
GLOSSARY = (
    ("ASAI", "Average service availability index: share of customer time with supply."),
    ("Back-feed", "Supply of a healthy section from a neighbouring feeder through a tie."),
    ("CAIDI", "Customer average interruption duration index: customer-minutes over customers interrupted."),
    ("CI", "Customers interrupted for more than five minutes."),
    ("CMI", "Customer-minutes of interruption."),
    ("Cold-load pickup", "The higher load of a section when it is supplied again after an interruption."),
    ("Counterfactual", "What would have happened had an option been followed; an estimate with bounds."),
    ("Countersigned", "Approved by a named person whose signature covers the content by its hash."),
    ("Credible set", "The smallest set of zones that together hold at least 90\u00a0% of the probability."),
    ("ETR, P50, P90", "Estimated time of restoration: with even odds, and with nine chances in ten, restored by then."),
    ("Fault zone", "Line sections between switchable or protective devices, in which the fault may lie."),
    ("Last gasp", "A meter's message on losing supply; not every one arrives."),
    ("Log and Brier score", "Measures of how good probabilities were once the truth is known; nearer to 0 is better."),
    ("MAIFI-E", "Momentary average interruption event frequency index: interruptions of up to five minutes."),
    ("Major event day", "A day whose SAIDI lies above T_MED, found from five years of daily SAIDI (2.5 beta method)."),
    ("Momentary", "Of an interruption: no longer than five minutes."),
    ("Replay", "The outage computed again from what was known at each moment."),
    ("SAIDI", "System average interruption duration index: customer-minutes over customers served."),
    ("SAIFI", "System average interruption frequency index: customers interrupted over customers served."),
    ("SHA-256", "A digest by which any change of content shows."),
    ("Tie", "A normally open connection between two feeders."),
)


def provenance(telling: Telling, content_hash: str) -> list[Block]:
    """Runs, hashes, acts of people, feedback."""
    source, summary = telling.summary.provenance, telling.summary
    facts = (
        ("Replay", summary.replay_id),
        ("Content of this report, SHA-256", content_hash),
        ("Input of the replay, SHA-256", source.input_hash),
        (
            "Network model",
            f"{source.topology_version_id or 'not recorded'}, imported {utc(source.topology_imported_at)}",
        ),
        ("Renderer and form", f"{RENDERER_VERSION}, {summary.schema_version}"),
    )
    blocks: list[Block] = [Heading(1, "8 Provenance"), Facts(facts, is_mono=True)]
    runs = [_run(run) for run in source.runs]
    if runs:
        blocks.append(telling.table("Runs, each reproducible from its id", RUN_COLUMNS, runs, most=20))
    approvals = [
        (
            _act(approval),
            as_proposal(cut(approval.reason or NONE, 160)),
            f"{approval.content_hash}\n{approval.countersignature_id}",
        )
        for approval in source.approvals
    ]
    blocks.append(Heading(2, "8.1 What people approved"))
    blocks.append(
        telling.table("Acts of people, with what they signed", APPROVAL_COLUMNS, approvals)
        if approvals
        else Paragraph("No act of a person is recorded for this outage.")
    )
    feedback = [_feedback(item) for item in source.feedback]
    blocks.append(Heading(2, "8.2 Feedback of operators"))
    blocks.append(
        telling.table("What operators did with the advice", FEEDBACK_COLUMNS, feedback)
        if feedback
        else Paragraph("No feedback was given on the advice.")
    )
    return blocks


def _act(approval: Approval) -> str:
    """What, who, when, one beneath the other."""
    who = f"{approval.by}, {title_case(approval.role.lower())}"
    return f"{title_case(approval.act.replace('.', ' '))}\n{who}\n{utc(approval.at)}"


def _run(run: dict[str, object]) -> tuple[str, ...]:
    hashes = "\n".join(f"{name:<6} {run.get(f'{name}_hash') or NONE}" for name in ("config", "input", "output"))
    as_of = run.get("as_of")
    return (
        f"{title_case(str(run.get('step', NONE)))}\n{utc(as_of) if isinstance(as_of, str) else NONE}",
        f"{run.get('run_id', NONE)}\n{run.get('algo_version', NONE)}",
        hashes,
    )


def _feedback(item: dict[str, object]) -> tuple[str, ...]:
    when = item.get("at") or item.get("ts")
    words = [str(item[key]) for key in ("reason_code", "note") if item.get(key)]
    return (
        f"{item.get('rec_type', '')} {item.get('rec_id', '')}".strip() or NONE,
        str(item.get("action") or NONE),
        str(item.get("actor") or NONE),
        utc(when) if isinstance(when, str) else NONE,
        as_proposal(cut(": ".join(words) or NONE, 240)),
    )


def glossary(telling: Telling) -> list[Block]:
    """The words of the trade that the report uses, each explained."""
    return [
        Heading(1, "9 Glossary"),
        telling.table("Terms", (Col("Term", 24), Col("Meaning", 76)), list(GLOSSARY), most=len(GLOSSARY)),
    ]


def signature_page(telling: Telling, signature: ReportSignature | None) -> list[Block]:
    """Of the signed edition: who, as what, meaning what, when, over which content, with which key."""
    if signature is None:
        return []
    rows = [
        ("Signed by", signature.signer),
        ("Role", signature.role),
        ("On behalf of", signature.on_behalf_of or "nobody else"),
        ("Meaning", signature.meaning),
        ("Reason", signature.reason or "none given"),
        (
            "Signed at",
            f"{at(signature.signed_at.isoformat(), telling.zone, True)} ({utc(signature.signed_at.isoformat())})",
        ),
    ]
    ids = (
        ("Content signed, SHA-256", signature.content_hash),
        ("Countersignature", signature.countersignature_id),
        ("Key", signature.key_id),
    )
    return [
        PageBreak(),
        Heading(1, "10 Signature"),
        Paragraph(
            "A person has countersigned the content of this report. The signature covers the replay's summary, the"
            " brand, the layout's options and the renderer's version by their common hash (RFC 8785, SHA-256); draft"
            " and signed edition have the same content."
        ),
        Facts(tuple(rows)),
        Facts(ids, is_mono=True),
        Paragraph("Whoever holds the public key of this id can check the signature against the ledger.", "note"),
    ]
