"""The figures that an operator is alerted by, for Prometheus: read from the database when it is scraped.

No user or tenant is a label. Where the database does not answer, the figures are absent, and the rule on `up` or on
their absence says so.
"""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from domain.kernel.alerts import health_figures
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from domain.kernel.logs import logger

log = logger("api.metrics")
SAYS = {
    "reads_behind_tenants": "Tenants that publish continuously and have no reads of their last two intervals.",
    "reads_age_seconds": "Age of the newest read of the tenant that is furthest behind.",
    "jobs_failed": "Jobs that failed within the last day.",
    "audit_gaps_open": "Events that could not be written and are not yet.",
    "audit_gap_oldest_seconds": "How long the oldest of those has waited.",
    "ledger_unsealed_rows": "Rows of the ledger without a seal.",
    "ledger_unsealed_oldest_seconds": "How long the oldest of those has waited.",
}
LABELLED = {"jobs_failed"}
PREFIX = "countersign_"


class HealthMetrics(Collector):
    """Stale reads, failed jobs, gaps of the audit, rows without a seal."""

    def describe(self) -> Iterator[Metric]:
        """Names without values: registering asks no database."""
        yield from _families().values()

    def collect(self) -> Iterator[Metric]:
        """The figures as they stand; none where the database does not answer."""
        families = _families()
        try:
            with transaction(None) as connection:
                figures = health_figures(connection)
        except (CountersignError, SQLAlchemyError) as error:
            log.warning("metrics.health_not_read", reason=type(error).__name__)
            figures = []
        for figure in figures:
            labels = [figure.label] if figure.metric in LABELLED else []
            families[figure.metric].add_metric(labels, figure.value)
        yield from families.values()


def _families() -> dict[str, GaugeMetricFamily]:
    return {
        name: GaugeMetricFamily(PREFIX + name, says, labels=["kind"] if name in LABELLED else [])
        for name, says in SAYS.items()
    }


REGISTRY.register(HealthMetrics())
