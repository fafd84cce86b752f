"""The figures that an operator is alerted by, for Prometheus."""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Connection

from api.acts import FULFILLED
from api.kernel.gauges import DatabaseGauges
from domain.kernel.alerts import health_figures

SAYS = {
    "reads_behind_tenants": "Tenants that publish continuously and have no reads of their last two intervals.",
    "reads_age_seconds": "Age of the newest read of whichever tenant that publishes continuously is furthest behind.",
    "jobs_failed": "Jobs that failed within the last day.",
    "audit_gaps_open": "Events that could not be written and are not yet.",
    "audit_gap_oldest_seconds": "How long the oldest event that could not be written has waited.",
    "signatures_waiting": "Approvals that a machine is to carry out and has not.",
    "signature_waiting_oldest_seconds": "How long the oldest approval has waited to be carried out.",
    "ledger_unsealed_rows": "Rows of the ledger without a seal.",
    "ledger_unsealed_oldest_seconds": "How long the oldest row of the ledger without a seal has waited.",
}
LABELLED = {"jobs_failed"}
PREFIX = "countersign_"


class HealthMetrics(DatabaseGauges):
    """Stale reads, failed jobs, gaps of the audit, rows without a seal."""

    not_read = "metrics.health_not_read"

    def families(self) -> dict[str, GaugeMetricFamily]:
        """The gauges without values."""
        return {
            name: GaugeMetricFamily(PREFIX + name, says, labels=["kind"] if name in LABELLED else [])
            for name, says in SAYS.items()
        }

    def figures(self, connection: Connection) -> Iterator[tuple[str, list[str], float]]:
        """As the health page tells them."""
        for figure in health_figures(connection, FULFILLED):
            yield figure.metric, [figure.label] if figure.metric in LABELLED else [], figure.value


REGISTRY.register(HealthMetrics())
