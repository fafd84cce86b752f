"""A command of `countersign` through its own entry, in this process: what it answers, and how it refuses."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import pytest

from cli.main import main


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


class Command:
    """One command, by the words that name it, for example `Command("courses", "metrics")`."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def run(self, *arguments: object, given: bytes = b"") -> Done:
        """One that ends without an exit has succeeded; `given` stands on its standard input."""
        out, err, code = io.StringIO(), io.StringIO(), 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setenv("COLUMNS", "140")
            patch.setattr(sys, "argv", ["countersign", *self.words, *map(str, arguments)])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
            try:
                main()
            except SystemExit as ended:
                code = int(ended.code or 0)
        return Done(code, out.getvalue(), err.getvalue())

    def answer(self, *arguments: object) -> dict[str, Any]:
        """What it says as JSON, with nothing beside it."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        parsed: dict[str, Any] = json.loads(done.stdout)
        return parsed

    def refusal(self, *arguments: object) -> str:
        """Why it refuses: on standard error, in words, and nothing on standard output."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 2, done.stdout + done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        return done.stderr
