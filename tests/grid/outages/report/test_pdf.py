"""The PDF: what stands on every page, what it says of itself, and how it is laid out."""

import io
import re

import pytest
from pypdf import PageObject, PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from domain.grid.outages.charts.reading import zone_of
from domain.grid.outages.report.identity import report_content_hash
from domain.grid.outages.report.pdf import render_pdf
from domain.grid.outages.report.sections.cover import kpis
from domain.grid.outages.report.sections.told import Telling
from domain.kernel.advisory import SENTENCES
from domain.kernel.report.brand import Brand, ReportOptions
from domain.kernel.report.editions import DRAFT_MARK as DRAFT
from tests.grid.outages.report.reading import pages, plain
from tests.grid.outages.report.sample import CMI, sample
from tests.grid.outages.report.signed import signature_of


@pytest.fixture(scope="module")
def draft() -> bytes:
    return render_pdf(sample())


@pytest.fixture(scope="module")
def signed() -> bytes:
    return render_pdf(sample(), edition="signed", signature=signature_of(sample()))


def test_every_page_has_the_three_sentences_its_number_and_what_identifies_it(draft: bytes, signed: bytes) -> None:
    for made in (draft, signed):
        told = pages(made)
        for number, text in enumerate(told, start=1):
            for sentence in SENTENCES:
                assert sentence in text
            assert f"Page {number} of {len(told)}" in text
            assert sample().replay_id in text
            assert report_content_hash(sample()) in text


def test_a_draft_says_so_across_each_page_and_a_signed_edition_nowhere(draft: bytes, signed: bytes) -> None:
    assert all(DRAFT in text for text in pages(draft))
    assert not any("DRAFT" in text for text in pages(signed))


def test_the_cover_has_every_number_of_the_row(draft: bytes) -> None:
    cover = pages(draft)[0]
    row = kpis(Telling(sample(), Brand(), zone_of(sample()))).items
    assert len(row) == 6
    for kpi in row:
        for words in (kpi.label, kpi.value, kpi.delta):
            assert plain(words) in cover
    for number in ("412", f"{CMI:,.0f}", "3.22 min", "3 h 28 min", "+38 min", "1 of 3"):
        assert number in cover


def test_the_signature_page_names_signer_role_meaning_time_content_and_key(signed: bytes) -> None:
    signature = signature_of(sample())
    last = pages(signed)[-1]
    for words in (
        signature.signer,
        signature.role,
        signature.meaning,
        "2026-07-15 09:30:00Z",
        signature.content_hash,
        signature.key_id,
        signature.countersignature_id,
    ):
        assert words in last
    assert f"Countersigned by {signature.signer}" in pages(signed)[0]


def test_all_nine_parts_are_there_as_bookmarks_in_order(draft: bytes) -> None:
    reader = PdfReader(io.BytesIO(draft))
    top = [item.title for item in reader.outline if not isinstance(item, list)]
    assert [title.split(" ", 1)[0] for title in top] == [str(number) for number in range(1, 10)]
    assert top[0] == "1 Executive summary"
    assert reader.get_destination_page_number(reader.outline[0]) == 1
    contents = pages(draft)[1]
    assert all(title in contents for title in top)


def test_the_executive_summary_has_at_most_150_words() -> None:
    long = sample(narrative={"executive": "Supply was lost and came back again. " * 100})
    assert pages(render_pdf(long))[1].count("Supply was lost") <= 22


def test_fonts_are_embedded_and_the_file_tells_title_language_and_the_replays_date(draft: bytes) -> None:
    reader = PdfReader(io.BytesIO(draft))
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            assert "/FontFile2" in font.get_object()["/FontDescriptor"]
    assert reader.metadata is not None
    assert reader.metadata.title == "After-action report, outage OUT-2026-07-14-0007"
    assert reader.metadata.creation_date_raw == "D:20260714053220+00'00'"
    assert reader.trailer["/Root"]["/Lang"] == "en-US"
    assert str(reader.trailer["/Root"]["/MarkInfo"]["/Marked"]) == "True"


def elements(draft: bytes) -> list[DictionaryObject]:
    """All elements of the structure's tree."""
    found: list[DictionaryObject] = []
    waiting = [PdfReader(io.BytesIO(draft)).trailer["/Root"]["/StructTreeRoot"]["/K"]]
    while waiting:
        kid = waiting.pop().get_object()
        if isinstance(kid, ArrayObject):
            waiting += list(kid)
        elif isinstance(kid, DictionaryObject) and kid.get("/Type") == "/StructElem":
            found.append(kid)
            waiting.append(kid["/K"])
    return found


def test_headings_tables_and_figures_are_tagged_and_figures_have_words(draft: bytes) -> None:
    told = elements(draft)
    tags = [str(element["/S"]) for element in told]
    assert {
        "/H1",
        "/H2",
        "/P",
        "/Table",
        "/TR",
        "/TH",
        "/TD",
        "/Figure",
        "/Caption",
        "/L",
        "/LI",
        "/LBody",
        "/TOC",
    } <= set(tags)
    figures = [element for element in told if element["/S"] == "/Figure"]
    assert len(figures) == 5
    assert all(len(str(figure["/Alt"])) > 30 for figure in figures)


def test_all_that_is_drawn_is_tagged_or_an_artifact(draft: bytes) -> None:
    for page in PdfReader(io.BytesIO(draft)).pages:
        depth = 0
        for token in re.findall(rb"\b(?:BDC|BMC|EMC|Tj|f|S|B)\b(?=\s)", drawn(page)):
            depth += {b"BDC": 1, b"BMC": 1, b"EMC": -1}.get(token, 0)
            assert depth in {0, 1}
            assert depth == 1 or token == b"EMC", token
        assert depth == 0


def drawn(page: PageObject) -> bytes:
    """The page's operators, without the words that it shows."""
    contents = page.get_contents()
    assert contents is not None
    return re.sub(rb"\((?:\\.|[^\\)])*\)", b"()", contents.get_data())


def test_figures_are_vector(draft: bytes) -> None:
    assert all(not page.images for page in PdfReader(io.BytesIO(draft)).pages)


@pytest.mark.parametrize(("size", "width", "height"), [("A4", 595.3, 841.9), ("LETTER", 612.0, 792.0)])
def test_the_paper_is_what_was_asked_for(size: str, width: float, height: float) -> None:
    made = render_pdf(sample(), options=ReportOptions(page_size=size))
    box = PdfReader(io.BytesIO(made)).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((width, height), abs=0.1)
