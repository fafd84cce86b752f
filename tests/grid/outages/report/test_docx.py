"""The DOCX: styles, repeated headings, fields, fonts within, words for figures; the same content as the PDF."""

import re
from itertools import pairwise

import pytest
from docx.oxml.ns import qn

from domain.grid.outages.charts.reading import zone_of
from domain.grid.outages.report.sections.cover import kpis
from domain.grid.outages.report.sections.told import Telling
from domain.grid.outages.report.word.render import render_docx
from domain.kernel.advisory import SENTENCES
from domain.kernel.charts.theme import FONTS
from domain.kernel.report.brand import Brand, ReportOptions
from domain.kernel.report.editions import DRAFT_MARK as DRAFT
from tests.grid.outages.report.reading import members, plain, word, words_of
from tests.grid.outages.report.sample import sample
from tests.grid.outages.report.signed import signature_of


@pytest.fixture(scope="module")
def draft() -> bytes:
    return render_docx(sample())


@pytest.fixture(scope="module")
def signed() -> bytes:
    return render_docx(sample(), edition="signed", signature=signature_of(sample()))


def test_headings_are_headings_and_never_skip_a_level(draft: bytes) -> None:
    levels = [
        int(paragraph.style.name.split()[-1])
        for paragraph in word(draft).paragraphs
        if paragraph.style.name.startswith("Heading")
    ]
    assert levels.count(1) == 9
    assert all(after - before <= 2 for before, after in pairwise(levels))


def test_every_foot_has_the_sentences_and_fields_for_the_pages(draft: bytes) -> None:
    feet = [data.decode() for name, data in members(draft).items() if name.startswith("word/footer")]
    assert len(feet) == 2
    for foot in feet:
        assert all(sentence in foot for sentence in SENTENCES)
        assert " PAGE " in foot
        assert " NUMPAGES " in foot
        assert sample().replay_id in foot


def test_a_draft_has_its_mark_in_every_head_and_a_signed_edition_in_none(draft: bytes, signed: bytes) -> None:
    for made, is_marked in ((draft, True), (signed, False)):
        heads = [data.decode() for name, data in members(made).items() if name.startswith("word/header")]
        assert len(heads) == (2 if is_marked else 1)
        assert all((f'string="{DRAFT}"' in head) == is_marked for head in heads)
    assert signature_of(sample()).meaning in words_of(signed)


def test_tables_have_our_style_repeat_their_headings_and_keep_rows_whole(draft: bytes) -> None:
    tables = word(draft).tables
    assert {table.style.name for table in tables} == {"Countersign Table"}
    headed = [table for table in tables if table._tbl.findall(f".//{qn('w:tblHeader')}")]
    assert len(headed) >= 12
    for table in tables[1:]:
        assert all(row._tr.findall(f".//{qn('w:cantSplit')}") for row in table.rows)


def test_no_table_is_wider_than_the_page(draft: bytes) -> None:
    made = word(draft)
    section = made.sections[0]
    column = section.page_width - section.left_margin - section.right_margin
    for table in made.tables:
        assert sum(cell.width for cell in table.rows[0].cells) <= column


def test_figures_have_words_and_no_distance(draft: bytes) -> None:
    shapes = word(draft).inline_shapes
    assert len(shapes) == 5
    for shape in shapes:
        assert len(shape._inline.docPr.get("descr")) > 30
        assert shape._inline.get("distL") == "0"


def test_captions_count_by_fields(draft: bytes) -> None:
    text = members(draft)["word/document.xml"].decode()
    assert text.count("SEQ Figure") == 5
    assert text.count("SEQ Table") >= 12


def test_fonts_are_within_and_come_back_whole(draft: bytes) -> None:
    packed = members(draft)
    table = packed["word/fontTable.xml"].decode()
    keys = re.findall(r'fontKey="\{([0-9A-F-]+)\}"', table)
    assert len(keys) == 3
    key = bytes.fromhex(keys[0].replace("-", ""))[::-1]
    font = packed["word/fonts/font1.odttf"]
    whole = bytes(a ^ key[place % 16] for place, a in enumerate(font[:32])) + font[32:]
    assert whole == (FONTS / "IBMPlexSans-Regular.ttf").read_bytes()


def test_the_file_tells_title_language_and_the_replays_date(draft: bytes) -> None:
    told = word(draft).core_properties
    assert told.title == "After-action report, outage OUT-2026-07-14-0007"
    assert (told.language, told.revision) == ("en-US", 1)
    assert told.created == told.modified
    assert told.created.isoformat().startswith("2026-07-14T05:32:20")


def test_the_cover_has_every_number_of_the_row(draft: bytes) -> None:
    body = words_of(draft)
    for kpi in kpis(Telling(sample(), Brand(), zone_of(sample()))).items:
        assert plain(kpi.value) in body
        assert plain(kpi.delta) in body


def test_letter_is_letter() -> None:
    section = word(render_docx(sample(), options=ReportOptions(page_size="LETTER"))).sections[0]
    assert (section.page_width.pt, section.page_height.pt) == (612, 792)
