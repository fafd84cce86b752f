"""How the demo is told: numbered steps, a progress bar while one lasts, its result in one line."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text


class Story:
    """Writes to the terminal for people and to a log for details."""

    def __init__(self, log: Path, steps: int) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log_path = log
        self._log = log.open("w")
        self._steps = steps
        self._number = 0
        self.console = Console(highlight=False, soft_wrap=True, file=sys.stdout)

    @contextmanager
    def step(self, title: str) -> Iterator["Step"]:
        """One numbered step; its `result` is printed beside its title when it is done."""
        self._number += 1
        step = Step(self, title)
        self.note(f"step {self._number}: {title}")
        started = time.monotonic()
        with step.bar:
            yield step
        seconds = time.monotonic() - started
        self.console.print(
            f"[bold]{self._number}/{self._steps}[/bold]  {title}: {step.result} [dim]({seconds:.1f} s)[/dim]"
        )
        self.note(f"done in {seconds:.2f} s: {step.result}")

    def say(self, line: str = "") -> None:
        """One line of text."""
        self.console.print(line)
        self.note(Text.from_markup(line).plain)

    def note(self, line: str) -> None:
        """A detail for the log alone."""
        self._log.write(f"{time.strftime('%H:%M:%S')} {line}\n")
        self._log.flush()

    def close(self) -> None:
        """No more is told."""
        self._log.close()


class Step:
    """One step in progress."""

    def __init__(self, story: Story, title: str) -> None:
        self.story = story
        self.result = "done"
        self.bar = Progress(
            TextColumn("     {task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            console=story.console,
            transient=True,
            disable=not story.console.is_terminal,
        )
        self._task = self.bar.add_task(title, total=None, rate="")
        self._started = time.monotonic()
        self._rows = 0

    def progress(self, done: int, total: int, rows: int = 0) -> None:
        """How far it is, in parts of the whole, and how many rows that brought."""
        self._rows += rows
        rate = self._rows / max(time.monotonic() - self._started, 1e-6)
        told = f"{self._rows:,} reads, {rate / 1000:,.0f} k/s" if self._rows else ""
        self.bar.update(self._task, completed=done, total=total, rate=told)
        self.story.note(f"{done}/{total} {told}")
