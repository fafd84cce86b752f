"""Numbers and times as a chart or a page writes them. A unit stands after a no-break space; a minus is a minus."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

NBSP = "\u00a0"
MINUS = "\u2212"
NONE = "\u2013"


def number(value: float | None, decimals: int = 0) -> str:
    """1,234.5 with a true minus; a dash where there is no value."""
    if value is None:
        return NONE
    rounded = round(float(value), decimals) + 0.0
    return f"{rounded:,.{decimals}f}".replace("-", MINUS)


def signed(value: float | None, decimals: int = 2) -> str:
    """+6.65 or −0.10 or 0.00; a dash where there is no value."""
    if value is None:
        return NONE
    text = number(value, decimals)
    return text if text.startswith(MINUS) or not round(value, decimals) else f"+{text}"


def percent(value: float | None, decimals: int = 1) -> str:
    """A share in percent with its sign, such as 11.6 %."""
    return NONE if value is None else f"{number(value, decimals)}{NBSP}%"


def chance(share: float | None, decimals: int = 1) -> str:
    """A probability in percent. What a model believes is never certain: near one it is told as over 99.9 %."""
    if share is not None and round(100 * share, decimals) >= 100:
        return f"over {percent(100 - 10**-decimals, decimals)}"
    return percent(None if share is None else 100 * share, decimals)


def with_unit(value: float | None, unit: str, decimals: int = 0) -> str:
    """A number with its unit, such as 1,234 kWh."""
    return NONE if value is None else f"{number(value, decimals)}{NBSP}{unit}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """The time of day where the reader is, such as 14:15."""
    return moment.astimezone(zone).strftime("%H:%M")


def day(moment: datetime, zone: ZoneInfo) -> str:
    """Fri 20 Nov, local."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}"


def moment_text(moment: datetime, zone: ZoneInfo) -> str:
    """Fri 20 Nov 14:15 EST."""
    return f"{day(moment, zone)} {clock(moment, zone)} {moment.astimezone(zone):%Z}"


def span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """A stretch of local time, the date once where it is one day. An end at midnight is still that day's."""
    last = end - timedelta(microseconds=1)
    if start.astimezone(zone).date() == last.astimezone(zone).date():
        until = clock(end, zone) if end.astimezone(zone).date() == last.astimezone(zone).date() else "24:00"
        return f"{day(start, zone)} {clock(start, zone)} to {until} {last.astimezone(zone):%Z}"
    return f"{day(start, zone)} {clock(start, zone)} to {moment_text(end, zone)}"


def listing(names: list[str]) -> str:
    """a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
