"""What every answer of RestoreIQ has: status, ids, counts, the three sentences; lists are cut to fifty."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain.grid.outages.suggest.rank import Advice
from domain.kernel.advisory import advisory

LONGEST_LIST = 50


def answer(
    status: str,
    *,
    run_id: UUID | None = None,
    outage_id: UUID | None = None,
    counts: dict[str, int],
    mode: str = "full",
    **lists: Sequence[Any],
) -> dict[str, Any]:
    """An answer; with `mode` minimal without its lists. `next_cursor` says where the rest begins, None at the end."""
    told: dict[str, Any] = {
        "status": status,
        "run_id": run_id,
        "outage_id": outage_id,
        "counts": counts,
        "advisory": advisory(),
    }
    if mode == "minimal":
        return told
    longest = max((len(rows) for rows in lists.values()), default=0)
    told |= {name: list(rows[:LONGEST_LIST]) for name, rows in lists.items()}
    return told | {"next_cursor": str(LONGEST_LIST) if longest > LONGEST_LIST else None}


def of_advice(made: Advice, mode: str, **lists: Sequence[Any]) -> dict[str, Any]:
    """The answer of a step: `generated` the first time, `unchanged` where the same had been asked before."""
    status = "generated" if made.is_new else "unchanged"
    told = answer(status, run_id=made.run_id, outage_id=made.outage_id, counts=made.counts, mode=mode, **lists)
    return told | {"as_of": made.as_of}
