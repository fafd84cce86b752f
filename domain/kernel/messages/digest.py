"""How messages read. An e-mail goes to the person and says what; chat rooms and webhooks have other readers, whom we do
not know, and say only that there is something, of which kind, and where to read it after signing in.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from domain.kernel.messages.kinds import WORDS, MessageKind
from domain.kernel.messages.secret import unsubscribe_token
from domain.kernel.people import Person
from domain.kernel.settings import settings

MOST_LISTED = 20


@dataclass(frozen=True)
class Envelope:
    """One sending, in the words of each medium."""

    to: str
    subject: str
    body: str
    unsubscribe_url: str
    subject_without_content: str
    body_without_content: str
    payload: dict[str, Any]


def digest(channel: Row[Any], person: Person, messages: Sequence[Row[Any]]) -> Envelope:
    """One sending for all of the messages, however many there are; the first 20 are listed, the others counted.

    The texts without content are for readers whom nobody knows, as in a chat room: kinds and counts alone, no title.
    """
    tenant, first = channel.tenant_id, messages[0]
    unsubscribe_url = address(f"/messages/unsubscribe?token={unsubscribe_token(tenant, channel.channel_id)}")
    counted = Counter(MessageKind(message.kind) for message in messages)
    told = "; ".join(f"{WORDS[kind]}: {counted[kind]}" for kind in sorted(counted))
    subject = first.title if len(messages) == 1 else f"{len(messages)} messages from {tenant}: {first.title}"
    lines = [line for message in messages[:MOST_LISTED] for line in _lines(message)]
    if len(messages) > MOST_LISTED:
        lines.append(f"and {len(messages) - MOST_LISTED} more: {address('/')}")
    foot = ["", "--", f"Countersign, tenant {tenant}. Choose what you are told: {address('/me')}"]
    return Envelope(
        to=person.email,
        subject=subject[:200],
        body="\n".join([*lines, *foot, f"Stop these e-mails: {unsubscribe_url}"]),
        unsubscribe_url=unsubscribe_url,
        subject_without_content=f"Countersign, {tenant}",
        body_without_content=f"For {person.name}. {told}. {address('/' if len(messages) > 1 else first.path)}",
        payload={
            "tenant_id": tenant,
            "messages": [
                {
                    "message_id": str(message.message_id),
                    "kind": message.kind,
                    "url": address(message.path),
                    "created_at": message.created_at.isoformat(timespec="seconds"),
                }
                for message in messages
            ],
        },
    )


def address(path: str) -> str:
    """A page of this copy as a link; only its path where the copy does not know its own address."""
    base = settings().public_url or settings().api_url or ""
    return base.rstrip("/") + path


def _lines(message: Row[Any]) -> list[str]:
    said = [f"{WORDS[MessageKind(message.kind)]}: {message.title}"]
    if message.body:
        said.append(message.body)
    return [*said, address(message.path), ""]
