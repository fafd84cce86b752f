"""Schema detection as rules: what a description of tables leads to, whatever the order in which it is told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.metering.rules.schema import (
    Join,
    Measured,
    SchemaMapping,
    best_join,
    candidate_joins,
    columns_of,
    faults,
    has_read_key,
    identifier_candidates,
    usable_events,
)
from domain.grid.metering.rules.schema_words import EVENTS, FEEDERS, JOINS, METERS, READS, Catalogue, Column, Table
from domain.grid.metering.rules.usual_shapes import usual_shapes

NAMES = ["id", "meter_id", "tenant_id", "feeder_id", "feeder_code", "feeder", "code", "name", "kwh", "read_at", "other"]
TYPES = ["text", "bigint", "uuid", "numeric(12,3)", "timestamp with time zone", "boolean", "character varying(20)"]
columns = st.lists(
    st.builds(Column, st.sampled_from(NAMES), st.sampled_from(TYPES), st.booleans()), unique_by=lambda c: c.name
)
catalogues = st.builds(
    lambda meters, feeders, reads: Catalogue(
        "s", {METERS: Table(METERS, meters), FEEDERS: Table(FEEDERS, feeders), READS: Table(READS, reads)}
    ),
    *[columns.map(tuple)] * 3,
)


def table(name: str, *described: str, keys: tuple[frozenset[str], ...] = ()) -> Table:
    """A table from "name type" texts."""
    return Table(name, tuple(Column(*one.split(" ", 1)) for one in described), keys)


@given(catalogues)
def test_candidates_use_only_columns_that_exist_in_the_order_of_preference(catalogue: Catalogue) -> None:
    joins = candidate_joins(catalogue)
    for join in joins:
        assert catalogue.tables[METERS].column(join.meters_column)
        assert catalogue.tables[FEEDERS].column(join.feeders_column)
    pairs = [(join.meters_column, join.feeders_column) for join in joins]
    assert pairs == sorted(pairs, key=JOINS.index)  # type: ignore[arg-type]


@given(catalogues, st.randoms())
def test_the_order_of_columns_decides_nothing(catalogue: Catalogue, random: "np.random.Generator") -> None:
    shuffled = {}
    for name, one in catalogue.tables.items():
        mixed = list(one.columns)
        random.shuffle(mixed)  # type: ignore[arg-type]
        shuffled[name] = Table(name, tuple(mixed), one.keys)
    assert columns_of(Catalogue("s", shuffled)) == columns_of(catalogue)
    assert candidate_joins(Catalogue("s", shuffled)) == candidate_joins(catalogue)


@given(catalogues)
def test_what_is_found_has_a_fitting_type_and_what_is_missing_is_said(catalogue: Catalogue) -> None:
    found = columns_of(catalogue)
    said = " ".join(faults(catalogue, found))
    for meaning in ("meter_id", "read_at", "kwh"):
        assert (meaning in found[READS]) != (f"{READS} has no column for {meaning} " in said)
    if "kwh" in found[READS]:
        kwh = catalogue.tables[READS].column(found[READS]["kwh"])
        assert kwh is not None
        assert kwh.base_type in {"bigint", "numeric"}


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=6))
def test_the_chosen_join_reaches_95_percent_and_no_other_reaches_more(counts: list[tuple[int, int]]) -> None:
    measured = [Measured(Join(*JOINS[i]), meters, min(meters, matched)) for i, (meters, matched) in enumerate(counts)]
    chosen = best_join(measured)
    enough = [one for one in measured if one.coverage_pct >= 95]
    assert (chosen is None) == (not enough)
    if chosen is not None:
        assert chosen.coverage_pct == max(one.coverage_pct for one in enough)
        assert chosen is next(one for one in measured if one.coverage_pct == chosen.coverage_pct)


def test_95_percent_is_enough_and_a_meter_less_is_not() -> None:
    join = Join("feeder_id", "feeder_id")
    assert best_join([Measured(join, 100, 95)]) is not None
    assert best_join([Measured(join, 100, 94)]) is None


@pytest.mark.parametrize(
    ("keys", "guards"),
    [
        ([("tenant_id", "meter_id", "read_at")], True),
        ([("meter_id", "read_at")], True),
        ([("id",), ("read_at", "meter_id", "tenant_id")], True),
        ([("tenant_id", "meter_id")], False),
        ([("tenant_id", "meter_id", "read_at", "register")], False),
        ([("id",)], False),
        ([], False),
    ],
)
def test_only_a_key_on_meter_and_instant_guards_a_read(keys: list[tuple[str, ...]], guards: bool) -> None:
    reads = table(
        READS,
        "id bigint",
        "tenant_id text",
        "meter_id text",
        "read_at timestamp with time zone",
        "kwh numeric",
        "register text",
        keys=tuple(map(frozenset, keys)),
    )
    catalogue = Catalogue("s", {READS: reads})
    assert has_read_key(catalogue, columns_of(catalogue)) is guards


def test_a_feeder_is_named_by_what_people_say_before_a_number_that_a_database_drew() -> None:
    def first(*described: str) -> str:
        return identifier_candidates(Catalogue("s", {FEEDERS: table(FEEDERS, *described)}))[0]

    assert first("id bigint", "code text") == "code"
    assert first("id text", "code text") == "id"
    assert first("id uuid", "feeder_id text", "code text") == "feeder_id"
    assert first("id bigint", "name text") == "id"


def test_the_meters_id_is_the_kind_of_value_that_the_reads_carry() -> None:
    meters = table(METERS, "id uuid", "meter_id text", "feeder_id text")
    for kind, wanted in (("uuid", "id"), ("text", "meter_id"), ("character varying(9)", "meter_id")):
        reads = table(READS, f"meter_id {kind}", "read_at timestamp with time zone", "kwh numeric")
        assert columns_of(Catalogue("s", {METERS: meters, READS: reads}))[METERS]["meter_id"] == wanted


def test_events_are_used_in_the_shape_of_either_source_and_in_no_other() -> None:
    stamp = "timestamp with time zone"
    shapes = {
        ("id uuid", "event_type text", f"starts_at {stamp}", f"ends_at {stamp}"): True,
        ("id uuid", "event_type text", f"start_at {stamp}", f"end_at {stamp}", "is_active boolean"): True,
        ("id uuid", "event_type text", f"start_at {stamp}"): False,
        ("id bigint", "event_type text", f"starts_at {stamp}", f"ends_at {stamp}"): False,
    }
    for described, usable in shapes.items():
        catalogue = Catalogue("s", {EVENTS: table(EVENTS, *described)})
        assert usable_events(catalogue, columns_of(catalogue)) is usable
    asks = Table(EVENTS, (*table(EVENTS, *next(iter(shapes))).columns, Column("operator", "text", must_be_given=True)))
    catalogue = Catalogue("s", {EVENTS: asks})
    assert not usable_events(catalogue, columns_of(catalogue))


@given(catalogues)
def test_a_mapping_comes_back_as_it_was_stored(catalogue: Catalogue) -> None:
    mapping = SchemaMapping(catalogue, Join("feeder_id", None), None, columns_of(catalogue), has_read_key=False)
    assert SchemaMapping.from_json(catalogue, mapping.as_json()) == mapping


def test_another_type_key_or_column_is_another_catalogue() -> None:
    stand = Catalogue("s", {METERS: table(METERS, "meter_id text")})
    others = [
        Catalogue("t", stand.tables),
        Catalogue("s", {METERS: table(METERS, "meter_id uuid")}),
        Catalogue("s", {METERS: table(METERS, "meter_id text", "x text")}),
        Catalogue("s", {METERS: table(METERS, "meter_id text", keys=(frozenset({"meter_id"}),))}),
    ]
    assert len({one.digest() for one in [stand, *others]}) == 5


def test_usual_load_curves_have_mean_one_a_trough_before_dawn_and_their_peak_where_people_are() -> None:
    for name, shape in usual_shapes().items():
        assert shape.shape == (366 * 96,)
        assert float(shape.mean()) == pytest.approx(1.0, abs=1e-4)
        monday = shape[3 * 96 : 4 * 96]  # the profile year begins on a Friday
        sunday = shape[2 * 96 : 3 * 96]
        assert int(monday.argmin()) // 4 in range(6)
        peak = int(monday.argmax()) // 4
        assert peak in (range(18, 21) if "HOUSEHOLD" in name else range(8, 18))
        assert (float(sunday.sum()) > float(monday.sum())) is ("HOUSEHOLD" in name)
