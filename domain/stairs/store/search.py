"""What of FireMode has an id, a serial number or a test's identifier: one look, for the search of all pages."""

import re
import uuid

from sqlalchemy import Connection, text

from domain.kernel.sqlfiles import sql_file

IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{2,199}")


def place_of(connection: Connection, wanted: str) -> tuple[str, uuid.UUID, uuid.UUID | None] | None:
    """What has it, its id, and the session of a test; None where nothing has. Of equal names the newest visit's."""
    if not IDENTIFIER.fullmatch(wanted):
        return None
    try:
        own: uuid.UUID | None = uuid.UUID(wanted)
    except ValueError:
        own = None
    row = connection.execute(text(sql_file("stairs/search.sql")), {"id": own, "wanted": wanted}).first()
    return None if row is None else (row.what, row.own, row.session_id)
