"""What every answer of RestoreIQ has: status, ids, counts, the three sentences; lists are cut to fifty."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api.paging import By, Keyset
from domain.grid.outages.suggest.made import Advice
from domain.kernel.advisory import advisory

LONGEST_LIST = 50
# The rows of a run never change, so that their number in the run's own order is a key.
OF_RUN = Keyset("rows of a run", By("run_id", UUID), By("name", str), By("position", int))


def answer(
    status: str,
    *,
    run_id: UUID | None = None,
    outage_id: UUID | None = None,
    counts: dict[str, int],
    mode: str = "full",
    rest: str = "",
    first: int = 0,
    **lists: Sequence[Any],
) -> dict[str, Any]:
    """An answer; with `mode` minimal without its lists.

    Several lists are parts of one, in their order, of which the first fifty rows are shown. Where there are more,
    `next_cursor` goes on in `rest`, and `next_page` is the address to read it at, where it has one. `first` is the
    number of the first row given.
    """
    told: dict[str, Any] = {
        "status": status,
        "run_id": run_id,
        "outage_id": outage_id,
        "counts": counts,
        "advisory": advisory(),
    }
    if mode == "minimal":
        return told
    room = LONGEST_LIST
    for name, rows in lists.items():
        told[name] = list(rows[:room])
        room -= len(told[name])
    is_cut = rest != "" and sum(map(len, lists.values())) > LONGEST_LIST
    cursor = OF_RUN.write({"run_id": run_id, "name": rest, "position": first + LONGEST_LIST}) if is_cut else None
    return told | {"next_cursor": cursor, "next_page": page_after(run_id, rest, cursor)}


def page_after(run_id: UUID | None, name: str, cursor: str | None) -> str | None:
    """Where a list of a run goes on; the table of decisions is stored nowhere and is asked for again."""
    if cursor is None or name == "decisions":
        return None
    return f"/v1/runs/{run_id}/{name}?cursor={cursor}"


def of_advice(made: Advice, mode: str, rest: str, **lists: Sequence[Any]) -> dict[str, Any]:
    """The answer of a step: `generated` the first time, `unchanged` where the same had been asked before."""
    status = "generated" if made.is_new else "unchanged"
    told = answer(
        status, run_id=made.run_id, outage_id=made.outage_id, counts=made.counts, mode=mode, rest=rest, first=0, **lists
    )
    return told | {"as_of": made.as_of}


def short_option(row: dict[str, Any]) -> dict[str, Any]:
    """An option without its lists of meters, which are long; their number and the minute stay."""
    groups = [{"customers": len(one["meter_ids"]), "at_min": one["at_min"]} for one in row["meter_groups"]]
    return row | {"meter_groups": groups}


def short_provisional(row: Any) -> dict[str, Any]:
    """A provisional outage without its long list of meters."""
    return {name: value for name, value in vars(row).items() if name != "meter_ids"}
