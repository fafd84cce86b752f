"""How the loop stands, for Prometheus: read from the database when it is scraped, so that any copy of the API knows it.

No user, course or tenant is a label.
"""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from domain.kernel.logs import logger

log = logger("api.metrics")


class LoopMetrics(Collector):
    """Open signals and suggestions, and jobs by status."""

    def describe(self) -> Iterator[Metric]:
        """Names without values: registering asks no database."""
        yield from _families().values()

    def collect(self) -> Iterator[Metric]:
        """The counts as they stand; none where the database does not answer."""
        families = _families()
        try:
            with transaction(None) as connection:
                rows = connection.execute(text("SELECT metric, label, other, n FROM loop_counts()")).all()
        except (CountersignError, SQLAlchemyError) as error:
            log.warning("metrics.loop_not_read", reason=type(error).__name__)
            rows = []
        for row in rows:
            labels = {"signals_open": [row.label, row.other], "regen_jobs": [row.label]}.get(row.metric, [])
            families[row.metric].add_metric(labels, row.n)
        yield from families.values()


def _families() -> dict[str, GaugeMetricFamily]:
    return {
        "signals_open": GaugeMetricFamily("signals_open", "Signals that are open.", labels=["type", "severity"]),
        "suggestions_open": GaugeMetricFamily("suggestions_open", "Suggestions that nobody has decided on.", labels=[]),
        "regen_jobs": GaugeMetricFamily("regen_jobs_total", "Regeneration jobs by status.", labels=["status"]),
    }


REGISTRY.register(LoopMetrics())
