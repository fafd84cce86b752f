"""The strings and the base of all course content.

One text has one spelling: NFC, line ends as \\n, stripped at both ends, without control characters. What a person
signs is what a person saw, so characters that turn the direction of reading around are refused too.
"""

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.kernel.spelling import TURNING

JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
# Not allowed in XML 1.0, in which packages and documents are written.
_NOT_XML = frozenset("\ufffe\uffff")


class Content(BaseModel):
    """Base of what is hashed: camelCase names, nothing beside the schema, no number for a text or text for a number."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=False,
        serialize_by_alias=True,
    )


class Document(Content):
    """Base of the shapes whose JSON Schema is published."""

    model_config = ConfigDict(json_schema_extra={"$schema": JSON_SCHEMA})


def _one_spelling(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    for character in text:
        if character in "\n\t":
            continue
        if unicodedata.category(character) in ("Cc", "Cs") or character in TURNING or character in _NOT_XML:
            raise ValueError(f"holds the control character U+{ord(character):04X}; only line breaks and tabs may stand")
    return text.strip()


SPELLED = BeforeValidator(_one_spelling)


_TAG = re.compile(
    r"(?P<language>[a-z]{2,3}(-[a-z]{3}){0,3}|[a-z]{4,8})(-(?P<script>[a-z]{4}))?(-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<rest>(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?)",
    re.IGNORECASE,
)


def _language_tag(value: str) -> str:
    found = _TAG.fullmatch(value)
    if found is None:
        raise ValueError("is no language tag of BCP 47, such as en, en-AU or zh-Hant")
    script = f"-{found['script'].title()}" if found["script"] else ""
    region = f"-{found['region'].upper()}" if found["region"] else ""
    return f"{found['language'].lower()}{script}{region}{found['rest'].lower()}"


Title = Annotated[str, Field(min_length=5, max_length=120), SPELLED]
Audience = Annotated[str, Field(min_length=3, max_length=200), SPELLED]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
CourseId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,63}$")]
ModuleId = Annotated[str, Field(pattern=r"^m[0-9]{2}$")]
LessonId = Annotated[str, Field(pattern=r"^m[0-9]{2}l[0-9]{2}$")]
QuizId = Annotated[str, Field(pattern=r"^m[0-9]{2}l[0-9]{2}q$")]
ProjectId = Annotated[str, Field(pattern=r"^m[0-9]{2}p[0-9]{2}$")]
ObjectiveId = Annotated[str, Field(pattern=r"^o[0-9]{3}$")]
Language = Annotated[str, Field(min_length=2, max_length=35), AfterValidator(_language_tag)]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]


def repeated(values: list[str]) -> list[str]:
    """Those values that stand more than once, each named once, in the order of their second coming."""
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for value in values:
        if value in seen:
            twice[value] = None
        seen.add(value)
    return list(twice)
