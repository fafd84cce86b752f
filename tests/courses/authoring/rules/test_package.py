"""A package is composition alone: the same approved revisions give the same bytes, and nothing may be missing."""

import itertools
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.courses.authoring.rules import package as builder
from domain.courses.authoring.rules.package import Frozen, build_package
from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.lesson import Lesson
from domain.courses.content.package import CoursePackage
from domain.courses.content.quiz import Quiz
from domain.kernel.errors import Conflict, Invalid
from tests.courses import small_course as made


def test_every_order_of_the_parts_gives_the_same_bytes() -> None:
    syllabus, lessons, quizzes, projects = made.parts()
    texts = {
        content_text(build_package(syllabus, list(order), quizzes, projects))
        for order in itertools.permutations(lessons)
    }
    assert len(texts) == 1


def test_two_processes_with_different_hash_seeds_build_the_same_bytes() -> None:
    program = "from tests.courses import small_course as m; from domain.courses.content.hashes import *; " + (
        "print(content_hash(content_text(m.package())))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "77")
    }
    assert told == {content_hash(content_text(made.package()))}


def test_the_package_reads_back_from_its_canonical_text() -> None:
    text = content_text(made.package())
    assert content_text(CoursePackage.model_validate_json(text)) == text


def test_the_manifest_names_every_approved_revision_sorted_by_kind_and_id() -> None:
    entries = [(entry.kind, entry.id, entry.revision) for entry in made.package().manifest]
    assert entries == [
        ("LESSON", "m01l01", 1),
        ("LESSON", "m01l02", 1),
        ("LESSON", "m02l01", 1),
        ("PROJECT", "m01p01", 1),
        ("QUIZ", "m01l01q", 2),
        ("SYLLABUS", made.COURSE, 1),
    ]


@given(st.sets(st.sampled_from(["m01l01", "m01l02", "m02l01", "m01l01q", "m01p01"])))
def test_a_package_with_a_part_missing_is_refused_and_all_missing_parts_are_told(left_out: set[str]) -> None:
    syllabus, lessons, quizzes, projects = made.parts()
    kept = [[item for item in items if item.id not in left_out] for items in (lessons, quizzes, projects)]
    if not left_out:
        build_package(syllabus, *kept)
        return
    with pytest.raises(Conflict) as refused:
        build_package(syllabus, *kept)
    assert refused.value.code == "MISSING_APPROVED_CONTENT"
    assert {entry["id"].replace("m01p01", "m01") for entry in refused.value.errors} == {
        item.replace("m01p01", "m01") for item in left_out
    }


def test_a_lesson_of_another_course_is_refused() -> None:
    syllabus, lessons, quizzes, projects = made.parts()
    other = Frozen("0190a3c4-0000-7000-8000-000000000002", 1, syllabus.content_hash, syllabus.content)
    with pytest.raises(Conflict) as refused:
        build_package(other, lessons, quizzes, projects)
    assert refused.value.code == "CONTENT_DOES_NOT_FIT"


def test_a_part_twice_or_with_another_hash_is_refused() -> None:
    syllabus, lessons, quizzes, projects = made.parts()
    with pytest.raises(Conflict, match="does not fit") as refused:
        build_package(syllabus, [*lessons, lessons[0]], quizzes, projects)
    assert "m01l01 is there 2 times" in str(refused.value.errors)
    wrong = Frozen("m01l01", 1, "0" * 64, lessons[0].content)
    with pytest.raises(Conflict) as refused:
        build_package(syllabus, [wrong, *lessons[1:]], quizzes, projects)
    assert "the hash of m01l01 is not that of its content" in str(refused.value.errors)


def test_a_quiz_that_the_syllabus_does_not_plan_is_refused() -> None:
    syllabus, lessons, quizzes, projects = made.parts()
    extra = Quiz.model_validate(made.quiz_json() | {"id": "m01l02q", "lessonId": "m01l02"})
    with pytest.raises(Conflict) as refused:
        build_package(syllabus, lessons, [*quizzes, made.frozen("m01l02q", extra)], projects)
    assert "the syllabus plans no quiz for m01l02" in str(refused.value.errors)


def test_five_million_bytes_are_too_many_and_one_less_is_taken() -> None:
    builder._refuse_too_large(4_999_999)
    with pytest.raises(Invalid) as refused:
        builder._refuse_too_large(5_000_000)
    assert refused.value.code == "PACKAGE_TOO_LARGE"


def test_size_is_counted_in_utf8_bytes_not_in_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    syllabus, lessons, quizzes, projects = made.parts()
    characters = len(content_text(made.package()))
    long = made.lesson_json("m02l01")
    long["explanation"]["overview"] = "é" * 4_000
    accented = [*lessons[:2], made.frozen("m02l01", Lesson.model_validate(long))]
    built = content_text(build_package(syllabus, accented, quizzes, projects))
    assert len(built) < characters + 4_000
    monkeypatch.setattr(builder, "TOO_LARGE_BYTES", len(built) + 1)
    with pytest.raises(Invalid, match="bytes"):
        build_package(syllabus, accented, quizzes, projects)
