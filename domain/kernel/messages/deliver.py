"""Delivering what waits: one channel at a time, as a digest, after asking again whether the person may see it.

A channel's row is locked while it is served, so that two who deliver at once do not send twice. Who dies between the
sending and the commit sends again: at least once, and a receiver of webhooks tells a repetition by the delivery's id.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.canonical import derived_id
from domain.kernel.clock import Clock, utc_now
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from domain.kernel.lent import lent_to
from domain.kernel.logs import logger
from domain.kernel.messages.digest import Envelope, digest
from domain.kernel.messages.kinds import AT_ONCE, Medium, MessageKind
from domain.kernel.messages.post import send_chat, send_email
from domain.kernel.messages.webhook import send_webhook
from domain.kernel.people import find_person
from domain.kernel.principal import Kind, Principal, Role
from domain.kernel.settings import DbRole

MOST_TRIES = 8
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
MOST_AT_ONCE = 500
log = logger("messages")

_CHANNEL = text("""
SELECT c.channel_id, c.tenant_id, c.user_id, c.medium, c.address, c.kinds, c.ended_at,
  c.last_sent_at IS NULL OR c.last_sent_at + make_interval(mins => c.digest_minutes) <= :now AS is_time
FROM message_channels AS c
WHERE c.channel_id > :after AND EXISTS (
  SELECT 1 FROM message_deliveries AS d JOIN messages AS m ON m.tenant_id = d.tenant_id AND m.message_id = d.message_id
  WHERE d.tenant_id = c.tenant_id AND d.channel_id = c.channel_id AND d.status = 'WAITING' AND d.next_try_at <= :now
    AND (m.kind = ANY(:at_once) OR c.last_sent_at IS NULL
      OR c.last_sent_at + make_interval(mins => c.digest_minutes) <= :now))
ORDER BY c.channel_id LIMIT 1 FOR UPDATE OF c SKIP LOCKED
""")
_DUE = text("""
SELECT m.message_id, m.kind, m.subject_type, m.subject_id, m.title, m.body, m.path, m.roles, m.gate_kind, m.created_at
FROM message_deliveries AS d JOIN messages AS m ON m.tenant_id = d.tenant_id AND m.message_id = d.message_id
WHERE d.channel_id = :channel AND d.status = 'WAITING' AND d.next_try_at <= :now
ORDER BY m.created_at, m.message_id LIMIT :most
""")


@dataclass
class Delivered:
    """What a delivery did. Units: messages; `sendings` counts digests."""

    sendings: int = 0
    sent: int = 0
    dropped: int = 0
    later: int = 0
    failed: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def deliver(tenant_id: str, clock: Clock = utc_now) -> Delivered:
    """Send what is due in the tenant, channel by channel; one that cannot be reached does not hold up the others."""
    done, after = Delivered(), uuid.UUID(int=0)
    while True:
        with transaction(tenant_id, DbRole.MACHINE, actor="messages") as connection:
            now = clock()
            channel = connection.execute(
                _CHANNEL, {"now": now, "after": after, "at_once": sorted(AT_ONCE)}
            ).one_or_none()
            if channel is None:
                return done
            after = channel.channel_id
            _serve(connection, channel, now, done)


def is_anything_due(tenant_id: str, clock: Clock = utc_now) -> bool:
    """Whether a delivery would find something."""
    with transaction(tenant_id, DbRole.MACHINE) as connection:
        asked = {"now": clock(), "after": uuid.UUID(int=0), "at_once": sorted(AT_ONCE)}
        return connection.execute(_CHANNEL, asked).first() is not None


def _serve(connection: Connection, channel: Row[Any], now: datetime, done: Delivered) -> None:
    person = find_person(connection, user_id=str(channel.user_id), email=None)
    due = connection.execute(_DUE, {"channel": channel.channel_id, "now": now, "most": MOST_AT_ONCE}).all()
    send: list[Row[Any]] = []
    for message in due:
        if not channel.is_time and MessageKind(message.kind) not in AT_ONCE:
            continue
        reason = _why_not(connection, channel, person, message)
        if reason is None:
            send.append(message)
            continue
        _settle(connection, channel, [message], "DROPPED", now, reason)
        done.dropped += 1
        done.reasons[reason] = done.reasons.get(reason, 0) + 1
    if not send or person is None:
        return
    try:
        MEDIA[Medium(channel.medium)](channel, digest(channel, person, send), now)
    except CountersignError as error:
        _try_later(connection, channel, send, now, error, done)
        return
    _settle(connection, channel, send, "SENT", now, None)
    connection.execute(
        text("UPDATE message_channels SET last_sent_at = :now WHERE channel_id = :id"),
        {"now": now, "id": channel.channel_id},
    )
    done.sendings += 1
    done.sent += len(send)


def _why_not(connection: Connection, channel: Row[Any], person: Any, message: Row[Any]) -> str | None:
    """Why the message is not sent after all; None where it is."""
    if channel.ended_at is not None or message.kind not in channel.kinds:
        return "UNSUBSCRIBED"
    if person is None or not person.active:
        return "NOT_ACTIVE"
    if not _may_see(connection, channel, person.roles, message):
        return "MAY_NOT_SEE"
    if message.kind == MessageKind.WAITING and not _still_waits(connection, message.subject_id):
        return "NO_LONGER_WAITS"
    return None


def _may_see(connection: Connection, channel: Row[Any], roles: frozenset[Role], message: Row[Any]) -> bool:
    if roles & set(message.roles):
        return True
    if message.gate_kind is None:
        return False
    me = Principal(Kind.PERSON, str(channel.user_id), "", channel.tenant_id)
    return any(
        one.authority.role in message.roles and (not one.kinds or message.gate_kind in one.kinds)
        for one in lent_to(connection, me)
    )


def _still_waits(connection: Connection, proposal_id: str) -> bool:
    state = connection.execute(
        text("SELECT state FROM v_proposals WHERE proposal_id = CAST(:id AS uuid)"), {"id": proposal_id}
    ).scalar_one_or_none()
    return state == "WAITING"


def _try_later(
    connection: Connection,
    channel: Row[Any],
    messages: Sequence[Row[Any]],
    now: datetime,
    error: CountersignError,
    done: Delivered,
) -> None:
    """Wait twice as long after each try; give up after the eighth, or at once where trying again cannot help."""
    log.warning("messages.not_sent", channel_id=str(channel.channel_id), medium=channel.medium, reason=error.detail)
    for message in messages:
        tries = connection.execute(
            text(
                "UPDATE message_deliveries SET attempts = attempts + 1, reason = :reason"
                " WHERE message_id = :message AND channel_id = :channel RETURNING attempts"
            ),
            {"reason": error.detail[:200], "message": message.message_id, "channel": channel.channel_id},
        ).scalar_one()
        if error.status == 422 or tries >= MOST_TRIES:
            _settle(connection, channel, [message], "FAILED", now, error.detail[:200])
            done.failed += 1
            continue
        connection.execute(
            text(
                "UPDATE message_deliveries SET next_try_at = :at WHERE message_id = :message AND channel_id = :channel"
            ),
            {
                "at": now + wait_after(tries),
                "message": message.message_id,
                "channel": channel.channel_id,
            },
        )
        done.later += 1


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries: 1, 2, 4 minutes and so on, at most 6 hours."""
    doublings = min(tries, 30) - 1
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def _settle(
    connection: Connection,
    channel: Row[Any],
    messages: Sequence[Row[Any]],
    status: str,
    now: datetime,
    reason: str | None,
) -> None:
    connection.execute(
        text(
            "UPDATE message_deliveries SET status = :status, settled_at = :now, reason = :reason"
            " WHERE channel_id = :channel AND message_id = ANY(:ids)"
        ),
        {
            "status": status,
            "now": now,
            "reason": reason,
            "channel": channel.channel_id,
            "ids": [message.message_id for message in messages],
        },
    )


def _email(_: Row[Any], envelope: Envelope, _now: datetime) -> None:
    send_email(envelope.to, envelope.subject, envelope.body, envelope.unsubscribe_url)


def _chat(channel: Row[Any], envelope: Envelope, _now: datetime) -> None:
    send_chat(channel.address, envelope.subject_without_content, envelope.body_without_content)


def _webhook(channel: Row[Any], envelope: Envelope, now: datetime) -> None:
    ids = [str(one["message_id"]) for one in envelope.payload["messages"]]
    delivery_id = derived_id("delivery", str(channel.channel_id), *ids)
    payload = envelope.payload | {"delivery_id": str(delivery_id), "sent_at": now.isoformat(timespec="seconds")}
    send_webhook(channel.address, channel.channel_id, delivery_id, payload, now)


MEDIA: dict[Medium, Callable[[Row[Any], Envelope, datetime], None]] = {
    Medium.EMAIL: _email,
    Medium.CHAT: _chat,
    Medium.WEBHOOK: _webhook,
}
