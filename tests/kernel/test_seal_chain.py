"""The chain of seals beyond single rows: checkpoints, missing seals, keys, countersignatures, offline proofs."""

import json
import uuid
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from moto import mock_aws
from sqlalchemy import text

from cli.main import countersign
from domain.kernel.canonical import canonical_json
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError, Invalid, NotConfigured, NotFound, Unavailable
from domain.kernel.events import record
from domain.kernel.seals.checkpoints import configured_sink, read_checkpoint
from domain.kernel.seals.leaves import SEALED_TABLES, canonical_sql
from domain.kernel.seals.proof import check_proof, make_proof
from domain.kernel.settings import settings
from domain.kernel.signed import Decision
from domain.kernel.signing import Purpose, ensure_signing_keys, key_path, public_key_path, read_public_key
from tests.conftest import Database
from tests.kernel.gates_of_tests import ACTS, lay_down
from tests.kernel.ledger_acts import behind_the_triggers, event_ids, faults, seal, verify, write
from tests.makers import make_person


def test_removing_the_newest_seals_is_found_by_a_checkpoint(ledger: str, database: Database, tmp_path: Path) -> None:
    seal()
    write(1)
    seal()
    kept = settings().home_path / "public" / "checkpoints" / "T" / "00000002.json"
    apart = tmp_path / "kept.json"
    apart.write_bytes(kept.read_bytes())
    with behind_the_triggers(database, "events", "seals", "seal_leaves") as connection:
        connection.execute("DELETE FROM seal_leaves WHERE seal_id IN (SELECT seal_id FROM seals WHERE seal_number = 2)")
        connection.execute("DELETE FROM seals WHERE seal_number = 2")
    code, told = verify()
    assert (code, [fault[:2] for fault in faults(told)]) == (1, [("SEAL_MISSING", 2)])
    kept.unlink()
    assert [fault[:2] for fault in faults(verify("--checkpoint", str(apart))[1])][-1] == ("SEAL_MISSING", 2)


def test_removing_everything_of_a_tenant_is_found_by_its_checkpoint(ledger: str, database: Database) -> None:
    seal()
    with behind_the_triggers(database, "events", "seals", "seal_leaves") as connection:
        for table in ("seal_leaves", "seals", "events"):
            connection.execute(f"DELETE FROM {table} WHERE tenant_id = 'T'")  # type: ignore[arg-type]
    code, told = verify()
    assert (code, [fault[:2] for fault in faults(told)]) == (1, [("SEAL_MISSING", 1)])


def test_a_removed_seal_in_between_is_named(ledger: str, database: Database) -> None:
    for _ in range(3):
        seal()
        write(1)
    with behind_the_triggers(database, "seals") as connection:
        connection.execute("DELETE FROM seals WHERE seal_number = 2")
    found = [fault[:2] for fault in faults(verify()[1])]
    assert ("SEAL_MISSING", 3) in found
    assert ("LEAF_WITHOUT_SEAL", None) in found


def test_a_seal_that_somebody_without_the_key_made_anew_is_found(ledger: str, database: Database) -> None:
    seal()
    auditors = Path(settings().home_path / "auditors.pem")
    auditors.write_bytes(public_key_path(Purpose.SEAL).read_bytes())
    with behind_the_triggers(database, "seals") as connection:
        connection.execute("UPDATE seals SET root = repeat('0', 64)")
    found = {fault[0] for fault in faults(verify("--public-key", str(auditors))[1])}
    assert found == {"ROOT", "SEAL_CHANGED", "SEAL_SIGNATURE"}


def test_a_ledger_sealed_with_another_key_does_not_pass_the_auditors(ledger: str) -> None:
    auditors = Path(settings().home_path / "auditors.pem")
    auditors.write_bytes(public_key_path(Purpose.SEAL).read_bytes())
    key_path(Purpose.SEAL).unlink()
    ensure_signing_keys()
    seal()
    assert verify()[0] == 0
    code, told = verify("--public-key", str(auditors))
    assert (code, {fault[0] for fault in faults(told)}) == (1, {"SEAL_SIGNATURE"})


def test_without_the_key_nothing_is_sealed_and_the_sentence_says_so(ledger: str) -> None:
    key_path(Purpose.SEAL).unlink()
    with pytest.raises(NotConfigured, match="seal key is not there"):
        seal()
    assert verify()[1]["rows"] == 0


def approved() -> str:
    """One approval in T; answers its id."""
    signer = make_person("T", "signer", "REVIEWER")
    with transaction("T") as connection:
        proposal = lay_down(connection)
        answer = decide(
            connection, signer, ACTS, proposal.proposal_id, Decision.APPROVED, content_hash=proposal.content_hash
        )
    return str(answer.countersignature.countersignature_id)


def test_a_countersignature_removed_behind_the_triggers_is_named(ledger: str, database: Database) -> None:
    signed = approved()
    seal()
    assert verify()[0] == 0
    with behind_the_triggers(database, "countersignatures") as connection:
        connection.execute("DELETE FROM countersignatures WHERE countersignature_id = %s", (signed,))
    code, told = verify()
    assert (code, faults(told)) == (1, [("REMOVED", 1, signed, "test.plain")])


def test_a_countersignature_changed_behind_the_triggers_is_named_twice(ledger: str, database: Database) -> None:
    signed = approved()
    seal()
    with behind_the_triggers(database, "countersignatures") as connection:
        connection.execute("UPDATE countersignatures SET signer_role = 'ADMIN'")
    code, told = verify()
    assert code == 1
    assert faults(told) == [("CHANGED", 1, signed, "test.plain"), ("COUNTERSIGNATURE", None, signed, "test.plain")]


def test_a_countersignature_added_by_hand_is_named_before_it_is_sealed(ledger: str, database: Database) -> None:
    approved()
    seal()
    forged = str(uuid.uuid4())
    with behind_the_triggers(database, "countersignatures") as connection:
        connection.execute(
            "INSERT INTO countersignatures (countersignature_id, proposal_id, tenant_id, kind, subject_type,"
            " subject_id, content_hash, decision, signer_id, signer_role, meaning, signed_at, key_id, signature)"
            " SELECT %s, proposal_id, tenant_id, kind, subject_type, subject_id, content_hash, 'MORE_INFORMATION',"
            " signer_id, signer_role, meaning, signed_at, key_id, signature FROM countersignatures",
            (forged,),
        )
    code, told = verify()
    assert (code, faults(told)) == (1, [("COUNTERSIGNATURE", None, forged, "test.plain")])


# Everything that text and jsonb of PostgreSQL can hold.
words = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@profile(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.dictionaries(words, values, max_size=4), words, st.none() | words)
def test_the_databases_leaf_is_rfc_8785_of_every_column(
    ledger: str, payload: dict[str, Any], actor: str, entity: str | None
) -> None:
    with transaction("T") as connection:
        event_id = record(connection, "test.leaf", actor_id=actor, actor_role="R", entity_id=entity, payload=payload)
        leaf = connection.execute(
            text(f"SELECT {canonical_sql(SEALED_TABLES[0], 'r')} FROM events AS r WHERE event_id = :id"),
            {"id": event_id},
        ).scalar_one()
        stored = connection.execute(
            text("SELECT actor_id, entity_id FROM events WHERE event_id = :id"), {"id": event_id}
        ).one()
    read = json.loads(leaf)
    assert canonical_json(read) == leaf.encode()
    assert (read["actor_id"], read["entity_id"]) == tuple(stored)
    assert read["event_id"] == str(event_id)


@pytest.mark.parametrize("leafed", SEALED_TABLES, ids=lambda leafed: leafed.table)
def test_a_leaf_has_every_column_of_its_table(database: Database, leafed: Any) -> None:
    with transaction(None) as connection:
        columns = connection.execute(
            text(
                "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:name AS regclass) AND attnum > 0"
                " AND NOT attisdropped"
            ),
            {"name": leafed.table},
        ).scalars()
        assert set(columns) == set(leafed.columns)


def proof_of(event_id: str) -> dict[str, Any]:
    with transaction("T") as connection:
        return make_proof(connection, uuid.UUID(event_id))


def test_every_event_has_a_proof_that_is_checked_offline(ledger: str, tmp_path: Path) -> None:
    seal()
    write(4)
    seal()
    key = read_public_key(public_key_path(Purpose.SEAL))
    found = [check_proof(json.loads(json.dumps(proof_of(event_id))), key).seal_number for event_id in event_ids()]
    assert found == [1] * 5 + [2] * 4


def test_a_proof_file_is_checked_without_a_database(
    ledger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal()
    file, key = tmp_path / "proof.json", tmp_path / "key.pem"
    key.write_bytes(public_key_path(Purpose.SEAL).read_bytes())
    document = proof_of(event_ids()[3])
    file.write_text(json.dumps(document))
    with monkeypatch.context() as cut_off:
        cut_off.setattr("domain.kernel.db.engine_for", None)
        done = CliRunner().invoke(countersign, ["verify", "event", str(file), "--public-key", str(key), "--json"])
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (0, "ok")
    file.write_text(json.dumps(document | {"leaf": document["leaf"].replace('"ada"', '"eve"')}))
    done = CliRunner().invoke(countersign, ["verify", "event", str(file), "--public-key", str(key), "--json"])
    assert (done.exit_code, json.loads(done.stdout)["code"]) == (1, "PROOF_FAILED")


def test_there_is_no_proof_before_the_seal_nor_of_what_was_touched(ledger: str, database: Database) -> None:
    event_id = event_ids()[0]
    with pytest.raises(Conflict) as caught:
        proof_of(event_id)
    assert caught.value.code == "NOT_SEALED_YET"
    seal()
    with behind_the_triggers(database) as connection:
        connection.execute("UPDATE events SET status = 'other' WHERE event_id = %s", (event_id,))
    with pytest.raises(Conflict) as caught:
        proof_of(event_id)
    assert caught.value.code == "SEAL_BROKEN"
    with pytest.raises(NotFound):
        proof_of(str(uuid.uuid4()))


@profile(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.data())
def test_no_spoilt_proof_passes_and_none_breaks_the_check(ledger: str, data: st.DataObject) -> None:
    if not verify_made.get(ledger_key := str(settings().home_path)):
        seal()
        verify_made[ledger_key] = proof_of(event_ids()[1])
    document = json.loads(json.dumps(verify_made[ledger_key]))
    key = read_public_key(public_key_path(Purpose.SEAL))
    inside = data.draw(st.booleans())
    target = document["seal"] if inside else document
    name = data.draw(st.sampled_from(sorted(target)))
    other = data.draw(values | st.lists(words, max_size=4))
    if target[name] == other and type(target[name]) is type(other):
        return
    target[name] = other
    with pytest.raises((Conflict, Invalid)):
        check_proof(document, key)


verify_made: dict[str, dict[str, Any]] = {}


def test_checkpoints_go_to_a_bucket_where_one_is_set(ledger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_CHECKPOINT_SINK", "s3://evidence/of/ledger")
    for name, value in {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    settings.cache_clear()
    with mock_aws():
        place = {"LocationConstraint": "eu-central-1"}
        boto3.client("s3", region_name="eu-central-1").create_bucket(Bucket="evidence", CreateBucketConfiguration=place)
        made = seal()
        assert configured_sink().tenants() == ["T"]
        assert configured_sink().newest("T") == made
        assert configured_sink().newest("U") is None
        assert seal() is None
        assert verify()[1]["tenants"][-1]["checkpoint"] == 1


def test_a_checkpoint_that_could_not_be_written_is_made_up_for(ledger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = settings().home_path / "blocked"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    monkeypatch.setenv("COUNTERSIGN_CHECKPOINT_SINK", str(folder))
    settings.cache_clear()
    with pytest.raises(Unavailable, match="The ledger is sealed"):
        seal()
    folder.unlink()
    assert seal() is None
    kept = read_checkpoint(folder / "T" / "00000001.json")
    assert (kept.seal_number, kept.total) == (1, 5)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "countersign-seal/1"}', "\u0000"])
def test_what_is_no_checkpoint_is_refused_with_a_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(CountersignError, match=r"not the document|cannot be read"):
        read_checkpoint(path)
