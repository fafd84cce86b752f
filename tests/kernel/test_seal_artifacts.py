"""Checkpoints are artifacts too: kept once, without an event that would need a seal, and made again from the seal."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import countersign
from domain.kernel import artifacts
from domain.kernel.artifacts import Artifact
from domain.kernel.db import transaction
from domain.kernel.errors import Unavailable
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.local import LocalStore
from domain.kernel.seals.checkpoints import read_checkpoint
from domain.kernel.seals.kept import KIND
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database
from tests.kernel.ledger_acts import behind_the_triggers, seal, write
from tests.makers import make_tenant


@pytest.fixture
def ledger(database: Database) -> str:
    tenant = make_tenant("T")
    ensure_signing_keys()
    write(5)
    return tenant


def kept() -> list[Artifact]:
    with transaction("T") as connection:
        return artifacts.page(connection, 50, kind=KIND)[0]


def verified(artifact: Artifact) -> int:
    return (
        CliRunner()
        .invoke(countersign, ["verify", "artifact", str(artifact.artifact_id), "--tenant", "T", "--json"])
        .exit_code
    )


def test_a_checkpoint_is_kept_as_an_artifact_once_and_asks_for_no_seal(ledger: str, tmp_path: Path) -> None:
    made = seal()
    assert made is not None
    (artifact,) = kept()
    (tmp_path / "c.json").write_bytes(artifacts.read(open_store(), artifact))
    assert read_checkpoint(tmp_path / "c.json") == made
    assert [seal(), seal()] == [None, None]
    assert [one.artifact_id for one in kept()] == [artifact.artifact_id]


def test_a_checkpoint_is_made_again_from_its_seal_and_a_changed_seal_is_found(ledger: str, database: Database) -> None:
    seal()
    (artifact,) = kept()
    assert verified(artifact) == 0
    with behind_the_triggers(database, "seals") as owner:
        owner.execute("UPDATE seals SET total = total + 1")
    assert verified(artifact) == 1


def test_a_store_that_was_away_gets_the_checkpoint_from_the_next_run(ledger: str) -> None:
    store = open_store()
    assert isinstance(store, LocalStore)
    store.root.mkdir(parents=True, exist_ok=True)
    (store.root / "T").write_text("a file where the folder should be")
    with pytest.raises(Unavailable):
        seal()
    assert kept() == []
    (store.root / "T").unlink()
    assert seal() is None
    assert len(kept()) == 1
