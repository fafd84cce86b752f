"""Which format a file is, by its content and not by its name, and its reads."""

from zoneinfo import ZoneInfo

from domain.grid.metering.formats import csv_reads, espi, nem12, parquet_reads
from domain.grid.metering.formats.parsed import FileMapping, Limits, ParsedReads
from domain.grid.metering.formats.source import unpack
from domain.grid.metering.formats.stamps import zone_of
from domain.kernel.errors import Invalid

# A change of what any parser makes of the same bytes changes this version, and with it every load's digest.
FORMAT_VERSION = 1
PARSERS = {"csv": csv_reads.parse, "parquet": parquet_reads.parse, "nem12": nem12.parse, "espi": espi.parse}


def detect(content: bytes, name: str) -> str:
    """csv, parquet, nem12 or espi, from unpacked content.

    Raises:
        Invalid: the file is empty, or a ZIP archive.
    """
    if not content.strip():
        raise Invalid(f"{name} is empty, nothing was taken.", hint="Send the file again.")
    if content.startswith(b"PAR1"):
        return "parquet"
    if content.startswith(b"PK\x03\x04"):
        raise Invalid(f"{name} is a ZIP archive or a spreadsheet.", hint="Unpack it, or save the sheet as CSV.")
    head = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<") or head[2:8].replace(b"\0", b"").startswith(b"<?x"):
        return "espi"
    first = next((line for line in head.decode("utf-8", errors="replace").splitlines() if line.strip()), "")
    return "nem12" if nem12.looks_like(first) else "csv"


def parse_file(content: bytes, name: str, mapping: FileMapping, zone: ZoneInfo, limits: Limits) -> ParsedReads:
    """The reads of a file, whatever its format; `zone` is the tenant's, unless the mapping names another.

    Raises:
        Invalid: the file as a whole makes no sense; nothing of it may be stored.
        TooLarge: it is larger than the limits.
    """
    plain = unpack(content, name, limits)
    chosen = zone_of(mapping.zone) if mapping.zone else zone
    return PARSERS[detect(plain, name)](plain, name, mapping, chosen, limits)
