"""The parser of cases: every wrong case is refused in words, none breaks it, and none is bent until it fits."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.kernel.canonical import canonical_json
from domain.kernel.errors import Invalid
from domain.stairs.rules.evaluation.case import EXAMPLE, SUBMITTED, Case
from domain.stairs.rules.evaluation.evaluate import evaluate
from domain.stairs.rules.evaluation.fault import faults_of
from domain.stairs.rules.evaluation.reading import read_case
from tests.stairs.rules.cases import ALL, grid, pressure, velocity

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**31, 2**63, 10**30])
    | st.floats()
    | st.text(max_size=20)
    | st.just("2026-02-03T10:15:00Z"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
NASTY = (
    "1e99",
    "1e-40",
    "0." + "1" * 38 + "00",
    "9" * 5000,
    "1e999999999",
    "NaN",
    "-Infinity",
    "0x10",
    "1_000",
    "１８",
    "18,2",
    " 18.2",
    "",
    "1/3",
)


def judged(source: Any) -> None:
    """A case or a refusal in words, and nothing else."""
    refused = None
    try:
        case = read_case(source)
        found = evaluate(case)
    except Invalid as why:
        refused = why
    if refused is not None:
        assert refused.detail
        assert refused.hint
        return
    assert found["verdict"] in {"compliant", "non_compliant", "indeterminate"}
    assert (found["verdict"] == "non_compliant") == bool(faults_of(case))
    assert canonical_json(found)
    assert read_case(json.loads(canonical_json(case.inputs()))) == case


@given(st.binary(max_size=200))
def test_any_bytes_are_judged_or_refused(content: bytes) -> None:
    judged(content)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(Case.model_fields)), JSON, max_size=8))
def test_any_members_are_judged_or_refused(members: dict[str, Any]) -> None:
    judged(members)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(ALL), st.data())
def test_a_good_case_with_one_member_changed_is_judged_or_refused(make: Any, data: st.DataObject) -> None:
    own = make()
    place = data.draw(st.sampled_from(places(own)[1:]))
    parent = own
    for key in place[:-1]:
        parent = parent[key]
    if data.draw(st.booleans()):
        parent[place[-1]] = data.draw(JSON | st.sampled_from(NASTY))
    elif isinstance(parent, dict):
        del parent[place[-1]]
    judged(own)


@pytest.mark.parametrize("value", [*NASTY, None, True, [], {}, "10000000", float("nan"), 18.2])
def test_a_value_that_is_no_decimal_number_is_refused(value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        read_case(pressure(value))

    assert (refused.value.status, refused.value.code) == (422, "CASE_INVALID" if value is None else "VALUE_INVALID")


@pytest.mark.parametrize("value", ["18.2", "-0", "+5", ".5", "5.", "1e2", "9999999.999", 0, 18])
def test_a_decimal_number_is_taken_as_it_is_written(value: Any) -> None:
    assert read_case(pressure(value)).value == str(value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"value": NaN}', "NaN is not a number"),
        (b'{"value": 1, "value": 2}', "'value' stands twice"),
        (b'{"value": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"{}" + b" " * 4_000_000, "larger than"),
    ],
)
def test_what_is_no_json_object_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_case(content)


def test_what_is_told_can_be_printed_whatever_a_member_is_called() -> None:
    for source in (b'{"\\ud800": 1, "\\ud800": 2}', {"\ud800\n": 1}):
        with pytest.raises(Invalid) as refused:
            read_case(source)
        assert str(refused.value).encode("utf-8")
        assert json.dumps(refused.value.errors, ensure_ascii=False).encode("utf-8")


def test_unknown_members_are_refused_at_every_depth() -> None:
    for place in places(pressure()):
        own = pressure()
        node: Any = own
        for key in place:
            node = node[key]
        if isinstance(node, dict):
            node["surprise"] = 1
            with pytest.raises(Invalid, match="surprise"):
                read_case(own)


@pytest.mark.parametrize("kind", sorted(SUBMITTED))
def test_each_type_takes_its_own_reading_alone(kind: str) -> None:
    members = {name: one for make in ALL for name, one in make().items() if name in set(SUBMITTED.values())}
    base = {"measurement_type": kind, "tested_at": "2026-02-03T10:15:00+11:00", "time_zone": "UTC"}
    with pytest.raises(Invalid, match=f"needs `{SUBMITTED[kind]}`"):
        read_case(base)
    with pytest.raises(Invalid, match="alone"):
        read_case(base | members)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tested_at": "2026-02-03T10:15:00"}, "tested_at"),
        ({"tested_at": 1_770_000_000}, "tested_at"),
        ({"tested_at": "9999-12-31T23:59:59+00:00"}, "tested_at"),
        ({"time_zone": "Sydney"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": "America"}, "time_zone"),
        ({"measurement_type": "pressure"}, "measurement_type"),
        ({"measurement_position": "at_hinge"}, "measurement_position"),
        ({"settings": {"clock_slack_s": -1}}, "settings.clock_slack_s"),
        ({"settings": {"clock_slack_s": 10**12}}, "settings.clock_slack_s"),
        ({"context": {"stair_name": "Stair\x00"}}, "context.stair_name"),
        ({"context": {"stair_name": "Stair\ud800"}}, "context.stair_name"),
        ({"context": {"scenario_version": 2**63}}, "context.scenario_version"),
    ],
)
def test_a_wrong_member_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_case(pressure(**change))

    assert refused.value.errors[0]["field"] == field


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_case(velocity([*grid("1")[:7], {"point": "8", "velocity_ms": "x"}, {"point": 9}], time_zone="Nowhere"))

    assert refused.value.code == "GRID_INCOMPLETE"
    assert [one["field"] for one in refused.value.errors] == [
        "grid.7.point",
        "grid.7.velocity_ms",
        "grid.8.velocity_ms",
        "time_zone",
    ]


def test_the_schema_describes_every_member_and_its_example_is_a_case() -> None:
    schema = Case.model_json_schema()

    assert evaluate(read_case(deepcopy(EXAMPLE)))["verdict"] == "non_compliant"
    for part in (schema, *schema["$defs"].values()):
        assert part["additionalProperties"] is False
        for name, member in part["properties"].items():
            assert member.get("description"), f"{part['title']}.{name}"
