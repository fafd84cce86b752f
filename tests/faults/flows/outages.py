"""An evening of outages: reported, inferred, promoted by a person, restored, replayed, reported on and signed."""

from datetime import datetime, timedelta

from tests.faults.flows.flow import Asking, Found, Rows, counted
from tests.grid.outages.evening import Evening
from tests.grid.outages.town import NIGHT, below

SIGNED = """
SELECT r.replay_id::text, r.status, f.status, cardinality(f.artifact_ids)
FROM outage_replays AS r LEFT JOIN fulfilments AS f ON f.countersignature_id = r.countersignature_id
WHERE r.status = 'SIGNED'
"""
UNSIGNED_EFFECT = """
SELECT outage_id::text FROM outages AS o WHERE NOT EXISTS (SELECT 1 FROM countersignatures AS c
  WHERE c.countersignature_id = o.countersignature_id AND c.decision = 'APPROVED')
"""
ROUNDS = 20


class Outages:
    """One outage a round, fifty minutes after the one before, in one town after the other."""

    name = "outages are promoted, replayed and signed"

    def __init__(self, evenings: list[Evening], asking: Asking) -> None:
        self.evenings, self.phone = evenings, asking.phone
        for one in evenings:
            one.client = asking  # type: ignore[assignment]  # what the evening asks with goes on asking
        self.promoted: list[str] = []
        self.signed: list[str] = []

    def go_on(self, number: int) -> bool:
        """From the first gasp to the signed report."""
        if number >= ROUNDS * len(self.evenings):
            return False
        evening, number = self.evenings[number // ROUNDS], number % ROUNDS
        begins = NIGHT - timedelta(hours=20) + timedelta(minutes=50 * number)
        device = f"FUSE-{'NS'[number % 2]}{number // 2 % 6 + 1}"
        self._told(evening, device, "POWER_OUT", begins)
        evening.infer(begins + timedelta(minutes=6))
        outage_id = evening.promote()["outage_id"]
        self.promoted.append(outage_id)
        self._told(evening, device, "POWER_ON", begins + timedelta(minutes=20))
        evening.infer(begins + timedelta(minutes=22))
        replay = evening.post("/v1/replays/after-action/generate", {"outage_id": outage_id})["replay_id"]
        laid = evening.post("/v1/reports/after-action/export", {"replay_id": replay})
        seen = {"content_hash": laid["content_hash"], "reason": "As it was."}
        evening.post(f"/v1/proposals/{laid['proposal_id']}/approve", seen, evening.manager)
        self.signed.append(replay)
        return True

    def _told(self, evening: Evening, device: str, kind: str, at: datetime) -> None:
        meters = below(evening.network, device)
        rows = [
            {
                "type": kind,
                "meter_id": own,
                "at": at.isoformat(),
                "arrived_at": (at + timedelta(seconds=40)).isoformat(),
            }
            for own in meters
        ]
        evening.post("/v1/grid/meter-events", {"events": rows})

    def look(self, connection: Rows) -> Found:
        """Each outage once and under a signature; each signed report carried out once, with its files."""
        there = [row[0] for row in connection.execute("SELECT outage_id::text FROM outages").fetchall()]
        checks, lost = counted("the outage", self.promoted, there)
        lost += [f"outage {row[0]} has no signature" for row in connection.execute(UNSIGNED_EFFECT).fetchall()]
        reports = connection.execute(SIGNED).fetchall()
        more, missing = counted("the signed report", self.signed, [row[0] for row in reports])
        lost += missing + [f"report {row} is not whole" for row in reports if row[2:] != ("DONE", 2)]
        return Found(checks + more + len(there) + len(reports), lost)
