"""The study as tables for people; --json has all of it."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

SHOWN_DAYS = 14


def print_study(answer: dict[str, Any]) -> None:
    """Notes, indices, causes and the worst days."""
    console = Console()
    counts, indices = answer["counts"], answer["indices"]
    console.print(
        f"[bold]{counts['incidents']:,} incidents, {counts['restored']:,} restored, {counts['open']:,} open[/bold]"
        f" as of {answer['as_of']}",
        highlight=False,
    )
    for note in answer["notes"]:
        console.print(f"  {note}", highlight=False, style="dim", soft_wrap=True)
    console.print(_indices(answer, indices))
    console.print(_causes(answer["causes"]))
    console.print(_days(answer))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number == 0 else "right", overflow="fold")
    return table


def _indices(answer: dict[str, Any], indices: dict[str, Any]) -> Table:
    bound = ", lower bounds" if indices["is_lower_bound"] else ""
    table = _table(f"Reliability{bound}", "index", "value", "unit")
    served = indices["customers_served"]
    rows = [
        ("customers interrupted", indices["customers_interrupted"], "customers"),
        ("CMI", indices["cmi"], "customer-minutes"),
        ("CMI at most", indices["cmi_high"], "customer-minutes"),
        ("CAIDI", indices["caidi_min"], "minutes"),
        ("median restoration", answer["durations_min"]["median"], "minutes"),
        ("first ETR within 30 min", _percent(answer["etr"]["first"]["within_30_share"]), "%"),
        ("last ETR within 30 min", _percent(answer["etr"]["last"]["within_30_share"]), "%"),
    ]
    if served:
        rows += [
            ("SAIDI", indices["saidi_min"], "minutes"),
            ("SAIFI", indices["saifi"], ""),
            ("ASAI", indices["asai"], ""),
            ("MAIFI-E", indices["maifi_e"], ""),
            ("TMED", answer["major_events"]["tmed_min"], "SAIDI minutes a day"),
        ]
    for name, value, unit in rows:
        table.add_row(name, _cell(value), unit)
    return table


def _causes(causes: list[dict[str, Any]]) -> Table:
    table = _table("Causes", "cause", "incidents", "customers", "CMI")
    for row in causes:
        table.add_row(
            row["cause"].replace("_", " "), _cell(row["incidents"]), _cell(row["customers"]), _cell(row["cmi"])
        )
    return table


def _days(answer: dict[str, Any]) -> Table:
    days = sorted(answer["days"], key=lambda day: (-(day["cmi"] or 0), -day["customers"], day["date"]))
    title = f"Worst days, {answer['timezone']}" + (
        f" ({SHOWN_DAYS} of {len(days)}; --json has all)" if len(days) > SHOWN_DAYS else ""
    )
    table = _table(title, "day", "incidents", "customers", "CMI", "SAIDI min", "major")
    for day in days[:SHOWN_DAYS]:
        major = {True: "yes", False: "no", None: "-"}[day["is_major_event_day"]]
        figures = [_cell(day[name]) for name in ("incidents", "customers", "cmi", "saidi_min")]
        table.add_row(day["date"], *figures, major)
    return table


def _percent(share: float | None) -> float | None:
    return None if share is None else 100.0 * share


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.4f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
