"""How injected events look in every chart of metering."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from domain.grid.metering.rules.series import EventWindow
from domain.kernel.charts import theme
from domain.kernel.charts.marks import Ribbon
from domain.kernel.charts.words import span

# Of a kind: the colour of its ribbon, and that of its name.
KIND_COLORS = {
    "theft": (theme.VERMILLION, theme.VERMILLION_TEXT),
    "voltage_sag": (theme.PURPLE, theme.PURPLE_TEXT),
    "comms_outage": (theme.ORANGE, theme.ORANGE_TEXT),
}
OTHER = (theme.FLEET, theme.MUTED)


def ribbon_of(event: EventWindow) -> Ribbon:
    """The event as a named stretch of time."""
    color, text_color = KIND_COLORS.get(event.kind, OTHER)
    return Ribbon(event.starts_at, event.ends_at, event.name, color, text_color)


def in_words(events: Sequence[EventWindow], zone: ZoneInfo) -> str:
    """The events for a person who cannot see the ribbons."""
    return " ".join(f"{event.name}, {span(event.starts_at, event.ends_at, zone)}." for event in events)
