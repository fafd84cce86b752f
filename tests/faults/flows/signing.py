"""People sign what waits for them."""

from tests.faults.flows.flow import Found, Rows, counted
from tests.flows.mortal import StubbornPhone

SIGNED = "SELECT proposal_id::text FROM countersignatures WHERE decision = 'APPROVED' AND kind = 'retention.disposal'"
TOLD_AGAIN_EACH = 20


class Signing:
    """Proposals one after the other; now and then all that was told is asked for again."""

    name = "people sign"

    def __init__(self, phone: StubbornPhone, proposals: list[tuple[str, str]]) -> None:
        self.phone, self.proposals = phone, proposals
        self.asked: list[str] = []
        self.signed: list[str] = []

    def go_on(self, number: int) -> bool:
        """Sign one."""
        if number >= len(self.proposals):
            return False
        proposal_id, content_hash = self.proposals[number]
        self.asked.append(proposal_id)
        self.phone.act(f"/v1/proposals/{proposal_id}/approve", {"content_hash": content_hash})
        self.signed.append(proposal_id)
        if number % TOLD_AGAIN_EACH == 0:
            self.phone.is_told_the_same()
        return True

    def look(self, connection: Rows) -> Found:
        """Each signature once, none that nobody asked for, and an effect for each."""
        there = [row[0] for row in connection.execute(SIGNED).fetchall()]
        checks, lost = counted("the signature of", self.signed, there)
        lost += [f"nobody asked to sign {one}" for one in sorted(set(there) - set(self.asked))]
        events = connection.execute(
            "SELECT count(*) FROM events WHERE event_type = 'kernel.proposal.approved' AND payload ->> 'kind' ="
            " 'retention.disposal'"
        ).fetchone()
        if events is not None and events[0] not in {0, len(there)}:
            lost.append(f"{len(there)} signatures have {events[0]} events")
        return Found(checks + 1, lost)
