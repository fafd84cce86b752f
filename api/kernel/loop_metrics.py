"""How the loop stands, for Prometheus."""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Connection, text

from api.kernel.gauges import DatabaseGauges


class LoopMetrics(DatabaseGauges):
    """Open signals and suggestions, and jobs by status."""

    not_read = "metrics.loop_not_read"

    def families(self) -> dict[str, GaugeMetricFamily]:
        """The gauges without values."""
        return {
            "signals_open": GaugeMetricFamily("signals_open", "Signals that are open.", labels=["type", "severity"]),
            "suggestions_open": GaugeMetricFamily("suggestions_open", "Suggestions that nobody has decided on."),
            "regen_jobs": GaugeMetricFamily("regen_jobs_total", "Regeneration jobs by status.", labels=["status"]),
        }

    def figures(self, connection: Connection) -> Iterator[tuple[str, list[str], float]]:
        """The counts as they stand."""
        for row in connection.execute(text("SELECT metric, label, other, n FROM loop_counts()")):
            labels = {"signals_open": [row.label, row.other], "regen_jobs": [row.label]}
            yield row.metric, labels.get(row.metric, []), row.n


REGISTRY.register(LoopMetrics())
