"""Prompts are files with an id and a hash, and say the whole of what is asked."""

import json

import pytest

from domain.courses.authoring.generation.author import Context
from domain.courses.authoring.generation.prompts import FOLDER, IDS, prompt_for, template_hash
from domain.courses.authoring.rules.answers import Kind, Place
from domain.kernel.canonical import sha256_hex
from tests.courses import small_course as made

PLACE = Place(made.syllabus(), made.COURSE, "m01")


@pytest.mark.parametrize("kind", sorted(IDS))
def test_a_prompt_names_its_template_and_says_what_is_asked(kind: Kind) -> None:
    context = Context(seed=3, request=made.request(), place=PLACE, instruction="Fewer words, $5 ${schema}")
    prompt = prompt_for(kind, context)
    assert prompt == prompt_for(kind, context)
    assert prompt.id == IDS[kind]
    assert prompt.sha256 == template_hash(kind) == sha256_hex((FOLDER / f"{prompt.id}.md").read_bytes())
    assert "Fewer words, $5 ${schema}" in prompt.text
    assert '"additionalProperties": false' in prompt.text
    assert made.REQUEST["courseTitle"] in prompt.text


def test_content_is_asked_for_by_the_ids_of_the_syllabus() -> None:
    text = prompt_for("LESSON", Context(seed=3, place=PLACE)).text
    asked = json.loads(text.partition("Input\n")[2].partition("\n")[0])
    assert (asked["ids"], asked["count"], asked["moduleTitle"]) == (["m01l01", "m01l02"], 2, "The report")


def test_there_is_no_template_that_nobody_uses() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(IDS.values())
