"""`countersign verify ledger` and `verify event`: what an auditor runs."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cli.services import database
from domain.kernel.canonical import sha256_hex
from domain.kernel.db import working_as
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.seals.checkpoints import configured_sink, read_checkpoint
from domain.kernel.seals.proof import check_proof
from domain.kernel.seals.reading import snapshot
from domain.kernel.seals.seal import Seal
from domain.kernel.seals.sealing import sealed_tenants
from domain.kernel.seals.verify import Finding, Verified, verify_tenant
from domain.kernel.settings import DbRole, settings
from domain.kernel.signing import read_public_key

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MOST_SHOWN = 100


@click.command()
@click.option(
    "--public-key",
    "keys",
    type=FILE,
    multiple=True,
    help="PEM of the sealing key; may be repeated. [default: as registered in the database]",
)
@click.option(
    "--checkpoint",
    "kept",
    type=FILE,
    multiple=True,
    help="A kept checkpoint; may be repeated. [default: the newest of each tenant in the sink]",
)
@click.option("--tenant", "tenants", multiple=True, help="Only this tenant; may be repeated. [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def ledger(keys: tuple[Path, ...], kept: tuple[Path, ...], tenants: tuple[str, ...], as_json: bool) -> None:
    """Recompute every sealed row, root, chain and signature; name what was changed, removed or inserted.

    Exit code 0 when all fits, 1 otherwise. Rows that no seal covers yet are counted, not checked. Without
    --public-key the key is the one that the database names: proof against everybody but its owner.

    Example: countersign verify ledger --public-key seal_key.pub.pem --checkpoint 00000042.json
    """
    began = time.monotonic()
    with database.running(settings().home_path), working_as(DbRole.AUDITOR):
        done = verify_ledger(_trusted(keys), [read_checkpoint(path) for path in kept], tenants)
    told = report(done, time.monotonic() - began, given_key=bool(keys))
    if as_json:
        click.echo(json.dumps(told))
    else:
        _show(told, done)
    if told["status"] != "ok":
        sys.exit(1)


def verify_ledger(
    trusted: Mapping[str, bytes] | None = None, kept: list[Seal] | None = None, only: tuple[str, ...] = ()
) -> list[Verified]:
    """Verify each tenant in turn, within a snapshot of its own, as the auditor.

    Raises:
        Invalid: `only` names a tenant that has no ledger.
    """
    sink = None if kept else configured_sink()
    told_of = [seal.tenant_id for seal in kept or []] + (sink.tenants() if sink else [])
    known = sorted({*sealed_tenants(), *told_of})
    if unknown := sorted(set(only) - set(known)):
        raise Invalid(f"There is no tenant {', '.join(unknown)}.", hint="Leave --tenant out to verify all.")
    done = []
    for tenant_id in [tenant_id for tenant_id in known if not only or tenant_id in only]:
        checkpoints = [seal for seal in kept or [] if seal.tenant_id == tenant_id]
        if sink is not None and (newest := sink.newest(tenant_id)) is not None:
            checkpoints.append(newest)
        with snapshot(tenant_id, DbRole.AUDITOR) as connection:
            done.append(verify_tenant(connection, tenant_id, trusted=trusted, checkpoints=checkpoints))
    return done


def _trusted(keys: tuple[Path, ...]) -> dict[str, bytes] | None:
    if not keys:
        return None
    return {sha256_hex(raw): raw for raw in (read_public_key(path) for path in keys)}


def report(done: list[Verified], seconds: float, *, given_key: bool) -> dict[str, Any]:
    """What `--json` prints."""
    findings = [finding for one in done for finding in one.findings]
    return {
        "status": "altered" if findings else "ok",
        "seals": sum(one.seals for one in done),
        "rows": sum(one.rows for one in done),
        "unsealed": sum(one.unsealed for one in done),
        "seconds": round(seconds, 2),
        "key": "given" if given_key else "as registered in the database",
        "tenants": [one.as_json() for one in done],
    }


def _show(told: dict[str, Any], done: list[Verified]) -> None:
    findings = [finding for one in done for finding in one.findings]
    for finding in findings[:MOST_SHOWN]:
        click.echo(_line(finding))
    if len(findings) > MOST_SHOWN:
        click.echo(f"... and {len(findings) - MOST_SHOWN} more; --json lists them.")
    verdict = _counted(len(findings), "difference") if findings else "all fits"
    rows, seals = _counted(told["rows"], "sealed row"), _counted(told["seals"], "seal")
    click.echo(f"{rows} in {seals}: {verdict} ({told['seconds']} s).")
    click.echo(f"{told['unsealed']:,} rows are not sealed yet and were not checked. Key: {told['key']}.")


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _line(finding: Finding) -> str:
    what = f"{finding.of_table} {finding.event_id} ({finding.event_type}): " if finding.event_id else ""
    at = f", seal {finding.seal_number}" if finding.seal_number is not None else ""
    leaf = f", leaf {finding.leaf_index}" if finding.leaf_index is not None else ""
    return f"{finding.fault.value} {finding.tenant_id}{at}{leaf}: {what}{finding.says}."


@click.command()
@click.argument("file", type=FILE)
@click.option("--public-key", "key", type=FILE, required=True, help="PEM of the sealing key, as the auditor got it.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def event(file: Path, key: Path, as_json: bool) -> None:
    """Check a downloaded inclusion proof: offline, without a database or a running copy.

    Exit code 0 when the event is in the seal and the seal is signed by the key, 1 otherwise.

    Example: countersign verify event proof.json --public-key seal_key.pub.pem
    """
    document = _read(file)
    try:
        seal = check_proof(document, read_public_key(key))
    except Conflict as error:
        if not as_json:
            raise
        click.echo(json.dumps({"status": "failed", "code": error.code, "detail": error.detail}))
        sys.exit(1)
    leaf = json.loads(document["leaf"])
    shown = {name: leaf.get(name) for name in ("event_id", "event_type", "tenant_id", "occurred_at", "actor_id")}
    if as_json:
        click.echo(json.dumps({"status": "ok", "seal": seal.as_document(), "event": leaf}))
        return
    click.echo(f"The event is in seal {seal.seal_number} of {seal.tenant_id}, made {seal.sealed_at.isoformat()}.")
    for name, value in shown.items():
        click.echo(f"  {name:<12} {value}")


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except ValueError as cause:
        raise Invalid(f"{file} is not JSON.", hint="Give the proof as it was downloaded.") from cause
