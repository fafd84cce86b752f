"""What a job is asked to do, as canonical text: made once, copied byte for byte, patched for two reasons. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.kernel.canonical import canonical_json, sha256_hex
from domain.kernel.errors import Invalid

VERSION = "1.0"
LARGEST_BYTES = 32_768
# What a patch may not touch: what the job is about, and what it was asked for by.
FIXED = frozenset({"schemaVersion", "type", "courseId", "targetId", "suggestionId", "suggestionHash", "packageVersion"})
PATCHING = frozenset({"BAD_INPUT", "IMPROVED_PROMPT"})
_TARGET = {
    "COURSE": re.compile(r"course:([a-z0-9][a-z0-9-]{1,63})"),
    "MODULE": re.compile(r"module:(m[0-9]{2})"),
    "LESSON": re.compile(r"lesson:(m[0-9]{2}l[0-9]{2})"),
    "QUIZ": re.compile(r"quiz:(m[0-9]{2}l[0-9]{2})q?"),
}


@dataclass(frozen=True)
class Target:
    """What is to be made anew.

    Attributes:
        type: COURSE (its syllabus), MODULE (its lessons), LESSON or QUIZ.
        place: the course, the module, or the lesson whose content or quiz it is.
    """

    type: str
    place: str

    @property
    def module_id(self) -> str:
        """The module that it lies in; empty for a course."""
        return "" if self.type == "COURSE" else self.place[:3]


@dataclass(frozen=True)
class Instruction:
    """The canonical text and its hash, which a trigger is bound to."""

    text: str
    hash: str

    def content(self) -> dict[str, Any]:
        """The instruction as a value."""
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass(frozen=True)
class Base:
    """The newest approved revision of a part when the job was asked for."""

    item_id: str
    revision: int
    content_hash: str


def target_of(target_id: str) -> Target:
    """What a suggestion's target names.

    Raises:
        Invalid: TARGET_UNKNOWN.
    """
    for kind, pattern in _TARGET.items():
        found = pattern.fullmatch(target_id)
        if found:
            return Target(kind, found[1])
    raise Invalid(
        f"Nothing can be made anew for {target_id!r}; no job was made.",
        hint="It is course:ID, module:mNN, lesson:mNNlNN or quiz:mNNlNNq.",
        code="TARGET_UNKNOWN",
    )


def instruction_of(
    *,
    target_id: str,
    course_id: str,
    package_version: int | None,
    suggestion_id: str,
    suggestion_hash: str,
    observed: str,
    note: str,
    syllabus: Base,
    base: Sequence[Base],
) -> Instruction:
    """The instruction of a new job. `observed` is what the suggestion says was seen, `note` what a person adds."""
    asked = " ".join(part for part in (f"Learners' figures: {observed}", note) if part.strip())
    return sealed(
        {
            "schemaVersion": VERSION,
            "type": target_of(target_id).type,
            "courseId": course_id,
            "packageVersion": package_version,
            "targetId": target_id,
            "suggestionId": suggestion_id,
            "suggestionHash": suggestion_hash,
            "note": note,
            "instruction": asked,
            "syllabusRevision": syllabus.revision,
            "syllabusHash": syllabus.content_hash,
            "base": [
                {"itemId": one.item_id, "revision": one.revision, "contentHash": one.content_hash} for one in base
            ],
        }
    )


def sealed(content: Mapping[str, Any]) -> Instruction:
    """The canonical text of a content and its hash.

    Raises:
        Invalid: INSTRUCTION_INVALID, it is too large or holds what has no canonical form.
    """
    try:
        raw = canonical_json(dict(content))
    except ValueError as cause:
        raise Invalid("The instruction holds a number that has no exact form.", code="INSTRUCTION_INVALID") from cause
    if len(raw) > LARGEST_BYTES:
        raise Invalid(f"The instruction has {len(raw)} bytes; it may have {LARGEST_BYTES}.", code="INSTRUCTION_INVALID")
    return Instruction(raw.decode(), sha256_hex(raw))


def patched(former: Instruction, patch: Mapping[str, Any] | None, reason_code: str) -> Instruction:
    """The instruction of a retry: the former one byte for byte, or merged with a patch (RFC 7396).

    Raises:
        Invalid: PATCH_NOT_ALLOWED, the reason is no error of the instruction, or the patch touches what is fixed;
            INSTRUCTION_INVALID.
    """
    if patch is None:
        return former
    if reason_code not in PATCHING:
        raise Invalid(
            f"A retry for {reason_code} repeats the instruction as it is; nothing was done.",
            hint="Leave instructionPatch out, or reject the intent and give BAD_INPUT or IMPROVED_PROMPT.",
            code="PATCH_NOT_ALLOWED",
        )
    touched = sorted(FIXED & patch.keys())
    if touched:
        raise Invalid(
            f"A retry is of the same thing: {', '.join(touched)} cannot be patched; nothing was done.",
            hint="Change note or instruction.",
            code="PATCH_NOT_ALLOWED",
        )
    merged = merge_patch(former.content(), patch)
    if not isinstance(merged.get("instruction"), str):
        raise Invalid("The patched job has no instruction; nothing was done.", code="INSTRUCTION_INVALID")
    return sealed(merged)


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396): null removes, objects merge, everything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
