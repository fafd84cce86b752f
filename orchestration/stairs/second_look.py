"""A machine's second look at a test without a clear verdict: judged again, and what rests on it proposed anew."""

import uuid
from datetime import datetime

from sqlalchemy import Connection

from domain.stairs.observe.judge import judge_again
from domain.stairs.observe.waiting import WAITS
from domain.stairs.store import instances, sessions
from domain.stairs.suggest.handing_in import proposed_anew


def judge_waiting(connection: Connection, session_id: uuid.UUID, instance_id: uuid.UUID, now: datetime) -> str | None:
    """Judge a test again with what is known now; answer its verdict, or None where its session is over meanwhile.

    Where the session was handed in, what a person is to sign is brought up to date: nobody is shown a hash that no
    longer holds.
    """
    sessions.hold(connection, session_id)
    session = sessions.load(connection, session_id)
    if session.status not in WAITS:
        return None
    told = judge_again(connection, session, instances.load(connection, session_id, instance_id), now)
    proposed_anew(connection, session_id)
    return None if told is None else str(told["verdict"])
