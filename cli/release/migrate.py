"""`countersign migrate`: gates A and C around the schema."""

import json
import os
from pathlib import Path
from typing import Any

import click

from cli.services import database
from domain.kernel import migrate as schema
from domain.kernel.errors import Invalid
from domain.kernel.release.planned import plan_release
from domain.kernel.release.rollback import roll_back
from domain.kernel.release.verify import verify
from domain.kernel.settings import DbRole, Env, settings

ENVS = click.Choice([env.value for env in Env])
READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--env", type=ENVS, help="Environment. [default: COUNTERSIGN_ENV, dev]")
@click.option("--plan", "action", flag_value="plan", default="plan", help="Show and propose what would run. [default]")
@click.option("--apply", "action", flag_value="apply", help="Run it, if it stands countersigned.")
@click.option("--verify", "action", flag_value="verify", help="Run the queries of sql/verify and nothing else.")
@click.option(
    "--rollback-to", metavar="REVISION", help="Go back to a revision, or to `base`; tables are archived first."
)
@click.option("--notes", type=READABLE, help="Release notes. [default: what the revisions say of themselves]")
@click.option("--rollback-plan", type=READABLE, help="Rollback plan. [default: how --rollback-to does it]")
@click.option("--author", "authors", multiple=True, metavar="EMAIL", help="Who wrote it, and so does not sign it.")
@click.option("--for", "target", type=ENVS, help="With --from-empty: the environment to plan for. [default: --env]")
@click.option("--from-empty", is_flag=True, help="Plan the first migration of an empty database elsewhere.")
@click.option("--approval", type=READABLE, help="With --apply on an empty database: the exported approval.")
@click.option("--public-key", type=READABLE, help="With --approval: the key whose signature counts.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def migrate(env: str | None, action: str, rollback_to: str | None, as_json: bool, **given: Any) -> None:
    """Bring the schema to where the code expects it, behind its gate.

    --plan renders the SQL with its rollback and hashes, prints what is ready for approval, and lays it before a
    RELEASE_APPROVER. --apply runs it: in pilot and prod only if exactly that stands countersigned. An empty dev
    database is built at once; a dev copy's own embedded database goes on by the standing order that its ledger holds.

    Example: countersign migrate --env pilot --plan --notes notes.md
    """
    if env is not None:
        os.environ["COUNTERSIGN_ENV"] = env
        settings.cache_clear()
    with database.running(settings().home_path):
        done = _do("rollback" if rollback_to else action, rollback_to or "", given)
    here = settings().env.value
    if as_json:
        click.echo(json.dumps({"env": here, "action": "rollback" if rollback_to else action} | done))
    elif rollback_to:
        click.echo(f"{here}: {done['status']}, schema at {done['to']}; archive {done['archive'] or 'none'}.")
    elif action == "plan":
        _tell_plan(done)
    else:
        click.echo(f"{here}: {done['status']}, schema at {done['to']}.")


def _do(action: str, rollback_to: str, given: dict[str, Any]) -> dict[str, Any]:
    if action == "rollback":
        return roll_back(rollback_to, settings().home_path / "archives")
    if action == "verify":
        queries = verify(settings().url(DbRole.OWNER))
        return {"status": f"{queries} verification queries found nothing", "to": schema.head_revision()}
    if action == "apply":
        if (given["approval"] is None) != (given["public_key"] is None):
            raise Invalid("--approval and --public-key go together.")
        return schema.apply(approval=(given["approval"], given["public_key"]) if given["approval"] else None)
    if given["target"] and not given["from_empty"]:
        raise Invalid("--for goes with --from-empty; a later release is planned where it is to run.")
    return plan_release(
        Env(given["target"] or settings().env),
        from_empty=given["from_empty"],
        notes=_text(given["notes"]),
        rollback_plan=_text(given["rollback_plan"]),
        authors=given["authors"],
    )


def _text(path: Path | None) -> str | None:
    return None if path is None else path.read_text()


def _tell_plan(done: dict[str, Any]) -> None:
    if not done["sql"]:
        click.echo(f"{done['env']}: nothing to do, schema at {done['to']}.")
        return
    click.echo(done["sql"])
    click.echo(f"-- {done['env']}: {done['from'] or 'empty'} to {done['to']}, SHA-256 {done['sha256']}")
    click.echo(f"\n-- Rollback, SHA-256 {done['rollback_sha256']}\n{done['rollback']}")
    click.echo("-- Files")
    for path, digest in done["files"].items():
        click.echo(f"{digest}  {path}")
    click.echo(f"\n-- Release notes\n{done['release_notes']}\n\n-- Rollback plan\n{done['rollback_plan']}\n")
    tell_checklist(done)


def tell_checklist(done: dict[str, Any]) -> None:
    """The "Ready for approval" list, as the gate asks for it."""
    click.echo(f"Ready for approval ({done['env']})")
    for entry in done["checklist"]:
        click.echo(f"  [{'x' if entry['done'] else ' '}] {entry['step']}: {entry['detail']}")
    proposal = done["proposal"]
    if proposal is None:
        click.echo("This database cannot hold a proposal yet; nothing was proposed.")
    else:
        click.echo(f"Proposal {proposal['id']} is {proposal['state']}; it is signed on the page / or over the API.")
