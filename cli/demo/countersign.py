"""The demo's last part: what the machine suggests is signed by a person, carried out once, sealed and verified."""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cli.demo.client import Client
from cli.demo.story import Story
from cli.verify.ledger import verify_ledger
from domain.kernel.db import working_as
from domain.kernel.errors import Conflict, Unavailable
from domain.kernel.people import ensure_person
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.settings import DbRole
from domain.kernel.tokens import issue_dev_token

REVIEWER = "reviewer@demo.example"
MOST_METERS = 10
# Seconds where a core is free; a machine that does much else takes minutes to start a run.
PATIENCE_S = 420.0
POLL_S = 0.5


@dataclass
class Signed:
    """What was signed and what came of it, for summary.json.

    Attributes:
        countersignature_id: its page is /countersignatures/ID.
        carried_out_after_s: from the signature to the finished file.
        events_verified: sealed rows of the ledger that were recomputed.
    """

    proposal_id: str
    countersignature_id: str
    signed_by: str
    meters: int
    artifact_id: str
    sha256: str
    carried_out_after_s: float
    events_verified: int


def tell(story: Story, machine: Client, base_url: str, tenant_id: str, folder: Path) -> Signed:
    """Propose by the machine's key, sign by a person's token, wait for the list, seal and verify the ledger.

    Raises:
        Unavailable: the list was not made in time.
        Conflict: the ledger does not verify.
    """
    with story.step("Countersign what the machine suggests") as step:
        proposed = machine.post("/v1/grid/inspections", {"most": MOST_METERS, "least_score": 0})
        person, name = person_of(base_url, tenant_id, REVIEWER, "Demo Reviewer", "REVIEWER")
        answer = person.post(
            f"/v1/proposals/{proposed['proposal_id']}/approve",
            {"content_hash": proposed["content_hash"], "reason": "The reasons of each meter are plain."},
        )
        signature: str = answer["countersignature"]["countersignature_id"]
        began = time.monotonic()
        chain = carried_out(person, signature, "The list")
        after = round(time.monotonic() - began, 1)
        artifact = chain["artifacts"][0]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "inspection-list.csv").write_bytes(person.file(artifact["artifact_id"]))
        person.close()
        step.result = (
            f"{name} signed; {after:.0f} s later the crew's list of {proposed['counts']['meters']} meters stood"
        )
    with story.step("Seal and verify the ledger") as step:
        rows = _verified(tenant_id)
        step.result = f"{rows:,} rows as they were sealed, none changed, removed or inserted"
    return Signed(
        proposed["proposal_id"],
        signature,
        name,
        proposed["counts"]["meters"],
        artifact["artifact_id"],
        artifact["sha256"],
        after,
        rows,
    )


def person_of(base_url: str, tenant_id: str, email: str, name: str, role: str) -> tuple[Client, str]:
    """One of the demo's people, as anybody who signs: with a token of the own, over HTTP."""
    person = ensure_person(tenant_id, email, name, [role], actor_id="countersign demo")
    token = issue_dev_token(str(person.id), person.email, person.name, tenant_id, [role], timedelta(minutes=10))
    return Client(base_url, token), person.name


def carried_out(person: Client, signature: str, what: str) -> dict[str, Any]:
    """Wait until Dagster's sensor has launched the carrying out and it has ended.

    Raises:
        Unavailable: it has not ended in time.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        chain = person.get(f"/v1/countersignatures/{signature}")
        fulfilment = chain["fulfilment"] or {"status": "waits"}
        if fulfilment["status"] == "DONE":
            return chain
        if fulfilment["status"] == "FAILED":
            raise Unavailable(f"{what} was not written: {fulfilment['outcome'].get('error')}")
        time.sleep(POLL_S)
    raise Unavailable(f"{what} was not written within {PATIENCE_S:.0f} s.", hint="Dagster's page says why.")


def _verified(tenant_id: str) -> int:
    with working_as(DbRole.MACHINE):
        seal_ledger(tenant_id)
    with working_as(DbRole.AUDITOR):
        (done,) = verify_ledger(only=(tenant_id,))
    if done.findings:
        raise Conflict("The ledger is not as it was sealed.", hint="`countersign verify ledger` names each row.")
    return done.rows
