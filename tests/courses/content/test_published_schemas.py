import json

import pytest

from domain.courses.content.schemas import FOLDER, PUBLISHED, schema_text
from domain.courses.content.text import JSON_SCHEMA


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_the_published_schema_is_that_of_the_model(name: str) -> None:
    stands = (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
    assert stands == schema_text(name), "run: python -m domain.courses.content.schemas"
    assert json.loads(stands) == PUBLISHED[name].model_json_schema()
    assert json.loads(stands)["$schema"] == JSON_SCHEMA


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_no_published_object_takes_a_member_that_it_does_not_name(name: str) -> None:
    schema = PUBLISHED[name].model_json_schema()
    objects = [schema, *schema.get("$defs", {}).values()]
    assert [item["title"] for item in objects if item["type"] == "object" and item["additionalProperties"]] == []


def test_there_is_no_schema_file_without_a_model() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.schema.json" for name in PUBLISHED}
