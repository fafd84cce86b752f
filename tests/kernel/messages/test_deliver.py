"""Messages reach those who may see them, once, as digests; and nobody else, and not for ever."""

import hashlib
import hmac
import json
import threading
import uuid
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text

from domain.kernel.clock import utc_now
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.messages.channels import (
    Channel,
    add_channel,
    channels_of,
    end_channel,
    ensure_email,
    set_channel,
    unsubscribe,
)
from domain.kernel.messages.deliver import MOST_TRIES, Delivered, deliver, is_anything_due, wait_after
from domain.kernel.messages.kinds import EVERY_KIND, Medium, MessageKind
from domain.kernel.messages.outbox import tell, waiting_for_you
from domain.kernel.messages.secret import key_file, read_unsubscribe_token
from domain.kernel.messages.webhook import SIGNATURE
from domain.kernel.people import end_role, set_active
from domain.kernel.principal import Principal, Role
from domain.kernel.proposals import Proposal, Subject, propose
from domain.kernel.settings import DbRole
from domain.kernel.signed import Decision
from tests.conftest import Database
from tests.kernel.gates_of_tests import ACTS, PLAIN, lay_down
from tests.kernel.messages.receivers import Mailbox, Receiver
from tests.makers import make_person, make_tenant


@pytest.fixture
def ada(mailbox: Mailbox) -> Principal:
    return make_person("T", "ada", "REVIEWER")


def lay(by: str = "machine", **more: object) -> Proposal:
    """Made and told of in one transaction, as the machine."""
    with transaction("T", DbRole.MACHINE) as connection:
        made = lay_down(connection, PLAIN, by, **more)
        waiting_for_you(connection, made, PLAIN)
    return made


def fault(subject: str = "1", kind: MessageKind = MessageKind.CRITICAL_FAULT, title: str = "Pressure is lost") -> None:
    with transaction("T", DbRole.MACHINE) as connection:
        tell(connection, kind, [Role.REVIEWER], subject_type="fault", subject_id=subject, title=title)


def text_of(mailbox: Mailbox, number: int = -1) -> str:
    return str(mailbox.mails[number].get_content())


def states() -> dict[str, int]:
    with transaction("T", DbRole.OWNER) as connection:
        rows = connection.execute(text("SELECT status, count(*) AS n FROM message_deliveries GROUP BY 1"))
        return {row.status: row.n for row in rows}


def later(**span: float) -> datetime:
    return utc_now() + timedelta(**span)


def test_who_may_sign_is_told_once_with_the_way_there(mailbox: Mailbox, ada: Principal) -> None:
    make_person("T", "olga", "OPERATOR")
    proposal = lay()
    with transaction("T", DbRole.MACHINE) as connection:
        assert waiting_for_you(connection, proposal, PLAIN) == 0
    assert deliver("T") == Delivered(sendings=1, sent=1)
    assert deliver("T") == Delivered()
    (mail,) = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("ada@example.org", "Look at this.")
    assert f"https://countersign.example/countersign/{proposal.proposal_id}" in text_of(mailbox)
    assert "/messages/unsubscribe?token=" in mail["List-Unsubscribe"]


def test_who_had_a_hand_in_it_is_not_told(mailbox: Mailbox, ada: Principal) -> None:
    bob, cleo = make_person("T", "bob", "REVIEWER"), make_person("T", "cleo", "REVIEWER")
    lay(ada.id, authors=[bob.id])
    deliver("T")
    assert [mail["To"] for mail in mailbox.mails] == [f"{cleo.name}@example.org"]


def test_what_is_rolled_back_is_told_to_nobody(mailbox: Mailbox, ada: Principal) -> None:
    with transaction("T", DbRole.MACHINE) as connection:
        waiting_for_you(connection, lay_down(connection), PLAIN)
        connection.rollback()
    assert deliver("T") == Delivered()


@pytest.mark.parametrize("change", ["role", "active", "signed"])
def test_who_may_no_longer_see_it_when_it_is_sent_gets_nothing(mailbox: Mailbox, ada: Principal, change: str) -> None:
    proposal = lay()
    if change == "role":
        end_role("T", uuid.UUID(ada.id), Role.REVIEWER)
    elif change == "active":
        set_active("T", uuid.UUID(ada.id), False)
    else:
        bob = make_person("T", "bob", "REVIEWER")
        with transaction("T") as connection:
            decide(
                connection,
                bob,
                ACTS,
                proposal.proposal_id,
                Decision.APPROVED,
                content_hash=proposal.content_hash,
            )
    done = deliver("T")
    why = {"role": "MAY_NOT_SEE", "active": "NOT_ACTIVE", "signed": "NO_LONGER_WAITS"}[change]
    assert (done.sent, done.dropped, done.reasons) == (0, 1, {why: 1})
    assert mailbox.mails == []


def test_who_was_lent_the_role_is_told_while_it_is_lent(mailbox: Mailbox, ada: Principal) -> None:
    from domain.kernel.gates import DELEGATION

    bob = make_person("T", "bob", "OPERATOR")
    with transaction("T") as connection:
        lent = propose(
            connection,
            DELEGATION,
            Subject("delegation", str(uuid.uuid4())),
            content={
                "from_user": ada.id,
                "to_user": bob.id,
                "role": "REVIEWER",
                "kinds": [],
                "valid_to": later(days=1).isoformat(),
            },
            summary="x",
            proposed_by=ada.id,
        )
        decide(connection, ada, ACTS, lent.proposal_id, Decision.APPROVED, content_hash=lent.content_hash)
    lay()
    assert deliver("T").sent == 2
    lay()
    with transaction("T") as connection:
        decide(connection, ada, ACTS, lent.proposal_id, Decision.WITHDRAWN, reason="Back.")
    done = deliver("T", lambda: later(hours=1))
    assert (done.sent, done.reasons) == (1, {"MAY_NOT_SEE": 1})


def test_five_hundred_at_once_are_one_mail(mailbox: Mailbox, ada: Principal) -> None:
    with transaction("T", DbRole.MACHINE) as connection:
        for number in range(120):
            tell(
                connection,
                MessageKind.JOB_FAILED,
                [Role.REVIEWER],
                subject_type="run",
                subject_id=str(number),
                title=f"Run {number} failed",
            )
    assert deliver("T") == Delivered(sendings=1, sent=120)
    assert mailbox.mails[0]["Subject"].startswith("120 messages from T: Run 0 failed")
    assert "and 100 more" in text_of(mailbox)


def test_a_digest_waits_its_time_and_a_critical_fault_does_not(mailbox: Mailbox, ada: Principal) -> None:
    lay()
    deliver("T")
    lay()
    assert deliver("T") == Delivered()
    assert not is_anything_due("T")
    fault()
    assert deliver("T") == Delivered(sendings=1, sent=1)
    assert mailbox.mails[-1]["Subject"] == "Pressure is lost"
    assert deliver("T", lambda: later(minutes=16)).sent == 1


def test_two_who_deliver_at_once_send_once(mailbox: Mailbox, ada: Principal) -> None:
    for name in ("bob", "cleo", "dan"):
        make_person("T", name, "REVIEWER")
    lay()
    barrier = threading.Barrier(3)

    def go() -> None:
        barrier.wait()
        deliver("T")

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mail["To"] for mail in mailbox.mails) == [f"{n}@example.org" for n in ("ada", "bob", "cleo", "dan")]


def test_what_is_not_taken_is_tried_again_ever_later_and_then_given_up(mailbox: Mailbox, ada: Principal) -> None:
    mailbox.refuse = True
    fault()
    now = utc_now()
    for tries in range(1, MOST_TRIES + 1):
        done = deliver("T", lambda now=now: now)
        assert (done.later, done.failed) == ((1, 0) if tries < MOST_TRIES else (0, 1))
        assert deliver("T", lambda now=now: now) == Delivered()
        now += wait_after(tries)
    assert states() == {"FAILED": 1}
    assert [wait_after(tries).total_seconds() / 60 for tries in (1, 2, 3, 20)] == [1, 2, 4, 360]


def test_what_waited_for_the_server_is_sent_when_it_takes_mail_again(mailbox: Mailbox, ada: Principal) -> None:
    mailbox.refuse = True
    fault()
    deliver("T")
    mailbox.refuse = False
    assert deliver("T", lambda: later(minutes=2)).sent == 1


def channel_of(who: Principal, medium: Medium = Medium.EMAIL) -> Channel:
    with transaction("T") as connection:
        ensure_email(connection, who)
        return next(one for one in channels_of(connection, who.id) if one.medium is medium)


def test_a_link_out_of_a_mail_unsubscribes_that_channel_and_no_other(mailbox: Mailbox, ada: Principal) -> None:
    bob = make_person("T", "bob", "REVIEWER")
    lay()
    deliver("T")
    mail = next(one for one in mailbox.mails if one["To"] == "ada@example.org")
    token = mail["List-Unsubscribe"].split("token=")[1].rstrip(">")
    assert read_unsubscribe_token(token) == ("T", channel_of(ada).channel_id)
    forged = token.replace(str(channel_of(ada).channel_id), str(channel_of(bob).channel_id))
    for wrong in (forged, token[:-1], "", "a.b.c", "T..x"):
        assert not unsubscribe(wrong)
    assert unsubscribe(token)
    assert channel_of(ada).kinds == []
    assert channel_of(bob).kinds == list(EVERY_KIND)
    mailbox.mails.clear()
    lay()
    deliver("T", lambda: later(hours=1))
    assert [one["To"] for one in mailbox.mails] == ["bob@example.org"]


def test_a_kind_that_was_switched_off_is_not_sent_also_when_it_waited(mailbox: Mailbox, ada: Principal) -> None:
    lay()
    fault(kind=MessageKind.DATA_STALE)
    with transaction("T") as connection:
        set_channel(connection, ada, channel_of(ada).channel_id, ["DATA_STALE"], 0)
    done = deliver("T")
    assert (done.sent, done.reasons) == (1, {"UNSUBSCRIBED": 1})
    with transaction("T") as connection, pytest.raises(Invalid):
        set_channel(connection, ada, channel_of(ada).channel_id, ["EVERYTHING"])


def add_hook(who: Principal, hook: Receiver) -> tuple[Channel, str]:
    with transaction("T") as connection:
        channel, secret = add_channel(connection, who, Medium.WEBHOOK, hook.url, EVERY_KIND)
        set_channel(connection, who, channel_of(who).channel_id, [])
    assert secret is not None
    return channel, secret


def test_a_webhook_is_signed_over_time_and_body_and_names_no_content(hook: Receiver, ada: Principal) -> None:
    _, secret = add_hook(ada, hook)
    fault(title="Nobody outside may read this")
    assert deliver("T").sent == 1
    headers, body = hook.requests[0]
    stamp, digest = (part.split("=")[1] for part in headers[SIGNATURE].split(","))
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert digest == expected
    assert abs(int(stamp) - utc_now().timestamp()) < 60
    told = json.loads(body)
    assert told["messages"][0]["kind"] == "CRITICAL_FAULT"
    assert "Nobody outside" not in body.decode()
    assert headers["Host"] == f"127.0.0.1:{hook.port}"


def test_a_repeated_webhook_carries_the_same_delivery_id(hook: Receiver, ada: Principal) -> None:
    add_hook(ada, hook)
    fault()
    hook.status = 503
    assert deliver("T").later == 1
    hook.status = 204
    assert deliver("T", lambda: later(minutes=2)).sent == 1
    first, second = (headers["Countersign-Delivery"] for headers, _ in hook.requests)
    assert first == second


def test_a_webhook_that_sends_elsewhere_is_not_followed(hook: Receiver, ada: Principal) -> None:
    add_hook(ada, hook)
    fault()
    hook.status, hook.location = 307, f"http://127.0.0.1:{hook.port}/elsewhere"
    assert deliver("T").later == 1
    assert len(hook.requests) == 1


def test_a_receiver_that_is_gone_is_not_tried_again(hook: Receiver, ada: Principal) -> None:
    add_hook(ada, hook)
    fault()
    hook.status = 410
    assert deliver("T").failed == 1


def test_one_channel_that_fails_does_not_hold_up_the_others(hook: Receiver, mailbox: Mailbox, ada: Principal) -> None:
    with transaction("T") as connection:
        add_channel(connection, ada, Medium.WEBHOOK, hook.url, EVERY_KIND)
    channel_of(ada)
    hook.status = 500
    fault()
    done = deliver("T")
    assert (done.sent, done.later) == (1, 1)
    assert len(mailbox.mails) == 1


def test_a_channel_is_its_persons_alone(hook: Receiver, ada: Principal) -> None:
    bob = make_person("T", "bob", "REVIEWER")
    channel, _ = add_hook(ada, hook)
    with transaction("T") as connection:
        for act in (
            lambda: set_channel(connection, bob, channel.channel_id, []),
            lambda: end_channel(connection, bob, channel.channel_id),
        ):
            with pytest.raises(NotFound):
                act()
        with pytest.raises(Conflict):
            add_channel(connection, ada, Medium.WEBHOOK, hook.url, EVERY_KIND)
        end_channel(connection, ada, channel.channel_id)
        assert channels_of(connection, ada.id)[0].medium is Medium.EMAIL


def test_no_secret_of_a_channel_stands_in_the_database(database: Database, hook: Receiver, ada: Principal) -> None:
    _, secret = add_hook(ada, hook)
    fault()
    deliver("T")
    assert key_file().stat().st_mode & 0o777 == 0o600
    with psycopg.connect(database.urls["superuser"]) as connection:
        for table in ("message_channels", "messages", "message_deliveries", "events"):
            rows = connection.execute(f"SELECT string_agg(t::text, ' ') FROM {table} AS t").fetchone()
            assert rows is not None
            assert secret.removeprefix("whsec_") not in str(rows[0])


def test_another_tenants_people_are_told_nothing(mailbox: Mailbox, ada: Principal) -> None:
    make_tenant("U")
    make_person("U", "uma", "REVIEWER")
    lay()
    assert deliver("U") == Delivered()
    deliver("T")
    assert [mail["To"] for mail in mailbox.mails] == ["ada@example.org"]


def test_a_subject_of_many_lines_stays_one_line(mailbox: Mailbox, ada: Principal) -> None:
    fault(title="One\r\nBcc: everybody@example.org\r\n\r\nTwo csk_abc_0123456789abcdef0123")
    deliver("T")
    (mail,) = mailbox.mails
    assert mail["Subject"] == "One Bcc: everybody@example.org Two [redacted]"
    assert mail["Bcc"] is None


def test_a_message_is_never_changed(database: Database, ada: Principal) -> None:
    fault()
    for role in ("superuser", "app", "machine"):
        for act in ("UPDATE messages SET title = 'x'", "DELETE FROM messages", "TRUNCATE messages CASCADE"):
            with psycopg.connect(database.urls[role]) as connection:
                connection.execute("SELECT set_config('app.tenant', 'T', false)")
                with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege)):
                    connection.execute(act)


def test_without_a_mail_server_it_is_said_and_kept(database: Database) -> None:
    make_tenant("T")
    make_person("T", "ada", "REVIEWER")
    fault()
    assert deliver("T", lambda: datetime.now(UTC)).later == 1
    assert states() == {"WAITING": 1}
