"""Baselines: one for each point, values as JSON where they must be, and a replaced one is kept."""

from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import CheckViolation, InvalidTextRepresentation, RestrictViolation, UniqueViolation
from psycopg.types.json import Jsonb

from tests.stairs.planted.plant import plant
from tests.stairs.planted.writing import DAY, Rows, insert

Connection = psycopg.Connection[Any]


def test_baseline_pressure_unique_constraint(owner: Connection, rows: Rows) -> None:
    first = rows["baseline_pressure_differentials"]
    with pytest.raises(UniqueViolation) as refused, owner.transaction():
        insert(owner, "baseline_pressure_differentials", first | {"baseline_id": uuid4(), "pressure_pa": 50})
    assert refused.value.diag.constraint_name == "uq_baseline_pressure"
    other = {"baseline_id": uuid4(), "door_configuration": "evac_doors_open"}
    insert(owner, "baseline_pressure_differentials", first | other)


@pytest.mark.parametrize(
    ("table", "other"),
    [
        ("baseline_air_velocities", {"door_scenario": "one_door_open"}),
        ("baseline_door_forces", {"pressurization_active": False}),
    ],
)
def test_one_baseline_for_each_point_and_condition(
    owner: Connection, rows: Rows, table: str, other: dict[str, Any]
) -> None:
    with pytest.raises(UniqueViolation), owner.transaction():
        insert(owner, table, rows[table] | {"baseline_id": uuid4()})
    insert(owner, table, rows[table] | {"baseline_id": uuid4()} | other)


def test_two_tenants_may_have_the_same_names(owner: Connection, rows: Rows) -> None:
    other = plant(owner, "U")
    assert other["stairs"]["stair_name"] == rows["stairs"]["stair_name"]


def test_jsonb_validation(owner: Connection, rows: Rows) -> None:
    """What is no array, or an empty one, is refused as a violated check and not by an error of a function."""
    for table, column, name in (
        ("zones", "floors_covered", "ck_zones_floors_covered_not_empty"),
        ("ce_scenarios", "expected_sequence", "ck_ce_expected_sequence_format"),
    ):
        for value in ([], {}, {"a": 1}, "Ground", 1, True, None):
            with pytest.raises(CheckViolation) as refused, owner.transaction():
                owner.execute(
                    sql.SQL("UPDATE {} SET {} = %s").format(sql.Identifier(table), sql.Identifier(column)),
                    (Jsonb(value),),
                )
            assert refused.value.diag.constraint_name == name
    with pytest.raises(InvalidTextRepresentation), owner.transaction():
        owner.execute("UPDATE baseline_air_velocities SET measurement_points = '[1'")
    points = [{"point": n, "x": 0.5, "y": 0.5, "velocity_ms": 1.15} for n in range(1, 10)]
    owner.execute("UPDATE baseline_air_velocities SET measurement_points = %s", (Jsonb(points),))
    found = owner.execute("SELECT measurement_points -> 8 ->> 'velocity_ms' FROM baseline_air_velocities").fetchone()
    assert found == ("1.15",)


def test_basements_lie_below_the_ground(owner: Connection, rows: Rows) -> None:
    below = {"floor_id": uuid4(), "floor_level": "Basement-1", "floor_number": -1, "height_m": -3.5}
    insert(owner, "floors", rows["floors"] | below)


def test_two_floors_of_a_stair_have_two_numbers(owner: Connection, rows: Rows) -> None:
    with pytest.raises(UniqueViolation):
        insert(owner, "floors", rows["floors"] | {"floor_id": uuid4(), "floor_level": "Lobby"})


@pytest.mark.parametrize(
    "statement",
    ["UPDATE baseline_history SET superseded_at = now()", "DELETE FROM baseline_history", "TRUNCATE baseline_history"],
)
def test_a_replaced_baseline_stays_as_it_was(owner: Connection, rows: Rows, statement: LiteralString) -> None:
    with pytest.raises(RestrictViolation):
        owner.execute(statement)


def test_two_versions_of_a_rule_never_hold_on_one_day(owner: Connection, rows: Rows) -> None:
    rule = rows["as1851_rules"]
    newer = {"rule_id": uuid4(), "version": "2", "effective_date": DAY}
    with pytest.raises(psycopg.errors.ExclusionViolation) as refused, owner.transaction():
        insert(owner, "as1851_rules", rule | newer)
    assert refused.value.diag.constraint_name == "ex_rules_one_in_force"
    with owner.transaction(force_rollback=True):
        insert(owner, "as1851_rules", rule | newer | {"active": False})  # withdrawn: it holds on no day
        insert(owner, "as1851_rules", rule | newer | {"rule_id": uuid4(), "rule_code": "SP-09"})
    owner.execute("UPDATE as1851_rules SET superseded_date = %s", (DAY,))
    insert(owner, "as1851_rules", rule | newer)


def test_r_20_a_rule_without_limits_needs_no_unit(owner: Connection, rows: Rows) -> None:
    """The seed of the field's documents stopped here: cause and effect has no unit."""
    bare = {"unit": None, "min_threshold": None, "max_threshold": None, "measurement_type": "cause_and_effect_logic"}
    insert(owner, "as1851_rules", rows["as1851_rules"] | bare | {"rule_id": uuid4(), "rule_code": "CE-01"})


def test_a_template_is_published_once(owner: Connection, rows: Rows) -> None:
    template = rows["test_instance_templates"] | {"template_instance_id": uuid4()}
    with pytest.raises(UniqueViolation) as refused, owner.transaction():
        insert(owner, "test_instance_templates", template)
    assert refused.value.diag.constraint_name == "uq_templates_scoped"
    owner.execute("UPDATE test_instance_templates SET retired_at = now()")
    insert(owner, "test_instance_templates", template)


def test_certificates_of_two_laboratories_may_share_a_number(owner: Connection, rows: Rows) -> None:
    row = rows["calibration_certificates"]
    with pytest.raises(UniqueViolation) as refused, owner.transaction():
        insert(owner, "calibration_certificates", row | {"cert_id": uuid4()})
    assert refused.value.diag.constraint_name == "uq_cert_number"
    insert(owner, "calibration_certificates", row | {"cert_id": uuid4(), "calibration_authority": "NATA 2"})
    owner.execute("UPDATE calibration_certificates SET withdrawn_at = now(), withdrawn_reason = 'wrong date'")
    insert(owner, "calibration_certificates", row | {"cert_id": uuid4()})
