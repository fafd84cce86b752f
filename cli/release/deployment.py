"""`countersign release plan | check | show | export`."""

import json
from pathlib import Path
from typing import Any

import click
import httpx

from cli.services import database
from cli.services.state import read_state
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid, Unavailable
from domain.kernel.gates import RELEASE_DEPLOYMENT, RELEASE_MIGRATION
from domain.kernel.release.deployment import propose_deployment, signed_deployment, this_version
from domain.kernel.release.exported import export as exported
from domain.kernel.release.planned import newest
from domain.kernel.release.render import head_revision
from domain.kernel.settings import DbRole, Env, settings

READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
ENVS = click.Choice([env.value for env in Env])
GATES = {"migration": RELEASE_MIGRATION, "deployment": RELEASE_DEPLOYMENT}
TIMEOUT_S = 20.0


@click.command()
@click.option("--smoke", multiple=True, required=True, type=READABLE, help="Output of the smoke test; may be repeated.")
@click.option("--env", type=ENVS, help="Environment to deploy to. [default: COUNTERSIGN_ENV, dev]")
@click.option("--url", help="API to read the endpoints from. [default: the copy that runs here]")
@click.option("--openapi", type=READABLE, help="Read the endpoints from a file instead.")
@click.option("--notes", type=READABLE, help="Release notes; needed in pilot and prod.")
@click.option("--rollback-plan", type=READABLE, help="Rollback plan; needed in pilot and prod.")
@click.option("--author", "authors", multiple=True, metavar="EMAIL", help="Who wrote it, and so does not sign it.")
@click.option("--json", "as_json", is_flag=True, help="Print all that is proposed as JSON.")
def plan(env: str | None, url: str | None, openapi: Path | None, as_json: bool, **given: Any) -> None:
    """Lay the deployment of this version before a RELEASE_APPROVER: endpoints, sample payloads, smoke-test result.

    Example: countersign release plan --smoke smoke.log --env dev
    """
    document = json.loads(openapi.read_text()) if openapi else _document(url)
    target = Env(env or settings().env)
    with database.running(settings().home_path):
        done = propose_deployment(
            target,
            document,
            given["smoke"],
            notes=_text(given["notes"]),
            rollback_plan=_text(given["rollback_plan"]),
            authors=given["authors"],
        )
    if as_json:
        click.echo(json.dumps(done))
        return
    for one in done["endpoints"]:
        click.echo(f"{one['method']:<7}{one['path']}  {'' if one['sample'] is None else json.dumps(one['sample'])}")
    for one in done["smoke"]:
        click.echo(f"smoke  {one['name']}  SHA-256 {one['sha256']}")
    click.echo(f"Ready for approval: version {done['version']} to {target.value}, source {done['source_sha256']}")
    click.echo(f"Proposal {done['proposal']['id']} is {done['proposal']['state']}, hash {done['content_hash']}.")


def _text(path: Path | None) -> str:
    return "" if path is None else path.read_text()


def _document(url: str | None) -> Any:
    """The OpenAPI document of a running copy.

    Raises:
        Invalid: no copy runs here, and no address was given.
        Unavailable: it does not answer.
    """
    service = read_state(settings().home_path).services.get("api")
    base = url or (service.url if service is not None and service.process is not None else None)
    if base is None:
        raise Invalid(
            "No copy runs here to read the endpoints from.", hint="`countersign up`, or give --url or --openapi."
        )
    try:
        with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            return client.get(f"{base.rstrip('/')}/openapi.json").raise_for_status().json()
    except (httpx.HTTPError, ValueError) as cause:
        raise Unavailable(f"{base} gave no OpenAPI document.", hint="Is that the address of the API?") from cause


@click.command()
@click.option("--env", type=ENVS, help="Environment. [default: COUNTERSIGN_ENV, dev]")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def check(env: str | None, as_json: bool) -> None:
    """Exit 0 if the version that is here stands countersigned for the environment, 1 otherwise.

    Example: countersign release check --env pilot
    """
    target = Env(env or settings().env)
    with database.running(settings().home_path):
        signed = signed_deployment(target)
    told = this_version() | {
        "env": target.value,
        "countersignature_id": str(signed.countersignature_id),
        "signed_at": signed.signed_at.isoformat(),
    }
    words = f"{target.value}: version {told['version']} stands countersigned ({told['countersignature_id']})."
    click.echo(json.dumps(told) if as_json else words)


@click.command()
@click.argument("gate", type=click.Choice(sorted(GATES)))
@click.option("--env", type=ENVS, help="Environment. [default: COUNTERSIGN_ENV, dev]")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(gate: str, env: str | None, as_json: bool) -> None:
    """The newest proposal of a gate, and how it stands.

    Example: countersign release show migration --env pilot
    """
    with database.running(settings().home_path):
        found = newest(GATES[gate], Env(env or settings().env))
    click.echo(json.dumps(found) if as_json else f"{found['state']}: {found['summary']} Hash {found['content_hash']}.")


@click.command()
@click.option("--env", required=True, type=ENVS, help="Environment whose empty database is to be built.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File. [default: standard output]")
def export(env: str, out: Path | None) -> None:
    """Write the countersigned first migration of an environment as a file, for `migrate --apply --approval`.

    Example: countersign release export --env pilot --out approval.json
    """
    with database.running(settings().home_path), transaction("PLATFORM", DbRole.OWNER) as connection:
        told = json.dumps(exported(connection, Env(env), head_revision()), indent=1)
    if out is None:
        click.echo(told)
    else:
        out.write_text(told + "\n")
        click.echo(f"Wrote {out}; hand it over with the public key of this copy.")
