"""The report's words: proposals, never orders; the same content always; nothing silently left out."""

import dataclasses
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.outages.report.compose import compose
from domain.grid.outages.report.identity import report_content_hash
from domain.grid.outages.report.words import as_proposal, cut, utc
from domain.grid.outages.rules.summary import ReplaySummary
from domain.kernel.charts.chart import Chart
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.report import blocks as b
from domain.kernel.report.brand import Brand, ReportOptions
from domain.kernel.report.words import at
from tests.grid.outages.report.reading import ORDER
from tests.grid.outages.report.sample import case, crew, option, outage, sample, step, zone
from tests.grid.outages.report.signed import signature_of


def document(summary: ReplaySummary | None = None) -> b.Document:
    return compose(summary or sample(), Brand(), ReportOptions(), "draft", None)


def texts(piece: Any) -> Iterator[str]:
    """Every text of a block, each cell by itself; of a figure its title, subtitle and alternative text."""
    if isinstance(piece, str):
        yield piece
    elif isinstance(piece, Chart):
        yield from (piece.title, piece.subtitle, piece.alt)
    elif dataclasses.is_dataclass(piece):
        for field in dataclasses.fields(piece):
            yield from texts(getattr(piece, field.name))
    elif isinstance(piece, tuple):
        for part in piece:
            yield from texts(part)


ORDERS = "Open SW-12 now. Close T-7; then restore feeder 3! Isolate the fault."


def test_no_sentence_of_a_report_is_an_order() -> None:
    for text in texts(document()):
        assert ORDER.search(text) is None, text


def test_orders_in_what_the_replay_says_become_proposals() -> None:
    told = sample(
        outage=outage(cause=ORDERS),
        narrative=dict.fromkeys(("executive", "zones", "options", "crews"), ORDERS),
        zones=[zone(1, "Z-1", 1.0, 1.0, explanation=ORDERS)],
        options=[
            option("OPT-1", 1, narrative=ORDERS, steps=[step(1, ORDERS, "SW-12", "open") | {"precondition": ORDERS}])
        ],
        rejected_options=[option("OPT-2", None, infeasible_reasons=[ORDERS])],
        crews=[crew(1, explanation=ORDERS)],
        counterfactual=[case(is_feasible=False, why_not=ORDERS)],
        assumptions=[ORDERS],
    )
    every = list(texts(document(told)))
    assert [text for text in every if ORDER.search(text)] == []
    assert sum("Proposed for validation: open SW-12 now." in text for text in every) >= 9


@given(st.text(max_size=200))
def test_a_proposal_keeps_every_word(text: str) -> None:
    kept = as_proposal(text).lower()
    assert all(word.lower() in kept for word in text.split())


def test_what_is_cut_says_how_much() -> None:
    assert cut("a" * 420) == "a" * 420
    assert cut("a" * 500).endswith("(80 more letters in the replay)")


def test_rows_that_are_left_out_are_counted() -> None:
    many = sample(zones=[zone(1, f"Z-{number}", 0.01, 0.01) for number in range(40)])
    table = next(p for p in document(many).blocks if isinstance(p, b.Table) and p.caption.startswith("Fault zones"))
    assert (len(table.rows), table.note) == (15, "25 more rows stand in the replay's JSON.")


def test_a_missing_milestone_is_named_and_never_guessed() -> None:
    every = list(texts(document()))
    assert "Not recorded, and not guessed: Fault isolated." in every


def test_times_are_local_with_their_zone_and_utc_in_provenance() -> None:
    assert (
        at("2026-07-14T01:12:20Z", ZoneInfo("America/New_York"), seconds=True)
        == "13\u00a0Jul\u00a02026 21:12:20\u00a0EDT"
    )
    assert utc("2026-07-14T03:12:20+02:00") == "2026-07-14 01:12:20Z"
    assert utc("some day") == "some day"


def test_the_content_hash_follows_summary_brand_and_options_and_nothing_else() -> None:
    one = report_content_hash(sample())
    assert one == report_content_hash(
        ReplaySummary.model_validate_json(sample().model_dump_json()), Brand(), ReportOptions()
    )
    others = {
        report_content_hash(sample(as_of="2026-07-14T05:00:00Z")),
        report_content_hash(sample(), Brand(name="Other")),
        report_content_hash(sample(), None, ReportOptions(page_size="LETTER")),
    }
    assert len(others | {one}) == 4


def test_a_signature_of_other_content_is_refused() -> None:
    signature = signature_of(sample())
    with pytest.raises(Conflict, match="the signature is of content") as told:
        compose(sample(metrics={}), Brand(), ReportOptions(), "signed", signature)
    assert told.value.code == "CONTENT_CHANGED"


@pytest.mark.parametrize(("edition", "has_signature"), [("signed", False), ("draft", True), ("final", False)])
def test_edition_and_signature_go_together(edition: str, has_signature: bool) -> None:
    with pytest.raises(Invalid):
        compose(sample(), Brand(), ReportOptions(), edition, signature_of(sample()) if has_signature else None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema_version": "after-action/9"}, "after-action/9"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"generated_at": "2026-07-14T05:32:20"}, "generated_at"),
        ({"counterfactual": [case(delta_cmi=float("nan"))]}, "canonical"),
    ],
)
def test_content_that_cannot_be_told_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        document(sample(**changes))


@pytest.mark.parametrize(
    "brand",
    [
        {"primary": "#ffee00"},
        {"primary": "red"},
        {"logo": "not base64!"},
        {"logo": "aGVsbG8="},
        {"currency": "dollars"},
        {"motto": "light"},
    ],
)
def test_a_brand_that_would_not_read_well_or_is_no_picture_is_refused(brand: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Brand(**brand)
