"""The channels of a person: where messages go, which kinds, and how often."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from domain.kernel.canonical import new_id
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.events import record
from domain.kernel.messages.guard import target_of
from domain.kernel.messages.kinds import EVERY_KIND, Medium
from domain.kernel.messages.secret import read_unsubscribe_token, webhook_secret
from domain.kernel.principal import Principal
from domain.kernel.settings import settings

MOST_CHANNELS = 10
LONGEST_DIGEST = 1440
_COLUMNS = "channel_id, medium, address, kinds, digest_minutes, created_at, last_sent_at"


@dataclass(frozen=True)
class Channel:
    """One way to reach a person. Grain: one channel.

    Attributes:
        address: `own` for e-mail, which goes to the person's address; a URL; or the name of a chat room's setting.
        kinds: what is sent; none: unsubscribed.
        digest_minutes: least time between two sendings, but for what is told at once.
    """

    channel_id: uuid.UUID
    medium: Medium
    address: str
    kinds: list[str]
    digest_minutes: int
    created_at: datetime
    last_sent_at: datetime | None


def channels_of(connection: Connection, user_id: str) -> list[Channel]:
    """The person's channels in the bound tenant, e-mail first."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM message_channels WHERE user_id = CAST(:user AS uuid) AND ended_at IS NULL"
            " ORDER BY medium <> 'EMAIL', created_at, channel_id"
        ),
        {"user": user_id},
    ).all()
    return [Channel(**{**row._mapping, "medium": Medium(row.medium)}) for row in rows]


def ensure_email(connection: Connection, principal: Principal) -> None:
    """The person's e-mail channel, with every kind, where there was never one."""
    connection.execute(
        text(
            "INSERT INTO message_channels (channel_id, user_id, medium, address, kinds)"
            " SELECT :id, CAST(:user AS uuid), 'EMAIL', 'own', :kinds WHERE NOT EXISTS"
            " (SELECT 1 FROM message_channels WHERE user_id = CAST(:user AS uuid) AND medium = 'EMAIL')"
            " ON CONFLICT DO NOTHING"
        ),
        {"id": new_id(), "user": principal.id, "kinds": list(EVERY_KIND)},
    )


def add_channel(
    connection: Connection, principal: Principal, medium: Medium, address: str, kinds: Collection[str]
) -> tuple[Channel, str | None]:
    """Add a webhook or a chat room; answer it, and for a webhook the secret, which is shown this once.

    Raises:
        Invalid: an address that cannot be reached, an unknown room or kind.
        Conflict: CHANNEL_EXISTS, TOO_MANY_CHANNELS.
    """
    if medium is Medium.WEBHOOK:
        target_of(address)
    elif medium is Medium.CHAT and address not in settings().chat_urls:
        raise Invalid(
            "No chat room of this name is set.",
            hint="Whoever operates the copy sets COUNTERSIGN_CHAT_URLS.",
            errors=[{"field": "address", "message": "not a room"}],
        )
    elif medium is Medium.EMAIL:
        raise Invalid("E-mail goes to your own address.", errors=[{"field": "medium", "message": "your own address"}])
    if len(channels_of(connection, principal.id)) >= MOST_CHANNELS:
        raise Conflict(f"A person has at most {MOST_CHANNELS} channels.", code="TOO_MANY_CHANNELS")
    channel_id = new_id()
    try:
        with connection.begin_nested():
            connection.execute(
                text(
                    "INSERT INTO message_channels (channel_id, user_id, medium, address, kinds)"
                    " VALUES (:id, CAST(:user AS uuid), :medium, :address, :kinds)"
                ),
                {
                    "id": channel_id,
                    "user": principal.id,
                    "medium": medium.value,
                    "address": address,
                    "kinds": _known(kinds),
                },
            )
    except IntegrityError as cause:
        raise Conflict("You have this channel already.", hint="Change its kinds.", code="CHANNEL_EXISTS") from cause
    _tell(connection, principal, "access.channel.added", channel_id, medium)
    secret = webhook_secret(channel_id) if medium is Medium.WEBHOOK else None
    return _own(connection, principal, channel_id), secret


def set_channel(
    connection: Connection,
    principal: Principal,
    channel_id: uuid.UUID,
    kinds: Collection[str],
    digest_minutes: int | None = None,
) -> Channel:
    """Choose what is sent and how often.

    Raises:
        NotFound: not a channel of the person.
        Invalid: an unknown kind, or a time out of range.
    """
    _own(connection, principal, channel_id)
    if digest_minutes is not None and not 0 <= digest_minutes <= LONGEST_DIGEST:
        raise Invalid(
            f"A digest comes every 0 to {LONGEST_DIGEST:,} minutes.",
            errors=[{"field": "digest_minutes", "message": "out of range"}],
        )
    connection.execute(
        text(
            "UPDATE message_channels SET kinds = :kinds, digest_minutes = COALESCE(:minutes, digest_minutes)"
            " WHERE channel_id = :id"
        ),
        {"kinds": _known(kinds), "minutes": digest_minutes, "id": channel_id},
    )
    return _own(connection, principal, channel_id)


def end_channel(connection: Connection, principal: Principal, channel_id: uuid.UUID) -> None:
    """Take a channel away; what still waits for it is not sent.

    Raises:
        NotFound: not a channel of the person.
    """
    found = _own(connection, principal, channel_id)
    connection.execute(
        text("UPDATE message_channels SET ended_at = clock_timestamp() WHERE channel_id = :id"), {"id": channel_id}
    )
    _tell(connection, principal, "access.channel.ended", channel_id, found.medium)


def unsubscribe(token: str) -> bool:
    """Send nothing more to the channel behind a link of a message; False where the link is not ours."""
    known = read_unsubscribe_token(token)
    if known is None:
        return False
    tenant_id, channel_id = known
    with transaction(tenant_id) as connection:
        changed = connection.execute(
            text("UPDATE message_channels SET kinds = '{}' WHERE channel_id = :id"), {"id": channel_id}
        )
        return changed.rowcount == 1


def _own(connection: Connection, principal: Principal, channel_id: uuid.UUID) -> Channel:
    found = next((one for one in channels_of(connection, principal.id) if one.channel_id == channel_id), None)
    if found is None:
        raise NotFound("You have no such channel.", hint="Your page /me lists them.")
    return found


def _known(kinds: Collection[str]) -> list[str]:
    unknown = sorted(set(kinds) - set(EVERY_KIND))
    if unknown:
        raise Invalid(
            f"Messages are of these kinds: {', '.join(EVERY_KIND)}.", errors=[{"field": "kinds", "message": "unknown"}]
        )
    return sorted(set(kinds))


def _tell(connection: Connection, principal: Principal, event: str, channel_id: uuid.UUID, medium: Medium) -> None:
    record(
        connection,
        event,
        actor_id=principal.id,
        actor_role=principal.actor_role,
        entity_type="message_channel",
        entity_id=str(channel_id),
        payload={"medium": medium.value},
    )
