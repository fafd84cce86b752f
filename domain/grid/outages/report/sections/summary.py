"""The executive summary: at most 150 words, from the replay's own narrative or from its numbers."""

from domain.grid.outages.charts import restoration, zones
from domain.grid.outages.report.sections.told import Telling
from domain.grid.outages.report.words import as_proposal, minutes, significant
from domain.kernel.charts.words import number
from domain.kernel.report.blocks import Advice, Block, Contents, Heading, PageBreak, Paragraph
from domain.kernel.report.words import at

MOST_WORDS = 150


def executive_summary(telling: Telling) -> list[Block]:
    """What a board member reads in a minute, then the list of parts."""
    told = telling.summary.narrative.get("executive", "").strip() or from_numbers(telling)
    blocks: list[Block] = [
        PageBreak(),
        Heading(1, "1 Executive summary"),
        Paragraph(as_proposal(within(told, MOST_WORDS)), "lead"),
    ]
    counterfactual = telling.summary.narrative.get("counterfactual", "").strip()
    if counterfactual and not telling.summary.narrative.get("executive", "").strip():
        blocks.append(Advice(as_proposal(within(counterfactual, 60))))
    return [*blocks, Contents()]


def from_numbers(telling: Telling) -> str:
    """The summary in sentences of our own."""
    summary = telling.summary
    outage, reliability = summary.outage, summary.reliability
    cause = (
        f" The recorded cause is: {outage.cause.replace('_', ' ')}."
        if outage.cause
        else " The cause is not determined."
    )
    first = next((line for line in summary.etr if line.error_min is not None), None)
    said = ""
    if first is not None and first.error_min is not None:
        side = "later" if first.error_min > 0 else "earlier"
        said = f" Supply was back {minutes(abs(first.error_min))} {side} than first estimated."
    return (
        f"{number(outage.customers_out_peak)} customers of {outage.feeder_name} lost supply at"
        f" {at(outage.started_at, telling.zone)}, {number(outage.critical_customers)} of them critical.{cause}"
        f" {restoration.finding(summary)}. The interruption cost {number(reliability.cmi)} customer-minutes,"
        f" {significant(reliability.saidi_min)} minutes of SAIDI. {zones.finding(summary)}.{said}"
    )


def within(text: str, words: int) -> str:
    """The first sentences that together have at most so many words; a longer first sentence is cut."""
    kept: list[str] = []
    for sentence in text.replace("\n", " ").split(". "):
        if len(" ".join([*kept, sentence]).split()) > words:
            break
        kept.append(sentence)
    whole = ". ".join(kept) if kept else " ".join(text.split()[:words]) + "…"
    return whole if whole.endswith((".", "…", "!", "?")) or not whole else f"{whole}."
