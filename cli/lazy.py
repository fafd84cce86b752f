"""A click group whose commands are imported only when they are called, so that `countersign --help` is instant.

Its list of commands tells the first line of each command's docstring, which is read from the source, not imported.
"""

import ast
import importlib
import importlib.util
from pathlib import Path

import click


class LazyGroup(click.Group):
    """A group made of `name -> "module:attribute"`."""

    def __init__(self, *args: object, commands_at: dict[str, str] | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.commands_at = commands_at or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order in which they were declared."""
        return [*self.commands_at, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command when it is asked for."""
        if cmd_name not in self.commands_at:
            return super().get_command(ctx, cmd_name)
        module, attribute = self.commands_at[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, with what each is for."""
        told = {name: first_sentence(where) for name, where in self.commands_at.items()}
        if None in told.values() or len(told) != len(self.list_commands(ctx)):
            super().format_commands(ctx, formatter)
            return
        room = formatter.width - 6 - max(len(name) for name in told)
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, click.Command(name, help=words).get_short_help_str(room)) for name, words in told.items()]
            )


def first_sentence(where: str) -> str | None:
    """The docstring of the function that `module:attribute` names; None where its source is not at hand."""
    module, attribute = where.split(":")
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    for statement in ast.parse(Path(spec.origin).read_text()).body:
        if isinstance(statement, ast.FunctionDef) and statement.name == attribute:
            return None if _says_help(statement) else ast.get_docstring(statement)
    return None


def _says_help(function: ast.FunctionDef) -> bool:
    """Whether its decorators give other words than its docstring."""
    calls = [one for one in function.decorator_list if isinstance(one, ast.Call) and "command" in ast.unparse(one.func)]
    return any(keyword.arg in {"help", "short_help"} for call in calls for keyword in call.keywords)
