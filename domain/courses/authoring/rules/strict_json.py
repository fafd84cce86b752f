"""Read a model's answer as JSON and nothing else: no fences, no prose, no duplicate names, no NaN, no fractions.

What is not exactly what was asked for is refused, never mended: a mended answer is one that nobody gave.
"""

import json
from typing import Any, NoReturn

from domain.kernel.errors import Invalid

LARGEST_ANSWER_BYTES = 5_000_000
# Our deepest shape (a package's rubric) nests eight times.
DEEPEST = 24
# Beyond 2^53 - 1 canonical JSON has no numbers.
LARGEST_INTEGER = 2**53 - 1


def refused(reason: str, errors: list[dict[str, Any]] | None = None) -> Invalid:
    """The error of an answer that is not taken."""
    return Invalid(
        f"The answer was refused and nothing was stored: {reason}",
        hint="Generate again; if it happens often, take another model or a smaller module.",
        code="GENERATION_INVALID",
        errors=errors,
    )


def read_json(text: str) -> Any:
    """The value of an answer that is one JSON text.

    Raises:
        Invalid: GENERATION_INVALID with the reason.
    """
    if len(text) > LARGEST_ANSWER_BYTES or len(text.encode("utf-8", "replace")) > LARGEST_ANSWER_BYTES:
        raise refused(f"it is longer than {LARGEST_ANSWER_BYTES:,} bytes.")
    bare = text.strip(" \t\r\n")
    if not bare:
        raise refused("it is empty.")
    if bare.startswith("```"):
        raise refused("it stands in a code fence, where JSON alone was asked for.")
    if bare[0] not in "{[":
        raise refused("it begins with something other than JSON.")
    if _depth(bare) > DEEPEST:
        raise refused(f"it nests deeper than {DEEPEST} times.")
    try:
        return json.loads(
            bare,
            object_pairs_hook=_each_name_once,
            parse_constant=_no_constant,
            parse_float=_no_fraction,
            parse_int=_small_integer,
        )
    except json.JSONDecodeError as cause:
        raise refused(f"it is no JSON: {cause.msg} at character {cause.pos + 1} of {len(bare)}.{_cut(bare)}") from cause


def _cut(text: str) -> str:
    return "" if text[-1] in "}]" else " It seems to have been cut off."


def _depth(text: str) -> int:
    """How deep brackets nest, those within strings left out."""
    depth = deepest = 0
    within = escaped = False
    for character in text:
        if within:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                within = False
        elif character == '"':
            within = True
        elif character in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "}]":
            depth -= 1
    return deepest


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise refused(f"the name '{name[:100]}' stands twice in one object.")
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise refused(f"{name} is no JSON.")


def _no_fraction(number: str) -> NoReturn:
    raise refused(f"the number {number[:40]} is no whole number; content holds whole numbers and text.")


def _small_integer(number: str) -> int:
    if len(number) > 17 or abs(int(number)) > LARGEST_INTEGER:
        raise refused(f"the number {number[:40]} is larger than JSON keeps exactly.")
    return int(number)
