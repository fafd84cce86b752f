"""The entry of `countersign`: which commands there are, and how errors are told."""

import io
import os
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
    "prepare": "cli.services.administer:prepare",
    "release": "cli.release:release",
    "token": "cli.services.administer:token",
    "seed": "cli.seed:seed",
    "psql": "cli.services.administer:psql",
    "backup": "cli.backup.command:backup",
    "restore": "cli.backup.command:restore",
    "verify": "cli.verify:verify",
    "retention": "cli.retention:retention",
    "reads": "cli.reads:reads",
    "admin": "cli.admin:admin",
    "messages": "cli.messages:messages",
    "grid": "cli.grid:grid",
    "outages": "cli.outages:outages",
    "stairs": "cli.stairs:stairs",
    "courses": "cli.courses:courses",
    "worker": "cli.worker:worker",
    "bench": "cli.bench:bench",
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
        told = io.StringIO()
        error.show(told)
        click.echo(redact_text(told.getvalue()), nl=False, err=True)
        sys.exit(error.exit_code)
    except CountersignError as error:
        if "--debug" in sys.argv:
            raise
        click.echo(redact_text(f"Error: {error}"), err=True)
        for entry in error.errors[:20]:
            click.echo(redact_text(f"  {entry}"), err=True)
        sys.exit(2 if error.status in {400, 413, 422} else 1)
    except BrokenPipeError:
        # The reader has gone, as `| head` does; nothing is left to tell, and nobody to tell it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        fault = told_of_machine(error)
        if fault is None or "--debug" in sys.argv:
            raise
        click.echo(redact_text(f"Error: {fault}"), err=True)
        sys.exit(1)


def told_of_machine(error: Exception) -> str | None:
    """What the machine beneath refused: a full or read-only disk, a database that was stopped; None for a fault."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return (
            f"{where}{error.strerror}. Check that COUNTERSIGN_HOME is a folder that can be written to and has room;"
            " --debug shows where it broke."
        )
    # By name: importing the database's library for its error class would slow every command.
    if any(base.__name__ == "OperationalError" for base in type(error).__mro__):
        return (
            "The database went away, or does not let us in. What was not finished is not there; `countersign status`"
            " shows the services. Then run the command again; --debug shows where it broke."
        )
    return None


if __name__ == "__main__":
    main()
