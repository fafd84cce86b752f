"""Reading small files in tests: text in, reads and rejects out."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from domain.grid.metering.formats.detect import parse_file
from domain.grid.metering.formats.parsed import FileMapping, Limits, ParsedReads

NEW_YORK = ZoneInfo("America/New_York")


def read(
    content: str | bytes,
    mapping: FileMapping | None = None,
    zone: str = "America/New_York",
    limits: Limits | None = None,
) -> ParsedReads:
    data = content.encode() if isinstance(content, str) else content
    return parse_file(data, "file", mapping or FileMapping(), ZoneInfo(zone), limits or Limits())


def ends(parsed: ParsedReads) -> list[str]:
    """Interval ends as text in UTC, in the order of the file."""
    return [f"{datetime.fromtimestamp(us / 1e6, UTC):%Y-%m-%dT%H:%M:%S}" for us in parsed.read_at.tolist()]


def reasons(parsed: ParsedReads) -> list[tuple[int, str, str]]:
    """Row, column and reason of each reject."""
    return [(int(r), c, why) for r, c, _, why in parsed.rejects.frame().to_numpy(dtype=object)]
