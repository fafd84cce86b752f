"""Times and codes as a report writes them: local time with its zone, provenance in UTC, no code without its words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from domain.kernel.charts.words import NBSP, NONE


def at(text: str | None, zone: ZoneInfo, seconds: bool = False) -> str:
    """14 Jul 2026 00:40 EDT, local; a dash where it is not known."""
    if text is None:
        return NONE
    local = datetime.fromisoformat(text).astimezone(zone)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{local.day}{NBSP}{local:%b}{NBSP}{local:%Y} {clock}{NBSP}{local:%Z}"


def utc(text: str | None) -> str:
    """2026-07-14 05:32:20Z, as provenance writes instants.

    Raises:
        ValueError: the text is no instant.
    """
    if text is None:
        return NONE
    return f"{datetime.fromisoformat(text).astimezone(ZoneInfo('UTC')):%Y-%m-%d %H:%M:%S}Z"


def title_case(code: str) -> str:
    """A code in words: last_gasp_delivery as Last gasp delivery."""
    words = code.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
