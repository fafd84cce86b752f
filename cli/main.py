"""The entry of `countersign`: which commands there are, and how errors are told."""

import sys

import click

from cli.lazy import LazyGroup
from domain.kernel.errors import CountersignError
from domain.kernel.redaction import redact_text

COMMANDS = {
    "demo": "cli.demo.command:demo",
    "up": "cli.services.up:up",
    "down": "cli.services.up:down",
    "status": "cli.services.up:status",
    "migrate": "cli.release.migrate:migrate",
    "release": "cli.release:release",
    "token": "cli.services.administer:token",
    "seed": "cli.seed:seed",
    "psql": "cli.services.administer:psql",
    "verify": "cli.verify:verify",
    "retention": "cli.retention:retention",
    "admin": "cli.admin:admin",
    "messages": "cli.messages:messages",
    "grid": "cli.grid:grid",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show a traceback with an error.")
@click.pass_context
def countersign(context: click.Context, debug: bool) -> None:
    """Machines observe and suggest; nothing takes effect until a person countersigns."""
    context.obj = {"debug": debug}


def main() -> None:
    """Run the command line: an error is one sentence with what to do, exit code 2 for bad input, 1 otherwise."""
    try:
        countersign.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        # What was typed may hold a secret, and what is printed may end in somebody's log.
        error.message = redact_text(error.message)
        error.show()
        sys.exit(error.exit_code)
    except CountersignError as error:
        if "--debug" in sys.argv:
            raise
        click.echo(redact_text(f"Error: {error}"), err=True)
        for entry in error.errors[:20]:
            click.echo(redact_text(f"  {entry}"), err=True)
        sys.exit(2 if error.status in {400, 413, 422} else 1)


if __name__ == "__main__":
    main()
