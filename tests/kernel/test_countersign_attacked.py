"""Countersigning under attack: other tenants' roles, races, and rows that were changed behind the triggers."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from domain.kernel.clock import utc_now
from domain.kernel.countersign.decide import Answer, decide
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError, Forbidden
from domain.kernel.fulfil import fulfil
from domain.kernel.gates import DELEGATION, STANDING_ORDER, Gate
from domain.kernel.lent import kinds_open_to, use_standing_order
from domain.kernel.people import end_role, set_active
from domain.kernel.principal import Principal, Role
from domain.kernel.proposals import Proposal, Subject
from domain.kernel.settings import DbRole
from domain.kernel.signed import Decision
from tests.conftest import Database
from tests.kernel.gates_of_tests import ACTS, AT_ONCE, DOERS, PLAIN, lay_down, marks
from tests.makers import make_person, make_tenant


@pytest.fixture
def tenant(database: Database) -> str:
    return make_tenant("T")


@pytest.fixture
def ada(tenant: str) -> Principal:
    return make_person(tenant, "ada", "REVIEWER", "ADMIN")


def made(**more: Any) -> Proposal:
    with transaction("T") as connection:
        return lay_down(connection, **more)


def sign(who: Principal, proposal: Proposal, decision: Decision = Decision.APPROVED, **more: Any) -> Answer:
    given = {"content_hash": proposal.content_hash, "reason": "Because."} | more
    with transaction("T") as connection:
        return decide(connection, who, ACTS, proposal.proposal_id, decision, **given)


def refused(kind: type[CountersignError], code: str, act: Callable[[], object]) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code


def tamper(database: Database, table: str, change: str) -> None:
    """Change rows as their owner does who has taken the triggers away."""
    with psycopg.connect(database.urls["owner"]) as owner:
        owner.execute("SELECT set_config('app.tenant', 'T', false)")
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
        owner.execute(f"UPDATE {table} SET {change}")  # type: ignore[arg-type]


def lend(lender: Principal, borrower: Principal) -> Proposal:
    content = {
        "from_user": lender.id,
        "to_user": borrower.id,
        "role": "REVIEWER",
        "kinds": [AT_ONCE.kind],
        "valid_to": (utc_now() + timedelta(days=1)).isoformat(),
    }
    subject = Subject("delegation", "0190b6a2-5f5e-7c3a-8000-000000000001")
    proposal = made(gate=DELEGATION, content=content, by=lender.id, subject=subject)
    sign(lender, proposal)
    return proposal


def order(signer: Principal) -> Proposal:
    content = {
        "kind": PLAIN.kind,
        "scope": {},
        "times_per_day": 1,
        "valid_to": (utc_now() + timedelta(days=1)).isoformat(),
    }
    subject = Subject("standing_order", "0190b6a2-5f5e-7c3a-8000-000000000002")
    proposal = made(gate=STANDING_ORDER, content=content, subject=subject)
    sign(signer, proposal)
    return proposal


def test_a_role_of_another_tenant_does_not_sign_here(ada: Principal) -> None:
    make_tenant("U")
    stranger = make_person("U", "eve", "REVIEWER", "PLATFORM_ADMIN")
    proposal = made(gate=AT_ONCE)
    for decision in Decision:
        refused(Forbidden, "TENANT_MISMATCH", lambda decision=decision: sign(stranger, proposal, decision))
    with transaction("T") as connection:
        assert kinds_open_to(connection, stranger, [AT_ONCE]) == []
        assert kinds_open_to(connection, ada, [AT_ONCE]) == [AT_ONCE.kind]
    assert marks("effect") == 0


def test_the_second_click_with_another_hash_is_refused(ada: Principal) -> None:
    proposal = made()
    sign(ada, proposal)
    refused(Conflict, "HASH_MISMATCH", lambda: sign(ada, proposal, content_hash="0" * 64))
    assert not sign(ada, proposal).is_new


def test_the_second_withdrawal_of_an_own_proposal_answers_the_first(tenant: str) -> None:
    olga = make_person(tenant, "olga", "OPERATOR")
    proposal = made(by=olga.id)
    first = sign(olga, proposal, Decision.WITHDRAWN)
    second = sign(olga, proposal, Decision.WITHDRAWN)
    assert (second.is_new, second.countersignature) == (False, first.countersignature)


def test_who_proposed_cannot_take_back_what_was_signed_a_moment_before(ada: Principal) -> None:
    olga = make_person("T", "olga", "OPERATOR")
    proposal, told = made(by=olga.id), []

    def take_back() -> None:
        try:
            told.append(sign(olga, proposal, Decision.WITHDRAWN).is_new)
        except CountersignError as error:
            told.append(error.code)

    with transaction("T") as connection:
        decide(connection, ada, ACTS, proposal.proposal_id, Decision.APPROVED, content_hash=proposal.content_hash)
        late = threading.Thread(target=take_back)
        late.start()
        time.sleep(0.5)  # it has looked, seen the proposal wait, and waits for the lock
    late.join()
    assert told == ["ROLE_REQUIRED"]


@pytest.mark.parametrize("is_let_go", [False, True], ids=["the role was taken", "the person was"])
@pytest.mark.parametrize("decision", Decision)
def test_what_was_taken_away_while_a_request_was_on_its_way_signs_nothing(
    ada: Principal, decision: Decision, is_let_go: bool
) -> None:
    """The gate asks before the body comes, which may take minutes; what the person is then is what counts."""
    eve = make_person("T", "eve", "REVIEWER")
    proposal = made(gate=AT_ONCE, by=eve.id if decision is Decision.WITHDRAWN else ada.id)
    if is_let_go:
        set_active("T", uuid.UUID(eve.id), False)
    else:
        end_role("T", uuid.UUID(eve.id), Role.REVIEWER)
    with pytest.raises(Forbidden):
        sign(eve, proposal, decision)
    assert marks("effect") == 0


def test_a_lent_role_is_not_taken_back_while_it_signs(ada: Principal) -> None:
    olga = make_person("T", "olga", "OPERATOR")
    lent, proposal, ended = lend(ada, olga), made(gate=AT_ONCE), []
    late = threading.Thread(target=lambda: ended.append(sign(ada, lent, Decision.WITHDRAWN).countersignature))
    with transaction("T") as connection:
        answer = decide(
            connection, olga, ACTS, proposal.proposal_id, Decision.APPROVED, content_hash=proposal.content_hash
        )
        late.start()
        time.sleep(0.3)
        assert ended == []
    late.join()
    assert answer.countersignature.signed_at < ended[0].signed_at


def test_a_lent_role_that_is_being_taken_back_signs_nothing(ada: Principal) -> None:
    olga, told = make_person("T", "olga", "OPERATOR"), []
    lent, proposal = lend(ada, olga), made(gate=AT_ONCE)
    late = threading.Thread(target=lambda: refused(Forbidden, "ROLE_REQUIRED", lambda: sign(olga, proposal)))
    with transaction("T") as connection:
        decide(connection, ada, ACTS, lent.proposal_id, Decision.WITHDRAWN, reason="Back from leave.")
        late.start()
        time.sleep(0.3)
        told.append(late.is_alive())
    late.join()
    assert (told, marks("effect")) == ([True], 0)


def test_an_order_that_is_being_taken_back_covers_nothing(ada: Principal) -> None:
    standing, told = order(ada), []
    late = threading.Thread(target=lambda: refused(Forbidden, "NO_STANDING_ORDER", act_by_order))
    with transaction("T") as connection:
        decide(connection, ada, ACTS, standing.proposal_id, Decision.WITHDRAWN, reason="No longer.")
        late.start()
        time.sleep(0.3)
        told.append(late.is_alive())
    late.join()
    assert told == [True]


def test_a_proposal_whose_content_was_changed_is_not_signed(ada: Principal, database: Database) -> None:
    proposal = made(gate=AT_ONCE)
    tamper(database, "proposals", """content = '{"n": "another"}'""")
    refused(Conflict, "CONTENT_CHANGED", lambda: sign(ada, proposal))
    assert marks("effect") == 0


@pytest.mark.parametrize("change", ["content = '{\"n\": 1}'", "content_hash = repeat('0', 64)"])
def test_a_proposal_changed_after_the_signature_is_not_carried_out(
    ada: Principal, database: Database, change: str
) -> None:
    signed = sign(ada, made()).countersignature.countersignature_id
    tamper(database, "proposals", change)
    refused(Conflict, "CONTENT_CHANGED", lambda: fulfil("T", signed, DOERS, run_id="r", actor_id="dagster"))
    assert marks("fulfilled") == 0


def act_by_order(gate: Gate = PLAIN, hashed: str = "1" * 64) -> None:
    with transaction("T", DbRole.MACHINE) as connection:
        use_standing_order(connection, gate, Subject("thing", "1"), hashed, actor_id="m")


@pytest.mark.parametrize(
    "change",
    ["times_per_day = 9", "valid_to = valid_to + interval '1 year'", 'scope = \'{"subject_id": "1"}\''],
)
def test_a_standing_order_that_was_changed_covers_nothing(ada: Principal, database: Database, change: str) -> None:
    order(ada)
    act_by_order()
    tamper(database, "standing_orders", change)
    refused(Conflict, "NOT_AS_SIGNED", lambda: act_by_order(hashed="2" * 64))


@pytest.mark.parametrize(
    "change",
    ["role = 'ADMIN'", "kinds = '{}'", "valid_to = valid_to + interval '1 year'"],
)
def test_a_delegation_that_was_changed_lends_nothing(ada: Principal, database: Database, change: str) -> None:
    olga = make_person("T", "olga", "OPERATOR")
    lend(ada, olga)
    with transaction("T") as connection:
        assert kinds_open_to(connection, olga, [AT_ONCE, STANDING_ORDER]) == [AT_ONCE.kind]
    tamper(database, "delegations", change)
    with transaction("T") as connection:
        assert kinds_open_to(connection, olga, [AT_ONCE, STANDING_ORDER]) == []


def test_a_delegation_beside_a_signature_for_something_else_lends_nothing(ada: Principal) -> None:
    olga = make_person("T", "olga", "OPERATOR")
    other = sign(ada, made()).countersignature.countersignature_id
    with transaction("T") as connection:
        connection.execute(
            text(
                "INSERT INTO delegations (delegation_id, role, from_user, to_user, valid_from, valid_to,"
                " countersignature_id) VALUES (gen_random_uuid(), 'REVIEWER', :ada, :olga,"
                " now() - interval '1 s', now() + interval '1 h', :by)"
            ),
            {"ada": ada.id, "olga": olga.id, "by": other},
        )
    with transaction("T") as connection:
        assert kinds_open_to(connection, olga, [AT_ONCE]) == []


def test_a_secret_that_somebody_pasted_is_neither_laid_down_nor_signed(ada: Principal) -> None:
    pasted = "see postgresql://u:planted-pw@h/db and AKIAIOSFODNN7PLANTED"
    with transaction("T") as connection:
        proposal = lay_down(connection, PLAIN, summary=pasted, evidence={"url": pasted, "password": "planted-pw"})
        answer = decide(connection, ada, ACTS, proposal.proposal_id, Decision.REFUSED, reason=pasted)
        rows = [
            str(
                connection.execute(
                    text(f"SELECT {table}::text FROM {table} WHERE proposal_id = :id"), {"id": one}
                ).all()
            )
            for table, one in (("proposals", proposal.proposal_id), ("countersignatures", proposal.proposal_id))
        ]
    assert answer.countersignature.reason == "see postgresql://u:[redacted]@h/db and [redacted]"
    assert not [row for row in rows if "planted-pw" in row or "AKIAIOSFODNN7PLANTED" in row]
