"""Days of interruptions that a utility has on record from before, for the threshold of major event days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

# A day that says the same as before is left alone, so that the same list twice changes nothing.
_PUT = text("""
INSERT INTO reliability_days AS d (local_date, cmi, customers_interrupted, customers_served, source)
VALUES (:local_date, :cmi, :customers_interrupted, :customers_served, :source)
ON CONFLICT (tenant_id, local_date) DO UPDATE
SET cmi = EXCLUDED.cmi, customers_interrupted = EXCLUDED.customers_interrupted,
  customers_served = EXCLUDED.customers_served, source = EXCLUDED.source
WHERE (d.cmi, d.customers_interrupted, d.customers_served)
  IS DISTINCT FROM (EXCLUDED.cmi, EXCLUDED.customers_interrupted, EXCLUDED.customers_served)
""")


@dataclass(frozen=True, slots=True)
class ReliabilityDay:
    """The sustained interruptions that began on one local date, in customer-minutes and customers."""

    local_date: date
    cmi: float
    customers_interrupted: int


def put(connection: Connection, days: Iterable[ReliabilityDay], *, customers_served: int, source: str) -> int:
    """Keep the days of the tenant that the transaction is bound to; answers how many are new or say something else."""
    return sum(
        connection.execute(
            _PUT,
            {
                "local_date": one.local_date,
                "cmi": one.cmi,
                "customers_interrupted": one.customers_interrupted,
                "customers_served": customers_served,
                "source": source,
            },
        ).rowcount
        for one in days
    )
