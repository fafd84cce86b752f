"""Files as ZIP bytes: the same files give the same bytes, whenever and wherever they are packed."""

import io
import zipfile
from collections.abc import Mapping

# The earliest instant that the format knows; a date of the clock would make two builds differ.
EPOCH = (1980, 1, 1, 0, 0, 0)
UNIX = 3
READABLE = 0o100644 << 16
LEVEL = 9


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """The files under their names in sorted order, deflated; bytes are equal where zlib is of one version."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = UNIX, READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=LEVEL)
    return into.getvalue()
