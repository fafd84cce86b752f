"""From JSON to a case: numbers keep their digits, and what is wrong is named by member, all of it at once."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from pydantic import ValidationError

from domain.kernel.errors import Invalid
from domain.stairs.rules.evaluation.case import Case

# The code of an error by the member that it is about.
_CODES = {
    "grid": "GRID_INCOMPLETE",
    "value": "VALUE_INVALID",
    "events": "EVENTS_INVALID",
    "interface": "INTERFACE_INVALID",
}
_LARGEST = 4_000_000


def read_case(source: str | bytes | Mapping[str, Any]) -> Case:
    """A case from JSON text or from its members.

    Raises:
        Invalid: not JSON, or not a case; `errors` names each member and what it should be.
    """
    members = source if isinstance(source, Mapping) else _parsed(source)
    try:
        return Case.model_validate(dict(members))
    except ValidationError as wrong:
        raise _told(wrong) from None


def _told(wrong: ValidationError) -> Invalid:
    errors = [
        {"field": ".".join(map(str, one["loc"])) or "case", "message": one["msg"].removeprefix("Value error, ")}
        for one in wrong.errors(include_url=False, include_input=False, include_context=False)
    ]
    errors.sort(key=lambda entry: (entry["field"], entry["message"]))
    tops = {str(entry["field"]).split(".")[0] for entry in errors}
    code = next((_CODES[top] for top in _CODES if top in tops), "CASE_INVALID")
    first = errors[0]
    return Invalid(
        f"The case cannot be judged: {first['field']}: {first['message']}."
        + (f" {len(errors) - 1} more below." if len(errors) > 1 else ""),
        hint="`countersign stairs evaluate --schema` prints what a case holds.",
        code=code,
        errors=errors,
    )


def _parsed(source: str | bytes) -> Mapping[str, Any]:
    if len(source) > _LARGEST:
        raise Invalid(f"The case is larger than {_LARGEST:,} bytes.", hint="One case describes one test.")
    try:
        text = source if isinstance(source, str) else source.decode("utf-8-sig")
        members = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_each_once)
    except UnicodeDecodeError as cause:
        raise Invalid("The case is not UTF-8 text.", hint="Save the file as UTF-8.", code="CASE_INVALID") from cause
    except (ValueError, ArithmeticError, RecursionError) as cause:
        why = str(cause) if isinstance(cause, ValueError) else type(cause).__name__
        raise Invalid(f"The case is not JSON: {why}.", hint="Expected one JSON object.", code="CASE_INVALID") from cause
    if not isinstance(members, dict):
        raise Invalid("The case is not a JSON object.", hint="Expected one JSON object.", code="CASE_INVALID")
    return members


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose member stands twice says two things; neither is believed."""
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"member {twice!r} stands twice")
    return members
