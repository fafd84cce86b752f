"""What an operator is alerted by, defined once: for Prometheus' rules, the page /admin/health and the runbooks.

The figures are over all tenants and name none; who may look into a tenant finds the rows there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from domain.kernel.fulfil import MOST_ATTEMPTS


@dataclass(frozen=True)
class Alert:
    """One alert.

    Attributes:
        name: as Prometheus shows it.
        metric: which figure it looks at, without the prefix `countersign_`.
        above: it is raised where the figure is greater.
        minutes: for how long it must have been so.
        severity: `page` wakes somebody, `ticket` waits for the morning.
        says: what has happened, in a sentence.
        runbook: the file under docs/runbooks that says what to do.
    """

    name: str
    metric: str
    above: float
    minutes: int
    severity: Literal["page", "ticket"]
    says: str
    runbook: str


ALERTS = (
    Alert(
        "CountersignDataStale",
        "reads_behind_tenants",
        0,
        15,
        "ticket",
        "A tenant that publishes continuously has no reads of its last two intervals.",
        "data-stale.md",
    ),
    Alert("CountersignJobsFailed", "jobs_failed", 0, 5, "ticket", "Jobs failed within a day.", "jobs-failed.md"),
    Alert(
        "CountersignAuditGaps",
        "audit_gap_oldest_seconds",
        600,
        5,
        "page",
        "An event that could not be written has waited ten minutes to be written after all.",
        "audit-gaps.md",
    ),
    Alert(
        "CountersignSealOverdue",
        "ledger_unsealed_oldest_seconds",
        7200,
        5,
        "page",
        "Rows of the ledger have waited more than two hours for a seal.",
        "seal-overdue.md",
    ),
    Alert(
        "CountersignSignatureWaits",
        "signature_waiting_oldest_seconds",
        900,
        5,
        "ticket",
        "What a person signed has waited a quarter of an hour to be carried out.",
        "signature-waits.md",
    ),
)


@dataclass(frozen=True)
class Figure:
    """One figure; `label` is empty where its metric has none."""

    metric: str
    label: str
    value: float


def health_figures(connection: Connection, fulfilled: Iterable[str]) -> list[Figure]:
    """The figures as they stand, in order of metrics and labels; `fulfilled` are the kinds of acts that machines do."""
    query = (
        "SELECT metric, label, figure FROM health_figures()"
        " UNION ALL SELECT metric, label, figure FROM unfulfilled_figures(:kinds, :most) ORDER BY 1, 2"
    )
    rows = connection.execute(text(query), {"kinds": sorted(fulfilled), "most": MOST_ATTEMPTS}).all()
    return [Figure(row.metric, row.label, float(row.figure)) for row in rows]


def worst(figures: list[Figure], alert: Alert) -> float:
    """The greatest figure of an alert's metric, over its labels."""
    return max((figure.value for figure in figures if figure.metric == alert.metric), default=0.0)
