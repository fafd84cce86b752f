"""The control room says that it is a storm, or that it is none: how advice is made changes, and nothing else does."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.grid.outages.store import storm_modes
from domain.grid.outages.store.storm_modes import StormMode
from domain.kernel.canonical import new_id
from domain.kernel.errors import Invalid
from domain.kernel.events import record
from domain.kernel.redaction import redact

MODES = ("ON", "OFF", "AUTOMATIC")
# A forgotten declaration must not outlast the weather.
LONGEST_H = 72


def declare(
    connection: Connection,
    mode: str,
    hours: float | None,
    reason: str,
    *,
    now: datetime,
    actor_id: str,
    actor_role: str,
) -> StormMode:
    """Declare the mode from now on; ON and OFF end by themselves after `hours`.

    Raises:
        Invalid: STORM_MODE, no such mode, no reason, or not 1 to 72 hours.
    """
    wrong = {}
    if mode not in MODES:
        wrong["mode"] = "choose one"
    if len(reason.strip()) < 3:
        wrong["reason"] = "say why"
    if mode != "AUTOMATIC" and (hours is None or not 1 <= hours <= LONGEST_H):
        wrong["hours"] = f"1 to {LONGEST_H} hours"
    if wrong:
        raise Invalid(
            "Storm mode stays as it is.",
            hint=f"Give a mode, a reason, and for on or off 1 to {LONGEST_H} hours.",
            code="STORM_MODE",
            errors=[{"field": name, "message": words} for name, words in sorted(wrong.items())],
        )
    ends_at = None if mode == "AUTOMATIC" or hours is None else now + timedelta(hours=hours)
    made = StormMode(new_id(), now, mode, ends_at, redact(reason.strip()), actor_id)
    storm_modes.put(connection, made)
    record(
        connection,
        "grid.storm_mode.declared",
        actor_id=actor_id,
        actor_role=actor_role,
        occurred_at=now,
        entity_type="storm_mode",
        entity_id=str(made.storm_mode_id),
        payload={"mode": mode, "ends_at": None if ends_at is None else ends_at.isoformat(), "reason": made.reason},
    )
    return made
