"""GridLens on a utility's own tables: six variants, both write modes, both shapes of ami_events, nothing altered."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cli.main import countersign
from cli.services.postgres import Postgres
from domain.grid.metering.observe.estimates import estimate_missing
from domain.grid.metering.observe.publish import PublishResult, publish
from domain.grid.metering.observe.quickcheck import quickcheck, status
from domain.grid.metering.observe.scenarios import Wish, cancel, inject
from domain.grid.metering.rules.scenario import Kind
from domain.kernel import migrate
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError, Forbidden, Invalid, NotConfigured
from domain.kernel.settings import WriteMode, settings
from tests.conftest import Database, bind, clone, drop, empty, unbind
from tests.grid.metering.attached_tables import EVENTS_001, EVENTS_003, READS, SCHEMA, VARIANTS, Variant, make_tables
from tests.makers import make_tenant
from tests.processes import FRESH, exit_codes

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
NO_KEY = replace(Variant(), key="")


@pytest.fixture
def utility(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Settings that point GridLens at the utility's schema; the test makes the tables."""
    monkeypatch.setenv("COUNTERSIGN_ATTACHED_SCHEMA", SCHEMA)
    settings.cache_clear()
    make_tenant("T")
    return database


def ask(database: Database, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.urls["superuser"]) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def reads_hash(database: Database) -> tuple[int, str]:
    """Which reads stand, in words that every variant can say."""
    rows = ask(
        database,
        f"SELECT meter_id::text, read_at AT TIME ZONE 'UTC', kwh::float8 FROM {SCHEMA}.meter_reads_electric"
        ' ORDER BY meter_id::text COLLATE "C", read_at, kwh',
    )
    return len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()


def publish_noon(mode: WriteMode = WriteMode.SAFE, **kwargs: object) -> PublishResult:
    values: dict[str, object] = {"window_end": NOON, "mode": mode, "now": NOON, "actor": "test"} | kwargs
    return publish("T", **values)  # type: ignore[arg-type]


def forget_batches(database: Database) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("DELETE FROM read_batches")


def rolled_up() -> tuple[int, int]:
    with transaction("T") as connection:
        row = connection.execute(text("SELECT sum(reads_received), sum(metered_dwh) FROM gl_feeder_interval")).one()
    return int(row[0]), int(row[1])


@pytest.fixture
def utilities(server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Database]]:
    """One database after the other, each with the tenant and a schema to fill."""
    monkeypatch.setenv("COUNTERSIGN_ATTACHED_SCHEMA", SCHEMA)
    made: list[Database] = []

    def another() -> Database:
        if made:
            unbind()
        made.append(clone(server))
        bind(made[-1], tmp_path / "home", monkeypatch)
        make_tenant("T")
        return made[-1]

    yield another
    unbind()
    for one in made:
        drop(server, one)


def test_six_schema_variants_are_found_and_give_the_same_reads(utilities: Callable[[], Database]) -> None:
    hashes = {}
    for name, variant in VARIANTS.items():
        utility = utilities()
        make_tables(utility, variant)
        result = publish_noon()
        assert result.counts["meters"] == 36
        hashes[name] = reads_hash(utility)
        assert hashes[name][0] == result.counts["inserted"] == rolled_up()[0] > 30
        with transaction("T") as connection:
            found = status(connection, NOON)["schema_map"]
            told = quickcheck(connection, "T", masked=False)
        assert found["mapping"]["join"] == f"meters.{variant.meter_ref} -> feeders.{variant.feeder_ref}"
        assert found["coverage_pct"] == 100
        assert {row["feeder_id"] for row in told["feeders_now"]} == {"FEEDER_1", "FEEDER_2", "FEEDER_3"}
        assert 0 < told["overall"]["current_loss_pct"] < 15
    assert len(hashes) == 6
    assert len(set(hashes.values())) == 1


@pytest.mark.parametrize(
    ("mode", "variant"), [(WriteMode.SAFE, Variant()), (WriteMode.UPSERT, Variant()), (WriteMode.SAFE, NO_KEY)]
)
def test_publishing_again_changes_nothing_with_or_without_the_batch_ledger(
    utility: Database, mode: WriteMode, variant: Variant
) -> None:
    make_tables(utility, variant)
    publish_noon(mode)
    before, sums = reads_hash(utility), rolled_up()
    assert publish_noon(mode).already_published
    forget_batches(utility)
    again = publish_noon(mode)
    assert (again.counts["inserted"], again.counts["updated"], again.counts["kept_versions"]) == (0, 0, 0)
    assert (reads_hash(utility), rolled_up()) == (before, sums)
    forget_batches(utility)
    publish_noon(mode, window_start=NOON - timedelta(hours=1))
    assert rolled_up()[0] == reads_hash(utility)[0]


def _publish_seed(seed: int, together: Barrier) -> None:
    together.wait(120)
    publish_noon(seed=seed, window_start=NOON - timedelta(hours=6))


def test_without_a_unique_key_eight_processes_at_once_make_no_duplicates(utility: Database) -> None:
    """Each process has another population, so that no batch ledger comes to help."""
    make_tables(utility, NO_KEY, meters=20)
    together = FRESH.Barrier(8)
    assert exit_codes(_publish_seed, [(seed, together) for seed in range(8)], 240) == [0] * 8
    reads, distinct = ask(
        utility, f"SELECT count(*), count(DISTINCT (tenant_id, meter_id, read_at)) FROM {SCHEMA}.meter_reads_electric"
    )[0]
    assert reads == distinct == 60 * 24  # where dirt loses a read for one population, another has it
    assert ask(utility, "SELECT count(*) FROM read_batches") == [(8,)]
    assert rolled_up()[0] == reads


def test_upsert_without_a_unique_key_is_refused_and_nothing_is_stored(utility: Database) -> None:
    make_tables(utility, NO_KEY)
    with pytest.raises(Conflict, match="no unique key") as caught:
        publish_noon(WriteMode.UPSERT)
    assert caught.value.code == "UPSERT_NEEDS_KEY"
    assert reads_hash(utility)[0] == 0


def test_upsert_replaces_what_differs_and_keeps_the_former_value(utility: Database) -> None:
    make_tables(utility, replace(Variant(), reads=READS + ", updated_at timestamptz"))
    publish_noon(WriteMode.UPSERT)
    before = dict(ask(utility, f"SELECT meter_id, kwh::float8 FROM {SCHEMA}.meter_reads_electric"))
    theft = Wish(Kind.THEFT, "FEEDER_2", 60, severity=0.7, starts_at=NOON - timedelta(minutes=15))
    inject("T", theft, now=NOON, actor="test", actor_role="OPERATOR")
    replaced = publish_noon(WriteMode.UPSERT)
    after = dict(ask(utility, f"SELECT meter_id, kwh::float8 FROM {SCHEMA}.meter_reads_electric"))
    changed = {meter for meter in before if before[meter] != after[meter]}
    assert len(changed) == replaced.counts["updated"] > 0
    kept = dict(ask(utility, "SELECT meter_id, kwh FROM meter_read_versions WHERE kind = 'replaced'"))
    assert kept == {meter: before[meter] for meter in changed}
    marked = ask(utility, f"SELECT meter_id FROM {SCHEMA}.meter_reads_electric WHERE updated_at IS NOT NULL")
    assert {row[0] for row in marked} == changed
    assert rolled_up()[1] == ask(utility, f"SELECT sum(round(kwh * 10000)) FROM {SCHEMA}.meter_reads_electric")[0][0]


def test_the_same_event_in_either_shape_of_ami_events_gives_the_same_reads(utilities: Callable[[], Database]) -> None:
    """Inserted by the utility's own hand, with the columns of its own table."""
    hashes = []
    for events, start, end in (
        (EVENTS_001, "starts_at", "ends_at"),
        (EVENTS_003, "start_at", "end_at"),
        (None, "", ""),
    ):
        utility = utilities()
        make_tables(utility, replace(Variant(), events=events or EVENTS_001))
        if events is not None:
            with psycopg.connect(utility.urls["superuser"]) as connection:
                connection.execute(
                    f"INSERT INTO {SCHEMA}.ami_events (tenant_id, feeder_id, event_type, severity, {start}, {end})"  # type: ignore[arg-type]
                    " VALUES ('T', 'FEEDER_2', 'theft', 0.7, %s, %s)",
                    (NOON - timedelta(hours=1), NOON + timedelta(hours=1)),
                )
        publish_noon()
        hashes.append(reads_hash(utility))
    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]


@pytest.mark.parametrize("events", [EVENTS_001, EVENTS_003], ids=["001", "003"])
def test_an_injected_event_stands_in_the_utilitys_table_and_can_be_cancelled(utility: Database, events: str) -> None:
    make_tables(utility, replace(Variant(), events=events))
    done = inject("T", Wish(Kind.COMMS_OUTAGE, "FEEDER_1", 60), now=NOON, actor="test", actor_role="OPERATOR")
    assert ask(utility, f"SELECT id::text, feeder_id, event_type FROM {SCHEMA}.ami_events") == [
        (done.scenario.event_id, "FEEDER_1", "comms_outage")
    ]
    publish_noon(window_end=NOON + timedelta(minutes=15))
    assert not ask(utility, f"SELECT 1 FROM {SCHEMA}.meter_reads_electric WHERE feeder_id = 'FEEDER_1'")
    cancel("T", done.scenario.event_id, now=NOON, actor="test", actor_role="OPERATOR")
    publish_noon(window_end=NOON + timedelta(minutes=30))
    assert ask(utility, f"SELECT 1 FROM {SCHEMA}.meter_reads_electric WHERE feeder_id = 'FEEDER_1'")
    if events == EVENTS_003:
        assert ask(utility, f"SELECT is_active FROM {SCHEMA}.ami_events") == [(False,)]


def test_an_event_by_meters_alone_is_refused_where_the_table_wants_a_feeder(utility: Database) -> None:
    make_tables(utility, VARIANTS["events_003"])
    with pytest.raises(Invalid, match="keeps no event without a feeder"):
        inject("T", Wish(Kind.THEFT, None, 60, meter_ids=("M010001",)), now=NOON, actor="t", actor_role="OPERATOR")
    assert ask(utility, "SELECT count(*) FROM ami_events") == [(0,)]


TWO_WAYS = replace(
    Variant(),
    meters="meter_id text PRIMARY KEY, tenant_id text NOT NULL, {ref} NOT NULL, feeder_code text",
    feeders="feeder_id text PRIMARY KEY, tenant_id text NOT NULL, code text",
)
AGREE = ("UPDATE {s}.feeders SET code = 'C-' || feeder_id", "UPDATE {s}.meters SET feeder_code = 'C-' || feeder_id")


def test_two_joins_that_disagree_on_one_meter_are_refused_with_both_printed(utility: Database) -> None:
    moved = "UPDATE {s}.meters SET feeder_code = 'C-FEEDER_3' WHERE meter_id = 'M010003'"
    make_tables(utility, replace(TWO_WAYS, extra=(*AGREE, moved)))
    with pytest.raises(Conflict) as caught:
        publish_noon()
    assert caught.value.code == "JOIN_AMBIGUOUS"
    for said in (
        "meters.feeder_id -> feeders.feeder_id: 100.0 %",
        "meters.feeder_code -> feeders.code: 100.0 %",
        "M010003",
    ):
        assert said in str(caught.value)
    assert reads_hash(utility)[0] == 0
    assert ask(utility, "SELECT count(*) FROM schema_map") == [(0,)]


def test_two_joins_that_agree_are_one_and_the_preferred_is_named(utility: Database) -> None:
    make_tables(utility, replace(TWO_WAYS, extra=AGREE))
    publish_noon()
    assert ask(utility, "SELECT mapping ->> 'join' FROM schema_map") == [("meters.feeder_id -> feeders.feeder_id",)]


def test_the_join_that_reaches_more_meters_is_taken_before_the_preferred_one(utility: Database) -> None:
    gap = "UPDATE {s}.meters SET feeder_id = 'GONE' WHERE meter_id = 'M010003'"
    make_tables(utility, replace(TWO_WAYS, extra=(*AGREE, gap)))
    publish_noon()
    assert ask(utility, "SELECT mapping ->> 'join' FROM schema_map") == [("meters.feeder_code -> feeders.code",)]


def test_a_join_below_95_percent_of_the_meters_is_refused(utility: Database) -> None:
    lost = "UPDATE {s}.meters SET feeder_id = 'GONE' WHERE meter_id IN ('M010001', 'M020001')"
    make_tables(utility, replace(Variant(), extra=(lost,)))
    with pytest.raises(Conflict, match=r"94\.4 % of 36 meters") as caught:
        publish_noon()
    assert caught.value.code == "JOIN_COVERAGE"
    assert reads_hash(utility)[0] == 0


FOREIGN = {
    "without voltage": "tenant_id text, meter_id text, read_at timestamptz, kwh double precision",
    "flags as bits": (
        "tenant_id text, meter_id text, read_at timestamptz, kwh real, voltage real, quality_flags smallint"
    ),
    "flags as a list": (
        "tenant_id varchar(20), meter_id varchar(20), read_at timestamptz, kwh numeric(12,3), quality_flags text[]"
    ),
    "flags as json": "tenant_id text, meter_id text, read_at timestamp, kwh numeric, quality_flags jsonb",
    "with source": "tenant_id text, meter_id text, read_at timestamptz, kwh numeric, source text, interval_minutes int",
}


@pytest.mark.parametrize("name", list(FOREIGN))
@pytest.mark.parametrize("mode", list(WriteMode))
def test_reads_are_written_with_the_columns_and_types_that_exist(utility: Database, name: str, mode: WriteMode) -> None:
    make_tables(utility, replace(Variant(), reads=FOREIGN[name]))
    publish_noon(mode)
    count, before = reads_hash(utility)
    assert count == rolled_up()[0] > 30
    forget_batches(utility)
    again = publish_noon(mode)
    assert (again.counts["inserted"], again.counts["updated"]) == (0, 0)
    assert reads_hash(utility) == (count, before)
    origin = f"{SCHEMA}.meter_reads_electric" if name == "with source" else "gl_read_origin"
    assert ask(utility, f"SELECT source, count(*) FROM {origin} GROUP BY source") == [("GL_EMULATOR", count)]
    if "quality_flags" in FOREIGN[name]:
        flags = ask(utility, f"SELECT DISTINCT quality_flags FROM {SCHEMA}.meter_reads_electric")
        assert {json.dumps(row[0]) for row in flags} <= {"1", "513", "5", '["A"]', '["A", "V"]', '["A", "L"]'}
    with transaction("T") as connection:
        assert quickcheck(connection, "T", masked=False)["overall"]["current_loss_pct"] is not None


def test_tables_without_a_tenant_column_serve_the_one_tenant_that_is_named(
    utility: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    single = Variant(
        meters="meter_id text PRIMARY KEY, {ref} NOT NULL",
        feeders="feeder_id text PRIMARY KEY",
        reads="meter_id text, read_at timestamptz, kwh numeric",
        key="PRIMARY KEY (meter_id, read_at)",
    )
    make_tables(utility, single)
    with pytest.raises(Forbidden, match="do not say whose"):
        publish_noon()
    assert reads_hash(utility)[0] == 0
    monkeypatch.setenv("COUNTERSIGN_GRIDLENS_TENANT", "T")
    settings.cache_clear()
    assert publish_noon(WriteMode.UPSERT).counts["inserted"] == reads_hash(utility)[0] > 30


def test_another_tenants_rows_in_the_same_tables_are_neither_read_nor_written(utility: Database) -> None:
    others = (
        "INSERT INTO {s}.feeders SELECT 'X-' || feeder_id, 'OTHER' FROM {s}.feeders",
        "INSERT INTO {s}.meters SELECT 'X-' || meter_id, 'OTHER', 'X-' || feeder_id FROM {s}.meters",
        "INSERT INTO {s}.meter_reads_electric (tenant_id, meter_id, read_at, kwh)"
        " SELECT 'OTHER', meter_id, '2026-11-20 17:00Z', 99 FROM {s}.meters",
    )
    make_tables(utility, replace(Variant(), extra=others))
    result = publish_noon(WriteMode.UPSERT)
    assert result.counts["meters"] == 36
    assert result.counts["updated"] == 0
    rows = ask(utility, f"SELECT tenant_id, count(*) FROM {SCHEMA}.meter_reads_electric GROUP BY 1 ORDER BY 1")
    assert rows == [("OTHER", 72), ("T", result.counts["inserted"])]
    assert rolled_up()[0] == result.counts["inserted"]


def test_reads_that_stood_before_even_estimates_are_kept_in_safe_mode_and_rolled_up(utility: Database) -> None:
    stood = (
        "INSERT INTO {s}.meter_reads_electric (tenant_id, meter_id, read_at, kwh, quality_flags)"
        " VALUES ('T', 'M010000', '2026-11-20 17:00Z', 7.5, 'E'), ('T', 'M010000', '2026-11-20 16:45Z', 0.25, NULL)"
    )
    make_tables(utility, replace(Variant(), extra=(stood,)))
    result = publish_noon()
    assert ask(
        utility, f"SELECT kwh FROM {SCHEMA}.meter_reads_electric WHERE meter_id = 'M010000' ORDER BY read_at"
    ) == [(0.25,), (7.5,)]
    assert result.counts["skipped"] == result.counts["kept_versions"] == 1
    assert rolled_up()[0] == result.counts["inserted"] + 1  # an estimate stands beside what was received
    assert ask(utility, "SELECT kwh_dwh FROM gl_meter_day WHERE meter_id = 'M010000'") == [(77_500,)]


def test_nothing_is_estimated_into_a_table_that_is_not_ours(utility: Database) -> None:
    make_tables(utility, Variant())
    publish_noon()
    with pytest.raises(Conflict, match="own table"):
        estimate_missing("T", date(2026, 11, 18), now=NOON, actor="test")


def test_a_meters_usual_energy_comes_from_its_trailing_reads_once_else_20_kwh(utility: Database) -> None:
    history = (
        "INSERT INTO {s}.meter_reads_electric (tenant_id, meter_id, read_at, kwh) SELECT 'T', 'M010000', t, 0.5"
        " FROM generate_series('2026-11-10'::timestamptz, '2026-11-13'::timestamptz, interval '15 minutes') AS t"
    )
    make_tables(utility, replace(Variant(), extra=(history,)))
    publish_noon(window_start=NOON - timedelta(hours=6))
    usual = dict(ask(utility, "SELECT meter_id, base_kwh_day FROM meters WHERE meter_id <= 'M010001'"))
    assert usual == {"M010000": pytest.approx(48.0), "M010001": 20.0}
    publish_noon(window_end=NOON + timedelta(minutes=15))
    assert dict(ask(utility, "SELECT meter_id, base_kwh_day FROM meters WHERE meter_id <= 'M010001'")) == usual


VIEWS = (
    "CREATE VIEW {s}.v_kpi_electric_overview_daily AS SELECT tenant_id, read_at::date AS read_date, sum(kwh) AS kwh"
    " FROM {s}.meter_reads_electric GROUP BY 1, 2",
    "CREATE VIEW {s}.v_kpi_suspicious_meters_daily AS SELECT tenant_id, read_at::date AS read_date, meter_id,"
    " 'Ada Lovelace' AS customer, max(kwh) AS peak FROM {s}.meter_reads_electric GROUP BY 1, 2, 3",
)
DEFINITIONS = """
SELECT c.oid::regclass::text, c.relkind::text,
  md5(CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) ELSE '' END),
  (SELECT string_agg(concat_ws(' ', a.attname, a.atttypid::regtype, a.attnotnull, a.atthasdef), ';' ORDER BY a.attnum)
   FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0),
  (SELECT count(*) FROM pg_constraint AS k WHERE k.conrelid = c.oid),
  (SELECT count(*) FROM pg_trigger AS t WHERE t.tgrelid = c.oid),
  c.relrowsecurity, c.relacl::text, c.xmin::text
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'utility' AND c.relkind IN ('r', 'v', 'i', 'S') ORDER BY 1
"""


@pytest.fixture
def azure(server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database that Countersign has never seen, whose schema public is a utility's."""
    made = empty(server)
    bind(made, tmp_path / "home", monkeypatch)
    make_tables(made, replace(Variant(), extra=VIEWS), schema="public")
    yield made
    unbind()
    drop(server, made)


def test_our_own_tables_are_not_made_among_tables_of_others(azure: Database) -> None:
    before = ask(azure, DEFINITIONS.replace("utility", "public"))
    with pytest.raises(Conflict, match="COUNTERSIGN_ATTACHED_SCHEMA=public") as caught:
        migrate.apply()
    assert "feeders, meter_reads_electric, meters" in str(caught.value)
    assert ask(azure, DEFINITIONS.replace("utility", "public")) == before


def test_a_utilitys_public_schema_is_attached_with_ours_beside_it(
    azure: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From an untouched database to a moved KPI, and not one definition in public is another afterwards."""
    with psycopg.connect(azure.urls["superuser"]) as connection:
        for role in ("app", "loader", "machine"):
            connection.execute(f"GRANT USAGE ON SCHEMA public TO countersign_{role}")
    before = ask(azure, DEFINITIONS.replace("utility", "public"))
    monkeypatch.setenv("COUNTERSIGN_ATTACHED_SCHEMA", "public")
    settings.cache_clear()
    migrate.apply()
    assert migrate.apply()["status"] == "up to date"
    make_tenant("T")
    result = publish_noon(WriteMode.UPSERT)
    inject("T", Wish(Kind.THEFT, "FEEDER_2", 60), now=NOON, actor="test", actor_role="OPERATOR")
    publish_noon(WriteMode.UPSERT, window_end=NOON + timedelta(minutes=15))
    assert ask(azure, DEFINITIONS.replace("utility", "public")) == before
    assert ask(azure, "SELECT count(*) > 30 FROM public.meter_reads_electric") == [(True,)]
    assert ask(azure, "SELECT count(*) FROM public.ami_events") == [(1,)]
    assert ask(azure, "SELECT count(*) FROM countersign.read_batches") == [(2,)]
    with transaction("T") as connection:
        told = quickcheck(connection, "T", masked=False)
    assert told["overview_last5"][0]["kwh"] > 0
    assert told["overall"]["current_loss_pct"] > 0
    assert result.counts["meters"] == 36


def test_no_definition_of_theirs_is_touched_and_their_kpi_views_move(utility: Database) -> None:
    make_tables(utility, replace(Variant(), extra=VIEWS))
    before = ask(utility, DEFINITIONS)
    assert len(before) > 8
    publish_noon(WriteMode.UPSERT)
    inject("T", Wish(Kind.THEFT, "FEEDER_2", 60), now=NOON, actor="test", actor_role="OPERATOR")
    publish_noon(WriteMode.UPSERT, window_end=NOON + timedelta(minutes=15))
    assert ask(utility, DEFINITIONS) == before
    with transaction("T") as connection:
        told = quickcheck(connection, "T", masked=False)
        masked = json.dumps(quickcheck(connection, "T", masked=True), default=str)
    assert told["overview_last5"][0]["kwh"] > 0
    assert told["suspicious_last10"][0]["customer"] == "Ada Lovelace"
    assert "Ada Lovelace" not in masked
    assert "M010001" not in masked


@pytest.mark.parametrize(
    ("reads", "said"),
    [
        ("tenant_id text, meter_id text, read_at timestamptz", "no column for kwh"),
        ("tenant_id text, meter_id text, read_at date, kwh numeric", "no column for read_at"),
        (READS + ", register_no int NOT NULL", "meter_reads_electric.register_no must be given"),
    ],
)
def test_tables_that_cannot_be_written_are_refused_with_what_is_missing(
    utility: Database, reads: str, said: str
) -> None:
    make_tables(utility, replace(Variant(), reads=reads, key=""))
    with pytest.raises(Conflict, match=said):
        publish_noon()


def test_missing_privileges_are_told_as_the_statements_that_give_them(utility: Database) -> None:
    make_tables(utility, Variant())
    with psycopg.connect(utility.urls["superuser"]) as connection:
        connection.execute(f"REVOKE ALL ON {SCHEMA}.meter_reads_electric FROM countersign_loader")
    with pytest.raises(NotConfigured) as caught:
        publish_noon()
    statements = [str(error["message"]) for error in caught.value.errors]
    assert 'GRANT INSERT ON "utility"."meter_reads_electric" TO "countersign_loader";' in statements
    with psycopg.connect(utility.urls["superuser"]) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]
    assert publish_noon().counts["inserted"] > 30


def test_the_emulator_refuses_a_real_utility_on_its_own_tables(utility: Database) -> None:
    make_tables(utility, Variant())
    with psycopg.connect(utility.urls["superuser"]) as connection:
        connection.execute("UPDATE tenants SET is_demo = false WHERE tenant_id = 'T'")
    with pytest.raises(Forbidden, match="not marked as a demo"):
        publish_noon()
    with pytest.raises(Forbidden):
        inject("T", Wish(Kind.THEFT, "FEEDER_2", 60), now=NOON, actor="test", actor_role="OPERATOR")
    assert reads_hash(utility)[0] == 0
    assert ask(utility, f"SELECT count(*) FROM {SCHEMA}.ami_events") == [(0,)]


def test_a_mapping_is_a_new_version_only_when_the_tables_change(utility: Database) -> None:
    make_tables(utility, Variant())
    publish_noon()
    publish_noon(window_end=NOON + timedelta(minutes=15))
    told = (
        "SELECT (SELECT count(*) FROM schema_map),"
        " (SELECT count(*) FROM events WHERE event_type = 'grid.schema.detected')"
    )
    assert ask(utility, told) == [(1, 1)]
    with psycopg.connect(utility.urls["superuser"]) as connection:
        connection.execute(f"ALTER TABLE {SCHEMA}.meter_reads_electric ADD updated_at timestamptz")
    publish_noon(window_end=NOON + timedelta(minutes=30))
    assert ask(utility, told) == [(2, 2)]


def run(*arguments: str) -> tuple[int, str]:
    """The command, with what it said or what its error says."""
    result = CliRunner().invoke(countersign, ["grid", "schema", "--tenant", "T", *arguments])
    if isinstance(result.exception, CountersignError):
        return result.exit_code, str(result.exception)
    return result.exit_code, result.stdout


def test_the_command_shows_mapping_coverage_and_candidates(utility: Database) -> None:
    make_tables(utility, replace(TWO_WAYS, extra=AGREE))
    code, said = run()
    assert code == 0
    for part in (
        "meters.feeder_id -> feeders.feeder_id",
        "100.0 %",
        "meters.feeder_code -> feeders.code",
        "kwh",
        "utility",
    ):
        assert part in said
    code, said = run("--json")
    told = json.loads(said)
    assert told["version"] == 1
    assert [one["coverage_pct"] for one in told["candidates"]] == [100.0, 100.0]
    assert told["candidates"][0]["is_chosen"]
    assert told["write_modes"] == ["safe", "upsert"]


def test_our_own_tables_are_mapped_and_shown_as_well(database: Database) -> None:
    from tests.makers import make_fleet

    make_fleet()
    publish_noon()
    with transaction("T") as connection:
        found = status(connection, NOON)["schema_map"]
    assert (found["mapping"]["join"], found["coverage_pct"]) == ("meters.feeder_id -> feeders.feeder_id", 100)
    code, said = run("--json")
    assert (code, json.loads(said)["is_attached"]) == (0, False)
