"""The study as tables for people, of 80 characters where names are short; --json has all of it."""

from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domain.kernel.advisory import SENTENCES

SHOWN_LESSONS = 40
SHOWN_SIGNALS = 20
Members = dict[str, Any]


def print_metrics(answer: Members) -> None:
    """Courses, lessons and signals, then what is missing and what was passed over."""
    console = Console()
    console.print(_courses(answer))
    _print_lessons(console, answer["courses"])
    _print_signals(console, answer)
    unknown = [f"Not known: {', '.join(one['figures'])}. {one['because']}" for one in answer["missing"]]
    for note in [*unknown, *answer["notes"], " ".join(SENTENCES)]:
        console.print(note, highlight=False, markup=False, soft_wrap=True)


def _courses(answer: Members) -> Table:
    names = ("course", "enrolled", "revoked", "completed", "95 %", "mean progress")
    table = _table(f"Courses as of {answer['as_of']}", *names)
    for course in answer["courses"]:
        done, progress = course["completed"], course["mean_progress_pct"]
        table.add_row(
            escape(course["course_id"]),
            _count(course["enrolled"]),
            _count(course["revoked"]),
            _share(done) if done["value"] is None else f"{_share(done)} ({_counts(done)})",
            _ends(done),
            "-" if progress is None else f"{progress:.1f} %",
        )
    return table


def _print_lessons(console: Console, courses: list[Members]) -> None:
    left = SHOWN_LESSONS
    for course in courses:
        if course["lessons"] and left > 0:
            console.print(_lessons(course["course_id"], course["lessons"][:left]))
            left -= len(course["lessons"])
    hidden = sum(len(course["lessons"]) for course in courses) - SHOWN_LESSONS
    if hidden > 0:
        console.print(f"{hidden:,} more lessons; --json prints all.", highlight=False)


def _lessons(course: str, lessons: list[Members]) -> Table:
    names = ("", "title", "viewers", "done", "reached", "drop", "matured", "min", "passed")
    table = _table(f"Lessons of {escape(course)}", *names, left=("title",))
    for one in lessons:
        median = one["median_seconds"]
        table.add_row(
            str(one["lesson_idx"]),
            escape(one["title"] or ""),
            _count(one["viewers"]),
            _share(one["completion"]),
            _count(one["reached"]),
            _share(one["drop_off"]),
            _share(one["matured_drop_off"]),
            "-" if median is None else f"{median / 60:.1f}",
            _share(one["quiz"]["learner_pass_rate"]),
        )
    return table


def _print_signals(console: Console, answer: Members) -> None:
    signals, judged = answer["signals"], answer["totals"]["evaluations"]
    chance = f"{judged:,} rates were judged, each at 95 %: one may open by chance."
    if not signals:
        console.print(f"No signal opens. {chance}", highlight=False)
        return
    names = ("severity", "course", "signal", "rate", "95 %")
    table = _table(f"Signals by ruleset {answer['ruleset']}", *names, left=("course",))
    for one in signals[:SHOWN_SIGNALS]:
        place = "" if one["lesson_idx"] is None else f", {one['lesson_idx']}"
        rate = f"{_share(one['metric'])} ({_counts(one['metric'])})"
        of = escape(one["course_id"] + place)
        table.add_row(one["severity"], of, one["signal_type"], rate, _ends(one["metric"]))
    console.print(table)
    if len(signals) > SHOWN_SIGNALS:
        console.print(f"{len(signals) - SHOWN_SIGNALS:,} more signals; --json prints all.", highlight=False)
    console.print(chance, highlight=False)


def _table(title: str, *columns: str, left: tuple[str, ...] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(columns):
        is_text = number == 0 or name in left
        table.add_column(name, justify="left" if is_text else "right", no_wrap=not is_text, overflow="fold")
    return table


def _share(found: Members) -> str:
    return "-" if found["value"] is None else f"{100 * found['value']:.1f} %"


def _counts(found: Members) -> str:
    return f"{found['k']:,}/{found['n']:,}"


def _ends(found: Members) -> str:
    return "-" if found["low"] is None else f"{100 * found['low']:.1f}-{100 * found['high']:.1f}"


def _count(found: int | None) -> str:
    return "-" if found is None else f"{found:,}"
