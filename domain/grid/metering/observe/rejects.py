"""The rejects file: which rows of a file were not taken, and why, as a CSV that people open in a spreadsheet."""

import csv
import io
from pathlib import Path

from domain.grid.metering.formats.parsed import Rejects
from domain.kernel.settings import settings
from domain.kernel.spreadsheet import inert

COLUMNS = ("file", "row", "column", "value", "reason")


def rejects_path(tenant_id: str, sha256: str) -> Path:
    """Where the rejects of a file with this hash are."""
    return settings().home_path / "rejects" / tenant_id / f"reads_rejects_{sha256[:12]}.csv"


def write_rejects(tenant_id: str, sha256: str, name: str, rejects: Rejects) -> Path | None:
    """Write the rejects file, all of it or none of it; None where nothing was rejected."""
    if not len(rejects):
        return None
    path = rejects_path(tenant_id, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(as_csv(name, rejects), encoding="utf-8", newline="")
    temporary.replace(path)
    return path


def as_csv(name: str, rejects: Rejects) -> str:
    """The rejects as CSV text, ordered by row; the same rejects are the same text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row, column, value, reason in rejects.frame().to_numpy(dtype=object):
        writer.writerow([_shown(name), int(row), column, _shown(str(value)), reason])
    return text.getvalue()


def _shown(value: str) -> str:
    """The value as a spreadsheet shows it, without what no text file holds; a plain number stays one."""
    try:
        float(value)
    except ValueError:
        return inert(value.replace("\0", "�"))
    return value
