"""The course on paper: sections and their pages, no answers, every script as far as the fonts go, nothing that acts."""

import html
import io
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from domain.courses.content.markup import html_of, inline_of
from domain.courses.delivery.exports.export import export_course_to_pdf
from domain.courses.delivery.exports.pdf.bidi import base_level, joined, levels_of, seen_order
from domain.courses.delivery.exports.pdf.letters import drawn
from domain.courses.delivery.exports.pdf.lines import lines_of, plain_signs, signs_of
from domain.courses.delivery.exports.plan import Plan
from tests.courses.exports.packages import ARABIC, HEBREW, HOSTILE, hostile, rich

PACKAGE = rich()


def plain_of(text: str) -> str:
    """The words of a marked text without their marks."""
    apart = re.sub(r"</?(?:p|li|ul|ol|pre|br)\b[^>]*>", " ", html_of(text))
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", apart)).split())


@pytest.fixture(scope="module")
def pdf() -> PdfReader:
    return PdfReader(io.BytesIO(export_course_to_pdf(PACKAGE, 3)))


@pytest.fixture(scope="module")
def pages(pdf: PdfReader) -> list[str]:
    return [page.extract_text() for page in pdf.pages]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_contents_tell_the_page_of_every_section(pages: list[str]) -> None:
    for page in Plan(PACKAGE, 3).pages:
        (told,) = re.findall(rf"(?m)^{re.escape(page.title)}\s*(\d+)$", pages[1])
        assert page.title in pages[int(told) - 1]


def test_every_lesson_begins_a_page_with_its_module_and_objectives(pages: list[str]) -> None:
    for module in PACKAGE.modules:
        for lesson in (lesson for lesson in PACKAGE.lessons if lesson.module_id == module.id):
            (page,) = (page for page in pages[2:] if f"{module.title}\n{lesson.title}\n" in page)
            for objective in lesson.objectives:
                assert objective in page


def test_every_word_of_the_lessons_stands_on_paper(pages: list[str]) -> None:
    whole = squeezed(" ".join(pages))
    for lesson in PACKAGE.lessons:
        texts = [lesson.explanation.overview, lesson.practice.prompt, lesson.practice.expected_outcome]
        texts += [concept.explanation for concept in lesson.explanation.concepts]
        for text in texts:
            for word in plain_of(text).split():
                assert squeezed(word) in whole


def test_quizzes_are_printed_without_their_answers(pages: list[str]) -> None:
    whole = squeezed(" ".join(pages))
    for quiz in PACKAGE.quizzes:
        for question in quiz.questions:
            assert squeezed(plain_of(question.question)) in whole
            assert squeezed(plain_of(question.explanation)) not in whole
            assert "correct" not in whole
    # Every option is set alike: which of them is right shows nowhere.
    boxes = [page.count("☐") for page in pages]
    assert sum(boxes) == sum(4 * len(quiz.questions) for quiz in PACKAGE.quizzes)


def test_each_page_names_title_version_hash_and_its_number(pages: list[str]) -> None:
    plan = Plan(PACKAGE, 3)
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert plan.content_hash in page
        if number > 1:
            assert f"{PACKAGE.title} · version 3" in page


def test_the_file_says_what_it_is_and_reads_in_order(pdf: PdfReader) -> None:
    assert pdf.metadata is not None
    assert pdf.metadata.title == f"{PACKAGE.title} · version 3"
    assert pdf.trailer["/Root"]["/Lang"] == "en"
    assert str(pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]).lower() == "true"
    tags = _tags(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"][0].get_object())
    assert [tag for tag in tags if tag in ("/H1", "/H2")] == [
        "/H1",
        *(
            tag
            for part in Plan(PACKAGE, 3).parts
            for place, _ in enumerate(part.pages)
            for tag in (("/H1", "/H2") if place == 0 else ("/H2",))
        ),
    ]
    assert {"/L", "/LI", "/LBody", "/Code", "/TOC", "/TOCI", "/H3"} <= set(tags)


def _tags(element: DictionaryObject) -> list[str]:
    kids = [kid.get_object() for kid in element.get("/K", [])]
    inner = [tag for kid in kids if isinstance(kid, DictionaryObject) and "/S" in kid for tag in _tags(kid)]
    return [str(element["/S"]), *inner]


def test_the_bookmarks_are_modules_with_their_sections(pdf: PdfReader) -> None:
    told = [[one.title for one in entry] if isinstance(entry, list) else entry.title for entry in pdf.outline]
    expected: list[object] = []
    for part in Plan(PACKAGE, 3).parts:
        expected += [part.title, [page.title for page in part.pages]]
    assert told == expected


def test_every_font_is_embedded(pdf: PdfReader) -> None:
    reader = PdfReader(io.BytesIO(export_course_to_pdf(hostile(), 1)))
    for one in (pdf, reader):
        for page in one.pages:
            for font in page["/Resources"]["/Font"].values():
                assert "/FontFile2" in font.get_object()["/FontDescriptor"].get_object()


def test_links_lead_where_the_text_says_and_nowhere_else(pdf: PdfReader) -> None:
    assert {_target(one) for page in pdf.pages for one in page.get("/Annots", [])} - {None} == {
        "https://example.org/saidi?a=1&b=2"
    }
    reader = PdfReader(io.BytesIO(export_course_to_pdf(hostile(), 1)))
    assert {_target(one) for page in reader.pages for one in page.get("/Annots", [])} == {None}
    assert "/JavaScript" not in str(reader.trailer["/Root"])
    assert "/OpenAction" not in reader.trailer["/Root"]


def _target(annotation: object) -> str | None:
    action = annotation.get_object().get("/A")  # type: ignore[attr-defined]
    return None if action is None else str(action.get("/URI"))


def test_hostile_text_is_printed_as_it_was_written() -> None:
    reader = PdfReader(io.BytesIO(export_course_to_pdf(hostile(), 1)))
    whole = squeezed(" ".join(page.extract_text() for page in reader.pages))
    for text in HOSTILE:
        assert squeezed(text) in whole


def seen(text: str) -> str:
    (line,) = lines_of(plain_signs(text), 10_000, 10)
    return "".join(sign.letter for sign in line.signs)


def test_hebrew_is_seen_from_right_to_left_with_its_numbers_from_left_to_right() -> None:
    assert seen("שלום 50 Pa (א)") == "(א) Pa 50 םולש"
    assert seen(HEBREW).endswith("תקידב")
    assert "NFPA 92" in seen(HEBREW)
    assert base_level(HEBREW) == 1
    assert base_level(f"Door {HEBREW}") == 0


def test_arabic_letters_are_joined() -> None:
    assert "".join(letter for letter, _ in joined("السلام")) == "ﺍﻟﺴﻼﻡ"
    assert "".join(letter for letter, _ in joined("بيت")) == "ﺑﻴﺖ"
    assert "".join(letter for letter, _ in joined("مُحَمَّد")) == "ﻣُﺤَﻤَّﺪ"
    for letter, _ in joined(ARABIC):
        assert drawn(letter, "plain")[1] == letter


def test_a_right_to_left_paragraph_has_its_first_words_in_its_first_line() -> None:
    lines = lines_of(plain_signs("אחד שנים שלוש ארבע חמש שש שבע שמונה"), 80, 10)
    assert len(lines) > 1
    assert lines[0].reads.startswith("אחד")
    assert lines[-1].reads.strip().endswith("שמונה")
    assert all(line.width <= 80 for line in lines)


@given(st.text("abא בג12.,-%()ابلا\u0301\u200d*`", max_size=60), st.floats(20, 200))
def test_no_sign_is_lost_or_doubled_in_lines(text: str, width: float) -> None:
    signs = signs_of(inline_of(text))
    lines = lines_of(signs, width, 10)
    reads = "".join(line.reads for line in lines).replace(" ", "")
    assert reads == "".join(sign.letter for sign in signs).replace(" ", "")
    drawn_letters = sum(len(unicodedata.normalize("NFKC", sign.letter)) for line in lines for sign in line.signs)
    assert drawn_letters >= len(reads.replace(" ", "")) - text.count("\u200d")


@given(st.text("abאב12.,- ()ا", max_size=40))
def test_the_order_is_an_order_of_all_signs(text: str) -> None:
    levels = levels_of(text, base_level(text))
    assert sorted(seen_order(levels)) == list(range(len(text)))


def test_left_to_right_text_stays_as_it_is() -> None:
    assert seen("a (b) 12 % c") == "a (b) 12 % c"
    assert set(levels_of("a (b) 12 % c", 0)) == {0}


def test_emoji_are_drawn_and_what_no_font_has_is_told_by_its_code() -> None:
    assert [drawn(letter, "plain")[1] for letter in "🚀👍⚡✅"] == list("🚀👍⚡✅")
    assert [drawn(letter, "plain")[1] for letter in "\u200d\ufe0f\U0001f3fd"] == ["", "", ""]
    assert drawn("中", "plain")[1] == "[U+4E2D]"
