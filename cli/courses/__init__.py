"""`countersign courses`: drafts, reviews, publication and exports over HTTP by the token's person; study on files."""

import click

from cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "generate": "cli.courses.drafting:generate",
    "review": "cli.courses.reviewing:review",
    "approve": "cli.courses.reviewing:approve",
    "reject": "cli.courses.reviewing:reject",
    "edit": "cli.courses.drafting:edit",
    "reopen": "cli.courses.drafting:reopen",
    "preview": "cli.courses.publishing:preview",
    "publish": "cli.courses.publishing:publish",
    "restore": "cli.courses.publishing:restore",
    "retire": "cli.courses.publishing:retire",
    "enroll": "cli.courses.taking:enroll",
    "export": "cli.courses.taking:export",
    "metrics": "cli.courses.metrics:metrics",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def courses() -> None:
    """Courses: from a learning intent to an immutable published version, and how its learners fare."""
