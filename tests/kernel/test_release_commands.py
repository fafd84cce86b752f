"""`countersign migrate` and `countersign release` at the command line: what they print, propose and refuse."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import countersign
from domain.kernel import migrate
from domain.kernel.errors import Conflict, CountersignError, Invalid
from domain.kernel.release.deployment import endpoints, sample
from domain.kernel.settings import DbRole, settings
from domain.kernel.signing import Purpose, ensure_signing_keys, public_key_path
from tests.conftest import Database, Postgres, application, bind, clone, drop, empty, unbind
from tests.kernel.releases import GATE, make_approver, put_back, revision_of, sign


def run(*arguments: str) -> Result:
    return CliRunner().invoke(countersign, arguments)


def refused(code: str, *arguments: str) -> CountersignError:
    error = run(*arguments).exception
    assert isinstance(error, CountersignError), error
    assert error.code == code
    return error


def in_env(monkeypatch: pytest.MonkeyPatch, env: str) -> None:
    ensure_signing_keys()
    monkeypatch.setenv("COUNTERSIGN_ENV", env)
    settings.cache_clear()


def test_plan_prints_the_checklist_and_everything_on_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    put_back()
    in_env(monkeypatch, "prod")
    told = json.loads(run("migrate", "--plan", "--json").output)
    printed = run("migrate", "--plan").output
    assert told["proposal"]["state"] == "WAITING"
    for part in (told["sql"], told["sha256"], told["rollback"], told["rollback_sha256"], told["rollback_plan"]):
        assert part in printed
    assert "Ready for approval (prod)" in printed
    assert f"[ ] Approve migrations in PROD: by a RELEASE_APPROVER, over {told['content_hash']}" in printed
    assert all(f"{digest}  {path}" in printed for path, digest in told["files"].items())
    assert json.loads(run("release", "show", "migration", "--json").output)["state"] == "WAITING"


def test_apply_at_the_command_line_waits_for_the_signature(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    put_back()
    in_env(monkeypatch, "pilot")
    refused("GATE_REQUIRED", "migrate", "--apply")
    sign(json.loads(run("migrate", "--json").output), make_approver())
    assert "[x] Approve migrations in PILOT" in run("migrate").output
    assert "COUNTERSIGNED" in run("migrate", "--apply").output
    assert "nothing to do" in run("migrate").output
    assert "verification queries found nothing" in run("migrate", "--verify").output
    done = json.loads(run("migrate", "--rollback-to", GATE, "--json").output)
    assert (done["action"], done["status"], revision_of(database)) == ("rollback", "rolled back", GATE)


@pytest.fixture
def desk_and_empty(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Database, Database]]:
    """A dev copy with people, and an empty database."""
    desk, new = clone(server), empty(server)
    bind(desk, tmp_path / "home", monkeypatch)
    yield desk, new
    unbind()
    drop(server, desk)
    drop(server, new)


def test_an_empty_pilot_database_is_built_by_an_approval_that_was_signed_elsewhere(
    desk_and_empty: tuple[Database, Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, new = desk_and_empty
    planned = json.loads(run("migrate", "--plan", "--from-empty", "--for", "pilot", "--json").output)
    approval = tmp_path / "approval.json"
    refused("GATE_REQUIRED", "release", "export", "--env", "pilot")
    sign(planned, make_approver())
    assert "Wrote" in run("release", "export", "--env", "pilot", "--out", str(approval)).output
    key, other = public_key_path(Purpose.COUNTERSIGN), public_key_path(Purpose.SEAL)
    bind(new, tmp_path / "pilot", monkeypatch)
    in_env_of = {"pilot": "GATE_REQUIRED", "prod": "GATE_REQUIRED"}
    for env, code in in_env_of.items():
        monkeypatch.setenv("COUNTERSIGN_ENV", env)
        settings.cache_clear()
        refused(code, "migrate", "--apply")
    refused("GATE_REQUIRED", "migrate", "--apply", "--approval", str(approval), "--public-key", str(key))
    monkeypatch.setenv("COUNTERSIGN_ENV", "pilot")
    settings.cache_clear()
    refused("BAD_SIGNATURE", "migrate", "--apply", "--approval", str(approval), "--public-key", str(other))
    forged = tmp_path / "forged.json"
    given = json.loads(approval.read_text())
    given["content"]["release"]["sql"] += "-- more"
    forged.write_text(json.dumps(given))
    refused("HASH_MISMATCH", "migrate", "--apply", "--approval", str(forged), "--public-key", str(key))
    for broken in ("{}", "[]", "no JSON", json.dumps(given | {"countersignature": {}})):
        forged.write_text(broken)
        refused("INVALID", "migrate", "--apply", "--approval", str(forged), "--public-key", str(key))
    done = run("migrate", "--apply", "--approval", str(approval), "--public-key", str(key))
    assert "COUNTERSIGNED" in done.output, done.exception
    assert revision_of(new) == migrate.head_revision()
    unbind()
    for role in DbRole:
        monkeypatch.setenv(f"COUNTERSIGN_{role.value.upper()}_DATABASE_URL", desk.urls[role.value])


@pytest.fixture
def smoke(tmp_path: Path) -> tuple[str, ...]:
    (tmp_path / "openapi.json").write_text(json.dumps(application().openapi()))
    (tmp_path / "smoke.log").write_text("rank ok\nreplay ok\nexport ok\n")
    return ("release", "plan", "--openapi", str(tmp_path / "openapi.json"), "--smoke", str(tmp_path / "smoke.log"))


def test_gate_b_holds_endpoints_samples_and_the_smoke_test(database: Database, smoke: tuple[str, ...]) -> None:
    refused("GATE_REQUIRED", "release", "check")
    told = json.loads(run(*smoke, "--json").output)
    served = {(one["method"], one["path"]): one["sample"] for one in told["endpoints"]}
    assert served["POST", "/api/ami/event/theft"] is not None
    assert served["GET", "/health/live"] is None
    assert told["smoke"][0]["text"] == "rank ok\nreplay ok\nexport ok\n"
    assert "POST   /api/ami/publish-once" in run(*smoke).output
    refused("GATE_REQUIRED", "release", "check")
    signed = sign(told, make_approver())
    assert str(signed.countersignature_id) in run("release", "check").output
    assert json.loads(run("release", "check", "--json").output)["source_sha256"] == told["source_sha256"]
    refused("GATE_REQUIRED", "release", "check", "--env", "pilot")


def test_another_version_is_not_the_one_that_was_signed(
    database: Database, smoke: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(json.loads(run(*smoke, "--json").output), make_approver())
    monkeypatch.setattr("domain.kernel.release.deployment.source_sha256", lambda: "0" * 64)
    refused("HASH_MISMATCH", "release", "check")


def test_outside_dev_a_deployment_needs_notes_and_the_way_back(
    database: Database, smoke: tuple[str, ...], tmp_path: Path
) -> None:
    assert "rollback plan" in str(refused("INVALID", *smoke, "--env", "pilot"))
    (tmp_path / "words.md").write_text("What is new, and how back.")
    words = str(tmp_path / "words.md")
    done = json.loads(run(*smoke, "--env", "pilot", "--notes", words, "--rollback-plan", words, "--json").output)
    assert (done["environment"], done["release_notes"]) == ("pilot", "What is new, and how back.")


def test_without_a_smoke_result_nothing_is_proposed(database: Database, smoke: tuple[str, ...], tmp_path: Path) -> None:
    assert run("release", "plan").exit_code == 2
    (tmp_path / "smoke.log").write_text("  \n")
    refused("INVALID", *smoke)
    (tmp_path / "smoke.log").write_bytes(b"\xff\xfe")
    refused("INVALID", *smoke)


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"type": "string"}, "text"),
        ({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "examples": [7]}}}, {"n": 7}),
        ({"anyOf": [{"type": "array", "items": {"enum": ["a", "b"]}}, {"type": "null"}]}, ["a"]),
        ({"$ref": "#/x/Loop"}, {"next": {"next": {"next": {"next": {"next": None}}}}}),
    ],
)
def test_a_sample_fits_its_schema(schema: dict[str, object], fits: object) -> None:
    assert sample(schema, {"Loop": {"properties": {"next": {"$ref": "#/x/Loop"}}}}) == fits


def test_no_openapi_document_is_refused() -> None:
    with pytest.raises(Invalid):
        endpoints({"paths": {}})


def test_the_error_names_the_way_out(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    put_back()
    in_env(monkeypatch, "pilot")
    with pytest.raises(Conflict, match="countersigned by a RELEASE_APPROVER, then apply"):
        migrate.apply()
