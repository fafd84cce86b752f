"""Figures for Prometheus that the database keeps: read when they are scraped, so that any copy of the API knows them.

No user, course or tenant is a label. Where the database does not answer, the figures are absent, and a rule on their
absence says so.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError
from domain.kernel.logs import logger

log = logger("api.metrics")


class DatabaseGauges(Collector):
    """Gauges that one query answers.

    Attributes:
        not_read: what the log says where the database did not answer.
    """

    not_read: str

    @abstractmethod
    def families(self) -> dict[str, GaugeMetricFamily]:
        """The gauges by the names of their figures, without values."""

    @abstractmethod
    def figures(self, connection: Connection) -> Iterable[tuple[str, list[str], float]]:
        """Name, values of its labels, value; of every figure as it stands."""

    def describe(self) -> Iterator[Metric]:
        """Names without values: registering asks no database."""
        yield from self.families().values()

    def collect(self) -> Iterator[Metric]:
        """The figures as they stand; none where the database does not answer."""
        families = self.families()
        try:
            with transaction(None) as connection:
                figures = list(self.figures(connection))
        except (CountersignError, SQLAlchemyError) as error:
            log.warning(self.not_read, reason=type(error).__name__)
            figures = []
        for name, labels, value in figures:
            families[name].add_metric(labels, value)
        yield from families.values()
