"""Countersigning: one wins, the hash binds, four eyes, what has expired or been replaced cannot be signed."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from domain.kernel.canonical import new_id
from domain.kernel.clock import utc_now
from domain.kernel.countersign.decide import Answer, decide
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError, Forbidden, Invalid, NotFound
from domain.kernel.fulfil import fulfil
from domain.kernel.gates import DELEGATION, STANDING_ORDER
from domain.kernel.lent import use_standing_order
from domain.kernel.principal import Principal
from domain.kernel.proposals import Proposal, Subject, load_proposal
from domain.kernel.queue import how_many_wait, waiting
from domain.kernel.settings import DbRole
from domain.kernel.signed import Countersignature, Decision, check
from tests.conftest import Database
from tests.kernel.gates_of_tests import ACTS, AT_ONCE, DOERS, PLAIN, lay_down, marks
from tests.makers import make_person, make_tenant

APPROVED, REFUSED, WITHDRAWN = Decision.APPROVED, Decision.REFUSED, Decision.WITHDRAWN


@pytest.fixture
def tenant(database: Database) -> str:
    return make_tenant("T")


@pytest.fixture
def ada(tenant: str) -> Principal:
    return make_person(tenant, "ada", "REVIEWER")


@pytest.fixture
def bob(tenant: str) -> Principal:
    return make_person(tenant, "bob", "REVIEWER")


def made(**more: Any) -> Proposal:
    with transaction("T") as connection:
        return lay_down(connection, **more)


def sign(who: Principal, proposal: Proposal, decision: Decision = APPROVED, **more: Any) -> Answer:
    given = {"content_hash": proposal.content_hash, "reason": "Because."} | more
    with transaction(who.tenant_id) as connection:
        return decide(connection, who, ACTS, proposal.proposal_id, decision, **given)


def refused(kind: type[CountersignError], code: str, act: Callable[[], object]) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code
    with transaction("T") as connection:
        assert connection.execute(text("SELECT count(*) FROM countersignatures")).scalar() == 0


def state(proposal: Proposal) -> str:
    with transaction("T") as connection:
        return load_proposal(connection, proposal.proposal_id).state


def test_a_signature_is_kept_noted_and_takes_effect_at_once(ada: Principal) -> None:
    proposal = made(gate=AT_ONCE)
    answer = sign(ada, proposal)
    assert answer.is_new
    assert state(proposal) == "APPROVED"
    assert marks("effect") == 1
    with transaction("T") as connection:
        assert check(connection, answer.countersignature.countersignature_id, AT_ONCE.kind) == answer.countersignature
        told = connection.execute(
            text("SELECT actor_id, actor_role FROM events WHERE event_type = 'kernel.proposal.approved'")
        ).one()
    assert (told.actor_id, told.actor_role) == (ada.id, "REVIEWER")


def test_the_second_click_of_the_same_person_answers_the_first_signature(ada: Principal, bob: Principal) -> None:
    proposal = made(gate=AT_ONCE)
    first, second = sign(ada, proposal), sign(ada, proposal)
    assert (second.is_new, second.countersignature) == (False, first.countersignature)
    with pytest.raises(Conflict) as caught:
        sign(bob, proposal)
    assert caught.value.code == "ALREADY_DECIDED"
    assert marks("effect") == 1


def test_two_people_sign_at_once_forty_times_and_one_wins_each_time(ada: Principal, bob: Principal) -> None:
    for _ in range(40):
        proposal = made(gate=AT_ONCE)
        barrier, won = threading.Barrier(2), []

        def go(
            who: Principal, proposal: Proposal = proposal, barrier: threading.Barrier = barrier, won: list[str] = won
        ) -> None:
            barrier.wait()
            try:
                won.append("won" if sign(who, proposal).is_new else "again")
            except Conflict as error:
                won.append(error.code)

        threads = [threading.Thread(target=go, args=(who,)) for who in (ada, bob)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == ["ALREADY_DECIDED", "won"]
    assert marks("effect") == 40


def test_a_stale_hash_is_refused(ada: Principal) -> None:
    proposal = made()
    refused(Conflict, "HASH_MISMATCH", lambda: sign(ada, proposal, content_hash="0" * 64))
    refused(Invalid, "HASH_REQUIRED", lambda: sign(ada, proposal, content_hash=None))


def test_what_was_replaced_cannot_be_signed(ada: Principal) -> None:
    subject = Subject("thing", "one")
    old = made(subject=subject)
    made(subject=subject)
    refused(Conflict, "OUTDATED", lambda: sign(ada, old))
    assert state(old) == "OUTDATED"


def test_nobody_signs_an_own_proposal(ada: Principal) -> None:
    refused(Forbidden, "FOUR_EYES", lambda: sign(ada, made(by=ada.id)))
    refused(Forbidden, "FOUR_EYES", lambda: sign(ada, made(authors=[ada.id])))


def test_a_tenant_that_switched_four_eyes_off_lets_its_one_operator_sign(ada: Principal) -> None:
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("""UPDATE tenants SET settings = '{"four_eyes": false}' WHERE tenant_id = 'T'"""))
    assert sign(ada, made(by=ada.id)).is_new


def expire(database: Database, proposal: Proposal) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("ALTER TABLE proposals DISABLE TRIGGER refuse_change")
        connection.execute(
            "UPDATE proposals SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day'"
            " WHERE proposal_id = %s",
            (proposal.proposal_id,),
        )
        connection.execute("ALTER TABLE proposals ENABLE ALWAYS TRIGGER refuse_change")


def test_an_expired_proposal_cannot_be_signed(database: Database, ada: Principal) -> None:
    proposal = made()
    expire(database, proposal)
    refused(Conflict, "EXPIRED", lambda: sign(ada, proposal))


def test_the_queue_holds_what_waits_by_every_state_and_nothing_else(database: Database, ada: Principal) -> None:
    subject = Subject("thing", "one")
    expired, asked, _, taken_back = made(), made(), made(subject=subject), made()
    made(subject=subject)
    made()
    expire(database, expired)
    sign(ada, made())
    sign(ada, made(), REFUSED)
    sign(ada, asked, Decision.MORE_INFORMATION, reason="Which feeder?")
    sign(ada, taken_back)
    sign(ada, taken_back, WITHDRAWN)
    with transaction("T") as connection:
        rows = connection.execute(text("SELECT proposal_id, state FROM v_proposals"))
        states = {row.proposal_id: row.state for row in rows}
        queued = {one.proposal_id for one in waiting(connection, [PLAIN.kind])}
        assert len(queued) == how_many_wait(connection, [PLAIN.kind])
    assert set(states.values()) == {"WAITING", "APPROVED", "REFUSED", "WITHDRAWN", "OUTDATED", "EXPIRED"}
    assert queued == {own for own, state in states.items() if state == "WAITING"}
    assert asked.proposal_id in queued


def test_another_tenants_proposal_is_not_there(ada: Principal) -> None:
    make_tenant("OTHER")
    eve = make_person("OTHER", "eve", "REVIEWER")
    proposal = made()
    with pytest.raises(NotFound):
        sign(eve, proposal)
    assert state(proposal) == "WAITING"


def test_another_role_and_a_machine_are_refused(ada: Principal) -> None:
    proposal = made()
    refused(Forbidden, "ROLE_REQUIRED", lambda: sign(make_person("T", "olga", "OPERATOR"), proposal))
    from domain.kernel.principal import Kind

    robot = Principal(Kind.SERVICE, "key", "robot", "T", scopes=frozenset({"grid:write"}))
    refused(Forbidden, "PERSON_REQUIRED", lambda: sign(robot, proposal))


def test_a_refusal_needs_a_reason_and_ends_the_proposal(ada: Principal, bob: Principal) -> None:
    proposal = made()
    refused(Invalid, "REASON_REQUIRED", lambda: sign(ada, proposal, REFUSED, reason=" "))
    sign(ada, proposal, REFUSED)
    assert state(proposal) == "REFUSED"
    with pytest.raises(Conflict):
        sign(bob, proposal)


def test_a_question_leaves_the_proposal_waiting(ada: Principal, bob: Principal) -> None:
    proposal = made()
    sign(ada, proposal, Decision.MORE_INFORMATION, reason="Which feeder?")
    assert state(proposal) == "WAITING"
    assert sign(bob, proposal).is_new


def test_an_approval_is_withdrawn_until_its_fulfilment_has_started(ada: Principal) -> None:
    first, second = made(), made()
    taken = sign(ada, first).countersignature
    sign(ada, first, WITHDRAWN)
    assert state(first) == "WITHDRAWN"
    with pytest.raises(Conflict, match="withdrawn"):
        fulfil("T", taken.countersignature_id, DOERS, run_id="r", actor_id="machine")
    signed = sign(ada, second).countersignature
    fulfil("T", signed.countersignature_id, DOERS, run_id="r", actor_id="machine")
    with pytest.raises(Conflict) as caught:
        sign(ada, second, WITHDRAWN)
    assert caught.value.code == "FULFILMENT_STARTED"


def test_what_took_effect_at_once_is_not_withdrawn(ada: Principal) -> None:
    proposal = made(gate=AT_ONCE)
    sign(ada, proposal)
    with pytest.raises(Conflict) as caught:
        sign(ada, proposal, WITHDRAWN)
    assert caught.value.code == "IN_EFFECT"


def test_a_person_takes_the_own_waiting_proposal_back(ada: Principal) -> None:
    olga = make_person("T", "olga", "OPERATOR")
    proposal = made(by=olga.id)
    sign(olga, proposal, WITHDRAWN)
    assert state(proposal) == "WITHDRAWN"


def test_a_correction_supersedes_and_is_signed_by_another_person(ada: Principal, bob: Principal) -> None:
    subject = Subject("thing", "one")
    wrong = sign(ada, made(subject=subject)).countersignature
    correction = made(subject=subject, supersedes=wrong.countersignature_id)
    with pytest.raises(Forbidden) as caught:
        sign(ada, correction)
    assert caught.value.code == "FOUR_EYES"
    right = sign(bob, correction).countersignature
    with transaction("T") as connection:
        assert check(connection, right.countersignature_id, PLAIN.kind) == right
        with pytest.raises(Conflict, match="supersedes"):
            check(connection, wrong.countersignature_id, PLAIN.kind)


def test_proposing_the_same_content_again_answers_the_one_that_stands(ada: Principal) -> None:
    same = {"subject": Subject("thing", "one"), "content": {"a": 1}}
    first, second = made(**same), made(**same)
    assert first.proposal_id == second.proposal_id
    sign(ada, first)
    assert made(**same).proposal_id == first.proposal_id


def test_a_lent_role_signs_with_both_names_and_within_its_scope_alone(ada: Principal, bob: Principal) -> None:
    cyn = make_person("T", "cyn", "OPERATOR")
    lent = {
        "role": "REVIEWER",
        "from_user": ada.id,
        "to_user": cyn.id,
        "kinds": [PLAIN.kind],
        "valid_to": (utc_now() + timedelta(days=1)).isoformat(),
    }
    delegation = made(gate=DELEGATION, by=ada.id, content=lent, subject=Subject("delegation", str(new_id())))
    with pytest.raises(Forbidden) as caught:
        sign(bob, delegation)
    assert caught.value.code == "NOT_YOUR_ROLE"
    given = sign(ada, delegation).countersignature
    signed = sign(cyn, made()).countersignature
    assert (str(signed.signer_id), str(signed.on_behalf_of), signed.signer_role) == (cyn.id, ada.id, "REVIEWER")
    with pytest.raises(Forbidden):
        sign(cyn, made(gate=AT_ONCE))
    with pytest.raises(Forbidden):
        sign(cyn, made(by=ada.id))  # in her role one may no more sign her proposal than she may
    sign(ada, load(delegation), WITHDRAWN)
    assert given.kind == DELEGATION.kind
    with pytest.raises(Forbidden):
        sign(cyn, made())


def load(proposal: Proposal) -> Proposal:
    with transaction("T") as connection:
        return load_proposal(connection, proposal.proposal_id)


def test_a_standing_order_covers_its_scope_up_to_its_limit_and_is_named_in_the_ledger(ada: Principal) -> None:
    admin = make_person("T", "amy", "ADMIN")
    order = {
        "kind": PLAIN.kind,
        "scope": {"subject_type": "thing"},
        "times_per_day": 2,
        "valid_to": (utc_now() + timedelta(days=1)).isoformat(),
    }
    proposal = made(gate=STANDING_ORDER, by=ada.id, content=order, subject=Subject("standing_order", str(new_id())))

    def use(subject: Subject, gate: Any = PLAIN) -> Countersignature:
        with transaction("T", DbRole.MACHINE) as connection:
            return use_standing_order(connection, gate, subject, "a" * 64, actor_id="machine")

    with pytest.raises(Forbidden, match="No standing order"):
        use(Subject("thing", "1"))
    signed = sign(admin, proposal).countersignature
    assert use(Subject("thing", "1")) == use(Subject("thing", "1")) == signed
    use(Subject("thing", "2"))
    with pytest.raises(Conflict, match="2 such acts a day"):
        use(Subject("thing", "3"))
    for subject, gate in ((Subject("other", "1"), PLAIN), (Subject("thing", "1"), AT_ONCE)):
        with pytest.raises(Forbidden):
            use(subject, gate)
    with transaction("T") as connection:
        named = connection.execute(
            text("SELECT entity_id FROM events WHERE event_type = 'kernel.standing_order.used' ORDER BY seq")
        ).scalars()
        assert list(named) == [proposal.subject.id] * 2
    sign(admin, load(proposal), WITHDRAWN)
    with pytest.raises(Forbidden):
        use(Subject("thing", "1"))


def test_a_signature_whose_row_was_changed_is_found_out(database: Database, ada: Principal) -> None:
    signed = sign(ada, made()).countersignature
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("ALTER TABLE countersignatures DISABLE TRIGGER refuse_change")
        connection.execute("UPDATE countersignatures SET reason = 'Somebody else said so.'")
    with transaction("T") as connection, pytest.raises(Conflict) as caught:
        check(connection, signed.countersignature_id, PLAIN.kind)
    assert caught.value.code == "BAD_SIGNATURE"


@pytest.mark.parametrize("table", ["proposals", "countersignatures", "artifacts", "signing_keys", "fulfilments"])
@pytest.mark.parametrize("act", ["UPDATE {} SET tenant_id = 'X'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_as_app_and_as_superuser_nothing_signed_is_changed(
    database: Database, ada: Principal, table: str, act: str
) -> None:
    signed = sign(ada, made()).countersignature
    fulfil("T", signed.countersignature_id, DOERS, run_id="r", actor_id="machine")
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute(
            "INSERT INTO artifacts (artifact_id, tenant_id, kind, sha256, size_bytes, media_type, store_key)"
            " VALUES (gen_random_uuid(), 'T', 'k', repeat('a', 64), 1, 'm', 'k')"
        )
    statement = act.format(table).replace(
        "tenant_id = 'X'", "created_at = now()" if table == "signing_keys" else "tenant_id = 'X'"
    )
    for role in ("superuser", "app", "machine"):
        with psycopg.connect(database.urls[role]) as connection:
            connection.execute("SELECT set_config('app.tenant', 'T', false)")
            with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege)):
                connection.execute(statement)


def test_the_machine_cannot_insert_what_only_people_may(database: Database, ada: Principal) -> None:
    signed = sign(ada, made()).countersignature
    copied = (
        "INSERT INTO countersignatures SELECT gen_random_uuid(), proposal_id, tenant_id, kind, subject_type, 'x',"
        " content_hash, decision, signer_id, signer_role, on_behalf_of, delegation_id, meaning, reason, supersedes,"
        " withdraws, signed_at, key_id, signature FROM countersignatures"
    )
    for statement in (copied, "INSERT INTO standing_orders DEFAULT VALUES", "INSERT INTO delegations DEFAULT VALUES"):
        with psycopg.connect(database.urls["machine"]) as connection:
            connection.execute("SELECT set_config('app.tenant', 'T', false)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    assert signed.decision is APPROVED


def test_a_countersignature_cannot_be_made_up(ada: Principal) -> None:
    signed = sign(ada, made()).countersignature
    with pytest.raises(TypeError, match="never made up"):
        Countersignature(**{**vars(signed), "proof": object()})


def test_a_row_of_effect_without_a_signature_is_refused_by_the_database(database: Database, ada: Principal) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        with pytest.raises(psycopg.errors.NotNullViolation):
            connection.execute(
                "INSERT INTO standing_orders (order_id, kind, times_per_day, valid_from, valid_to)"
                " VALUES (gen_random_uuid(), 'k', 1, now(), now() + interval '1 day')"
            )
        connection.rollback()
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute(
                "INSERT INTO standing_orders (order_id, kind, times_per_day, valid_from, valid_to, countersignature_id)"
                " VALUES (gen_random_uuid(), 'k', 1, now(), now() + interval '1 day', %s)",
                (uuid.uuid4(),),
            )


def test_without_the_ledger_nothing_is_signed(database: Database, ada: Principal) -> None:
    proposal = made()
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("REVOKE INSERT ON events FROM countersign_app")
    with pytest.raises(CountersignError) as caught:
        sign(ada, proposal)
    assert (caught.value.status, caught.value.code) == (503, "LEDGER_UNAVAILABLE")
    assert state(proposal) == "WAITING"
