"""Crews with their skills and what they last reported. Where people are is personal data: read only for advice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import Connection, text

_AS_OF = text("""
SELECT c.crew_id, c.name, c.depot, COALESCE(s.lat, c.lat) AS lat, COALESCE(s.lon, c.lon) AS lon, c.shift_start,
  c.shift_end, c.vehicle, c.members, c.parts, COALESCE(s.status, 'available') AS status, s.current_job,
  COALESCE(s.hours_worked, 0) AS hours_worked,
  ARRAY(SELECT k.skill FROM crew_skills AS k WHERE k.tenant_id = c.tenant_id AND k.crew_id = c.crew_id
    ORDER BY k.skill COLLATE "C") AS skills
FROM crews AS c
LEFT JOIN LATERAL (
  SELECT * FROM crew_status AS r
  WHERE r.tenant_id = c.tenant_id AND r.crew_id = c.crew_id AND r.ts <= :as_of
  ORDER BY r.ts DESC LIMIT 1
) AS s ON TRUE
WHERE c.tenant_id = current_setting('app.tenant') AND c.is_active
ORDER BY c.crew_id COLLATE "C"
""")


@dataclass(frozen=True)
class CrewNow:
    """A crew as it stood at the as-of time. Places in WGS 84 degrees, shifts in the tenant's local time."""

    crew_id: str
    name: str
    depot: str
    lat: float
    lon: float
    shift_start: time
    shift_end: time
    vehicle: str | None
    members: int
    parts: tuple[str, ...]
    status: str
    current_job: str | None
    hours_worked: float
    skills: tuple[str, ...]


def as_of(connection: Connection, at: datetime) -> list[CrewNow]:
    """The active crews, each with what it had last reported by then, by id."""
    return [
        CrewNow(**dict(row._mapping) | {"parts": tuple(row.parts), "skills": tuple(row.skills)})
        for row in connection.execute(_AS_OF, {"as_of": at})
    ]


def names(connection: Connection) -> dict[str, str]:
    """The names of all crews by id, of those that are no longer there too."""
    rows = connection.execute(text("SELECT crew_id, name FROM crews WHERE tenant_id = current_setting('app.tenant')"))
    return {row.crew_id: row.name for row in rows}


def put(connection: Connection, crews: Sequence[CrewNow]) -> None:
    """Register crews with their skills, or bring them up to date."""
    for one in crews:
        connection.execute(
            text(
                "INSERT INTO crews (crew_id, name, depot, lat, lon, shift_start, shift_end, vehicle, members, parts)"
                " VALUES (:crew_id, :name, :depot, :lat, :lon, :shift_start, :shift_end, :vehicle, :members, :parts)"
                " ON CONFLICT (tenant_id, crew_id) DO UPDATE SET name = EXCLUDED.name, depot = EXCLUDED.depot,"
                " lat = EXCLUDED.lat, lon = EXCLUDED.lon, shift_start = EXCLUDED.shift_start,"
                " shift_end = EXCLUDED.shift_end, vehicle = EXCLUDED.vehicle, members = EXCLUDED.members,"
                " parts = EXCLUDED.parts, is_active = true"
            ),
            vars(one) | {"parts": list(one.parts)},
        )
        connection.execute(
            text("DELETE FROM crew_skills WHERE tenant_id = current_setting('app.tenant') AND crew_id = :id"),
            {"id": one.crew_id},
        )
        for skill in one.skills:
            connection.execute(
                text("INSERT INTO crew_skills (crew_id, skill) VALUES (:id, :skill)"),
                {"id": one.crew_id, "skill": skill},
            )


def report(
    connection: Connection,
    crew_id: str,
    at: datetime,
    status: str,
    *,
    current_job: str | None = None,
    place: tuple[float, float] | None = None,
    hours_worked: float = 0.0,
    note: str | None = None,
) -> None:
    """Keep what a crew says of itself. Grain: crew and instant; the same instant again replaces what it said.

    Args:
        connection: bound to the tenant.
        crew_id: of a registered crew.
        at: when it was so, UTC.
        status: available, assigned, enroute, onsite, rest or off.
        current_job: the job in hand.
        place: latitude and longitude, degrees.
        hours_worked: since the last rest.
        note: whatever else it says.
    """
    lat, lon = place or (None, None)
    connection.execute(
        text(
            "INSERT INTO crew_status (crew_id, ts, status, current_job, lat, lon, hours_worked, note)"
            " VALUES (:crew_id, :ts, :status, :job, :lat, :lon, :hours, :note)"
            " ON CONFLICT (tenant_id, crew_id, ts) DO UPDATE SET status = EXCLUDED.status,"
            " current_job = EXCLUDED.current_job, lat = EXCLUDED.lat, lon = EXCLUDED.lon,"
            " hours_worked = EXCLUDED.hours_worked, note = EXCLUDED.note"
        ),
        {
            "crew_id": crew_id,
            "ts": at,
            "status": status,
            "job": current_job,
            "lat": lat,
            "lon": lon,
            "hours": hours_worked,
            "note": note,
        },
    )
