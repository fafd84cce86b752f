"""Names and numbers as they come: long, empty, many, in any script, with markup: nothing breaks, nothing is obeyed."""

import io
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from domain.grid.outages.report.pdf import render_pdf
from domain.grid.outages.report.word.render import render_docx
from domain.grid.outages.rules.summary import CurvePoint, Milestone, Provenance, RankingQuality
from domain.kernel.advisory import SENTENCES
from domain.kernel.report.brand import Brand
from domain.kernel.report.pdf.fonts import SANS, runs
from tests.grid.outages.report.reading import members, pages, word, words_of
from tests.grid.outages.report.sample import (
    at,
    case,
    crew,
    hash_of,
    milestone,
    network,
    option,
    outage,
    reliability,
    sample,
    step,
    zone,
)

MARKUP = '<b>bold</b> <font size="99">&amp; <img src="file:///etc/passwd"/> <script>1</script> ]]> $x_1^2$ {0} %s \\n'
HEBREW = "מתג 12 צפון"
ARABIC = "محطة الشمال"
CHINESE = "北方变电站"
HIDDEN = "SW\u202e21-\u200bWS\x00\x07"
LONG = "NORTHEAST-DISTRIBUTION-SUBSTATION-TRANSFORMER-BANK-2-RECLOSER-" * 4
NAMES = {"markup": MARKUP, "hebrew": HEBREW, "arabic": ARABIC, "chinese": CHINESE, "hidden": HIDDEN, "long": LONG}


def named(name: str) -> Any:
    """The sample with every name that comes from elsewhere replaced."""
    return sample(
        tenant_name=name,
        outage=outage(outage_id=name, feeder_name=name, device_id=name, device_type=name, cause=name, status=name),
        milestones=[Milestone(code="promoted", label=name, at=at(5), minutes_from_start=5, source=name)],
        zones=[
            zone(1, name, 0.7, 0.7, explanation=name, evidence=[{"kind": name, "value": name}]),
            zone(2, "Z-2", 0.3, 1.0),
        ],
        options=[
            option(
                name,
                1,
                option_type=name,
                tie_device_id=name,
                narrative=name,
                steps=[step(1, name, name, name)],
                risk_items=[{"code": name, "text": name}],
            )
        ],
        rejected_options=[option(name, None, infeasible_reasons=[f"{name}: {name}"])],
        crews=[crew(1, crew_id=name, crew_name=name, role=name, explanation=name, skills_missing=[name])],
        counterfactual=[case(option_id=name)],
        assumptions=[name],
        evidence_counts={name: 1},
        data_quality={name: name},
        narrative=dict.fromkeys(("executive", "zones", "options", "crews"), name),
        map=[edge.model_copy(update={"zone_id": name, "device_id": name}) for edge in network()],
        provenance=Provenance(
            runs=[{"step": name, "run_id": name, "as_of": name, "algo_version": name, "config_hash": name}],
            topology_version_id=name,
            input_hash=hash_of("x"),
            feedback=[{"rec_type": name, "rec_id": name, "action": name, "note": name, "at": name}],
        ),
    )


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_no_name_breaks_or_commands_the_report(name: str) -> None:
    brand = Brand(name=name[:200], address=[name])
    told = pages(render_pdf(named(name), brand))
    assert all(sentence in text for text in told for sentence in SENTENCES)
    assert word(render_docx(named(name), brand)).tables


def test_markup_is_shown_and_not_obeyed() -> None:
    made = render_pdf(named(MARKUP))
    whole = " ".join(pages(made))
    assert '<font size="99">' in whole
    assert "<script>1</script>" in whole
    assert "<b>bold</b>" in words_of(render_docx(named(MARKUP)))
    assert all(not page.images for page in PdfReader(io.BytesIO(made)).pages)


def test_a_name_that_hides_letters_shows_them_by_their_code() -> None:
    assert "SW[U+202E]21-[U+200B]WS[U+0000][U+0007]" in "".join(pages(render_pdf(named(HIDDEN)))).replace(" ", "")
    assert "SW[U+202E]21-[U+200B]WS[U+0000][U+0007]" in words_of(render_docx(named(HIDDEN)))


def test_letters_without_a_font_are_shown_by_their_code_and_stay_in_the_docx() -> None:
    assert "[U+5317][U+65B9]" in "".join(pages(render_pdf(named(CHINESE)))).replace(" ", "")
    assert CHINESE in words_of(render_docx(named(CHINESE)))


def test_hebrew_is_drawn_from_right_to_left() -> None:
    # Readers of PDF turn it back; what counts is the order in which it is drawn.
    assert "".join(part for _, part in runs(HEBREW, SANS)) == "גתמ 12 ןופצ"


EMPTY: dict[str, Any] = {
    "zones": [],
    "options": [],
    "rejected_options": [],
    "crews": [],
    "counterfactual": [],
    "etr": [],
    "map": [],
    "assumptions": [],
    "evidence_counts": {},
    "data_quality": {},
    "metrics": {},
    "ranking_quality": RankingQuality(),
}


def test_an_outage_of_which_little_is_known_is_told_all_the_same() -> None:
    told = sample(
        **EMPTY,
        milestones=[milestone("promoted", "Promoted by a person", None)],
        curve=[],
        outage=outage(restored_at=None, cause=None, customers_out_peak=0),
        reliability=reliability(
            tmed_min=None, tmed_days=3, is_major_event_day=None, caidi_min=None, cost=None, cmi=0.0
        ),
        provenance=Provenance(runs=[], topology_version_id=None, input_hash=hash_of("x")),
    )
    whole = " ".join(pages(render_pdf(told)))
    for words in (
        "No fault zone was ranked",
        "No option was generated",
        "No option was rejected",
        "No crew was recommended",
        "No estimate was given",
        "The replay holds no lines",
        "cannot be told",
        "not yet restored",
    ):
        assert words in whole
    assert word(render_docx(told)).tables


@pytest.mark.parametrize("part", [*EMPTY, "milestones", "curve", "timeline"])
def test_each_part_may_be_missing(part: str) -> None:
    assert pages(render_pdf(sample(**{part: EMPTY.get(part, [])})))


def test_without_coordinates_there_is_a_one_line_diagram() -> None:
    assert "One-line diagram, not to scale" in " ".join(pages(render_pdf(sample(map=network(placed=False)))))


def test_two_thousand_customers_and_many_of_everything_stay_short() -> None:
    minutes = [round(5 + 0.1 * number, 1) for number in range(2000)]
    points = [CurvePoint(at=at(0), customers_out=2000)]
    points += [CurvePoint(at=at(minute), customers_out=1999 - place) for place, minute in enumerate(minutes)]
    told = sample(
        curve=points,
        counterfactual=[case(curve=points[::2])],
        milestones=[milestone(f"restoration_step_{n}", f"{n} customers restored", 5.0 + n) for n in range(300)],
        zones=[zone(n + 1, f"Z-{n:04}", 0.005, 0.005 * (n + 1)) for n in range(200)],
        options=[option(f"OPT-{n}", n + 1) for n in range(60)],
        rejected_options=[option(f"REJ-{n}", None, infeasible_reasons=["PHASES: one of three"]) for n in range(60)],
        crews=[crew(n) for n in range(1, 60)],
        map=[edge for _ in range(1) for edge in network()] * 300,
    )
    told_pages = pages(render_pdf(told))
    assert len(told_pages) < 25
    assert "185 more rows stand in the replay's JSON" in " ".join(told_pages)
    assert len(members(render_docx(told))["word/document.xml"]) < 1_000_000


def test_the_longest_texts_fit_on_their_pages() -> None:
    told = sample(
        zones=[zone(n, f"{LONG}{n}", 0.1, 0.1 * n, explanation="w" * 5000) for n in range(1, 8)],
        options=[
            option("OPT-1", 1, narrative="long " * 900, steps=[step(n, "x" * 900, LONG, "open") for n in range(1, 9)])
        ],
        narrative={"executive": "One endless sentence without a stop " * 60, "zones": "y" * 5000},
    )
    assert all(sentence in text for text in pages(render_pdf(told)) for sentence in SENTENCES)


def test_advice_that_would_have_cost_is_told_as_it_is() -> None:
    worse = case(
        delta_cmi=12_000.0,
        delta_cmi_low=8_000.0,
        delta_cmi_high=15_000.0,
        curve=[CurvePoint(at=at(0), customers_out=412), CurvePoint(at=at(260), customers_out=0)],
    )
    whole = " ".join(pages(render_pdf(sample(counterfactual=[worse]))))
    assert "the first option could have cost 200 customer-hours" in whole
    assert "costing between 133 and 250 customer-hours" in whole


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(min_size=1, max_size=80))
def test_any_text_at_all(name: str) -> None:
    assert pages(render_pdf(named(name)))
    assert word(render_docx(named(name)))
