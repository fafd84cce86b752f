"""An archive made again: its rows, read from the stored bytes and written by today's library."""

import hashlib
import tempfile

from sqlalchemy import Connection

from domain.kernel import artifacts
from domain.kernel.artifacts import SPOOLED_BYTES, Artifact
from domain.kernel.objects.store import Store
from domain.kernel.verify import Rendered


def render_archive(_connection: Connection, store: Store, artifact: Artifact) -> Rendered:
    """The rows are gone from the database, so the archive itself is their source; its own hash guards it."""
    from domain.kernel.retention.archive import WRITER, rewrite

    with artifacts.opened(store, artifact) as source, tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES) as again:
        written = rewrite(source, again)  # type: ignore[arg-type]  # it is a binary file
        again.seek(0)
        digest = hashlib.sha256()
        while piece := again.read(1024 * 1024):
            digest.update(piece)
    return Rendered(digest.hexdigest(), written.rows_hash, WRITER)
