"""Meters report, each report twice and out of order; the emulator publishes windows of reads."""

from datetime import UTC, datetime, timedelta

from tests.faults.flows.flow import Found, Rows, counted, doubled
from tests.flows.mortal import StubbornPhone

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
FIRST_WINDOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


class Reporting:
    """Last gasps."""

    name = "meters report, twice and out of order"

    def __init__(self, phone: StubbornPhone) -> None:
        self.phone = phone
        self.reported: list[datetime] = []

    def go_on(self, number: int) -> bool:
        """The later of two reports first, then the earlier, then the later again."""
        pair = [BEGAN + timedelta(seconds=2 * number + 1), BEGAN + timedelta(seconds=2 * number)]
        for at in [*pair, pair[0]]:
            event = {"meter_id": "M010000", "type": "POWER_OUT", "at": at.isoformat(), "source": "ami"}
            self.phone.act("/v1/grid/meter-events", {"events": [event]})
        self.reported += pair
        return True

    def look(self, connection: Rows) -> Found:
        """Each report once."""
        rows = connection.execute("SELECT at FROM meter_events WHERE tenant_id = 'T' ORDER BY at").fetchall()
        return counted("the report of", self.reported, [row[0] for row in rows])


class Reading:
    """Windows of reads, each published again after the next one."""

    name = "reads are published"

    def __init__(self, phone: StubbornPhone, meters: int) -> None:
        self.phone, self.meters = phone, meters
        self.windows: dict[datetime, str] = {}
        self.lost: list[str] = []

    def go_on(self, number: int) -> bool:
        """The next window, then the one before it again."""
        for at in (number, max(0, number - 1)):
            end = FIRST_WINDOW + at * QUARTER
            told = self.phone.act("/api/ami/publish-once", {"intervalMinutes": 15, "windowEnd": end.isoformat()})
            before = self.windows.setdefault(end, told["run_id"])
            if before != told["run_id"]:
                self.lost.append(f"the window to {end} is run {before} and then {told['run_id']}")
        return True

    def look(self, connection: Rows) -> Found:
        """Each meter at most once in each window, and the same reads as their own roll-up says."""
        rows = connection.execute("SELECT meter_id, read_at FROM meter_reads_electric WHERE tenant_id = 'T'").fetchall()
        ends = {row[1] for row in rows}
        lost = self.lost + doubled("the read of", rows)
        lost += [f"the window to {end} holds no read" for end in self.windows if end not in ends]
        loads = connection.execute("SELECT sum(reads) FROM gl_meter_day WHERE tenant_id = 'T'").fetchone()
        if loads is None or loads[0] != len(rows):
            lost.append(f"{len(rows)} reads are {loads and loads[0]} in their roll-up")
        return Found(len(rows) + len(self.windows) + 1, lost)
