"""Whether a command that a deployment names is one that the image has."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from click.testing import CliRunner

from cli.main import countersign
from domain.kernel.settings import Settings

BIN = Path(__file__).resolve().parents[2] / ".venv/bin"


def exists(arguments: Sequence[str]) -> bool:
    """A module, a program of the environment, or a command of ours with the options that it is given."""
    program, *rest = arguments
    if program == "countersign":
        return CliRunner().invoke(countersign, [*rest, "--help"]).exit_code == 0
    if program == "python":
        return rest[0] == "-c" or importlib.util.find_spec(rest[1]) is not None
    return (BIN / program).exists()


def setting_names() -> set[str]:
    """Every name under which the environment sets something."""
    names: set[str] = set()
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        given = [alias] if isinstance(alias, str) else list(getattr(alias, "choices", []))
        names |= {str(one) for one in given} or {f"COUNTERSIGN_{name.upper()}"}
    return names
