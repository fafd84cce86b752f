"""How injected events look in every chart of metering."""

from domain.grid.metering.rules.series import EventWindow
from domain.kernel.charts import theme
from domain.kernel.charts.marks import Ribbon

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
