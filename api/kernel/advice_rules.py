"""By which bounds machines notice things: what is in force in each room, what was, and what somebody proposes."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from api.deps import CallerDep, TenantSession, allow
from api.kernel.advice import LOOKS
from api.kernel.advice_schemas import NewRuleset, ProposedRuleset, RoomName, Rulesets, RulesetTold
from domain.kernel.advice import rulesets
from domain.kernel.advice.shipped import Shipped
from domain.kernel.canonical import content_hash
from domain.kernel.errors import NotFound
from domain.kernel.principal import Principal
from domain.kernel.proposals import Proposal
from domain.signal_rules import SHIPPED

router = APIRouter(prefix="/v1/advice", tags=["Advice"])
PROPOSERS = frozenset({"REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER"})
PROPOSES = allow(roles=PROPOSERS)
KEPT = ("room", "version", "content", "content_hash", "adopted_at", "countersignature_id")


@router.get("/rulesets", dependencies=[LOOKS], summary="By which thresholds machines notice things")
def listed_rulesets(connection: TenantSession, room: RoomName | None = None) -> Rulesets:
    """For each room the version in force, every one that was countersigned, and the one that it ships with."""
    rows = told(connection, room)
    return Rulesets(counts={"rows": len(rows)}, rows=rows)


@router.post("/rulesets", dependencies=[PROPOSES], status_code=201, summary="Propose other thresholds")
def propose(response: Response, connection: TenantSession, caller: CallerDep, body: NewRuleset) -> ProposedRuleset:
    """It waits for another person's countersignature; what is in force stays until then."""
    made = lay_down(connection, caller, body.room, body.ruleset)
    response.headers["Location"] = f"/countersign/{made.proposal_id}"
    return ProposedRuleset(proposal_id=made.proposal_id, content_hash=made.content_hash, page_url=made.page_url)


def lay_down(connection: Connection, caller: Principal, room: str, content: Mapping[str, Any]) -> Proposal:
    """Lay another version of the room's rules before a person, from the API or from the form.

    Raises:
        NotFound: the room has no signal rules.
    """
    shipped = SHIPPED.get(room)
    if shipped is None:
        raise NotFound(f"{room} has no signal rules.", hint=f"These have: {', '.join(sorted(SHIPPED))}.")
    return rulesets.propose_ruleset(connection, room, content, shipped, proposed_by=caller.id, role=caller.actor_role)


def told(connection: Connection, room: str | None = None) -> list[RulesetTold]:
    """Every version of a room, or of all: the countersigned ones, the newest first, then the shipped one."""
    rows = []
    for name, shipped in sorted(SHIPPED.items()):
        if room not in {None, name}:
            continue
        signed = rulesets.adopted(connection, name)
        rows += [_signed(one, shipped, is_newest=place == 0) for place, one in enumerate(signed)]
        content = dict(shipped.content)
        rows.append(
            RulesetTold(
                room=name,
                version=shipped.version,
                in_force=not signed,
                shipped=True,
                content=content,
                content_hash=content_hash(content),
            )
        )
    return rows


def _signed(row: dict[str, Any], shipped: Shipped, *, is_newest: bool) -> RulesetTold:
    own = {name: row[name] for name in KEPT}
    return RulesetTold(**own, in_force=is_newest, shipped=False, off=shipped.off_under(row["content"]))
