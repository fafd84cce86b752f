"""The table of a run: on a terminal, and as a section of docs/performance.md."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench.figures import PASS, SHORT, Figure

if TYPE_CHECKING:
    from bench.__main__ import Ran

BEGIN, END = "<!-- written by `countersign bench all --write` -->", "<!-- end of what was written -->"
COLUMNS = ("figure", "value", "ratio", "to", "target", "", "note")


def number(value: float) -> str:
    """Four digits, or all of a whole number."""
    if value == 0 or 1000 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 0.001 else f"{value:.1e}"


def row(one: Figure) -> tuple[str, ...]:
    """A line of the table."""
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}" if one.ratio < 100 else f"{one.ratio:,.0f}"
    return one.name, f"{number(one.value)} {one.unit}".strip(), ratio, one.against, one.target, one.verdict, one.note


def show(ran: "Ran") -> None:
    """For people."""
    console = Console(width=None if Console().is_terminal else 200)
    console.print("Machine: " + ", ".join(f"{name} {value}" for name, value in ran.machine.items()))
    for bench, figures in by_bench(ran.figures):
        table = Table(title=f"{bench}, {ran.seconds[bench]:.0f} s", title_justify="left", header_style="bold")
        for name in COLUMNS:
            table.add_column(name, justify="right" if name in {"value", "ratio"} else "left", overflow="fold")
        for one in figures:
            table.add_row(*row(one), style={SHORT: "red"}.get(one.verdict, ""))
        console.print(table)
    for words in summary(ran):
        console.print(words)


def summary(ran: "Ran") -> Iterator[str]:
    """How many targets are met, which are not, and what did not run."""
    judged = [one for one in ran.figures if one.verdict]
    met = sum(one.verdict == PASS for one in judged)
    yield f"{met} of {len(judged)} targets met, in {sum(ran.seconds.values()) / 60:.1f} minutes."
    for one in judged:
        if one.verdict == SHORT:
            yield f"short: {one.bench}: {one.name}: {number(one.value)} {one.unit} (target {one.target})"
    for name, why in ran.left_out.items():
        yield f"left out: {name}: {why}"
    for name, why in ran.broke.items():
        yield f"broke: {name}: {why}"


def by_bench(figures: Iterable[Figure]) -> list[tuple[str, list[Figure]]]:
    """The figures under the benchmark that told them, in the order of the run."""
    found: dict[str, list[Figure]] = {}
    for one in figures:
        found.setdefault(one.bench, []).append(one)
    return list(found.items())


def section(ran: "Ran") -> str:
    """The last full run in Markdown."""
    lines = [BEGIN, "", "## The last full run", ""]
    lines.append(", ".join(f"{name} {value}" for name, value in ran.machine.items()) + ".")
    lines += ["", *[f"- {words}" for words in summary(ran)]]
    for bench, figures in by_bench(ran.figures):
        lines += [
            "",
            f"### {bench}, {ran.seconds[bench]:.0f} s",
            "",
            "| figure | value | ratio | to | target | | note |",
        ]
        lines.append("|---|---|---|---|---|---|---|")
        lines += ["| " + " | ".join(part.replace("|", "/") for part in row(one)) + " |" for one in figures]
    return "\n".join([*lines, "", END])


def write_section(page: Path, text: str) -> None:
    """Put the section where the former one stood, or at the end."""
    former = page.read_text()
    begins, ends = former.find(BEGIN), former.find(END)
    if begins < 0 or ends < begins:
        page.write_text(f"{former.rstrip()}\n\n{text}\n")
        return
    page.write_text(former[:begins] + text + former[ends + len(END) :])
