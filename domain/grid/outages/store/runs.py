"""Runs of advice: what was asked, from which inputs, with which settings, and what came of it, each by its hash.

The id follows from step, subject, as-of time, inputs and settings: the same question to the same world is the same run.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.errors import NotFound
from domain.kernel.events import record

ENTITY = "recommendation_run"

_INSERT = text("""
INSERT INTO recommendation_runs (run_id, outage_id, step, run_at, as_of_ts, algo_version, config_hash, input_hash,
  output_hash, topology_version_id, dagster_run_id, requested_by, parent_run_id, counts, made_from)
VALUES (:run_id, :outage_id, :step, :run_at, :as_of, :algo_version, :config_hash, :input_hash, :output_hash, :topology,
  :dagster_run_id, :requested_by, :parent, CAST(:counts AS jsonb), CAST(:made_from AS jsonb))
ON CONFLICT (tenant_id, run_id) DO NOTHING
""")


@dataclass(frozen=True)
class Question:
    """What determines a run.

    Attributes:
        step: INFER, PROMOTE, RANK, OPTIONS, CREWS, ETR or REPLAY.
        subject: the outage's id, or "" for the whole tenant.
        inputs: everything that was read, as plain JSON; its hash is kept, not the inputs.
        config: the settings of the algorithm, as plain JSON.
        made_from: what is needed to ask the same again.
    """

    tenant_id: str
    step: str
    subject: str
    as_of: datetime
    algo_version: str
    inputs: Any
    config: Any
    made_from: dict[str, Any]

    @property
    def input_hash(self) -> str:
        """SHA-256 of what was read."""
        return content_hash(self.inputs)

    @property
    def config_hash(self) -> str:
        """SHA-256 of the settings, with the version of what used them."""
        return content_hash({"algo_version": self.algo_version, "settings": self.config})

    @property
    def run_id(self) -> uuid.UUID:
        """The id that follows from all of it (grid.md 4.0)."""
        return derived_id(
            "grid.outages",
            self.tenant_id,
            self.step,
            self.subject,
            self.as_of.isoformat(),
            self.input_hash,
            self.config_hash,
        )


@dataclass(frozen=True)
class Run:
    """One row of `recommendation_runs`."""

    run_id: uuid.UUID
    outage_id: uuid.UUID | None
    step: str
    run_at: datetime
    as_of: datetime
    algo_version: str
    config_hash: str
    input_hash: str
    output_hash: str
    topology_version_id: uuid.UUID | None
    requested_by: str
    parent_run_id: uuid.UUID | None
    counts: dict[str, int]
    made_from: dict[str, Any]

    def as_provenance(self) -> dict[str, Any]:
        """For the appendix of a report: everything that does not depend on who asked or when it ran."""
        return {
            "step": self.step,
            "run_id": str(self.run_id),
            "as_of": self.as_of.isoformat(),
            "algo_version": self.algo_version,
            "config_hash": self.config_hash,
            "input_hash": self.input_hash,
            "output_hash": self.output_hash,
        }


def keep(
    connection: Connection,
    question: Question,
    *,
    outage_id: uuid.UUID | None,
    output: Any,
    counts: dict[str, int],
    topology_version_id: uuid.UUID | None,
    requested_by: str,
    run_at: datetime,
    parent: uuid.UUID | None = None,
    dagster_run_id: str | None = None,
) -> bool:
    """Write the run down with its event; False where it stands already, and then nothing more is to be written.

    Args:
        connection: bound to the tenant.
        question: what was asked; the run's id, input hash and as-of time follow from it.
        outage_id: of a promoted outage; None for a run over all.
        output: what came of it, as JSON can hold it; its hash is kept.
        counts: how many of what was made, by name.
        topology_version_id: the network that it was calculated on.
        requested_by: person, key or machine.
        run_at: when it was asked, UTC.
        parent: the run whose result it starts from.
        dagster_run_id: where a run of Dagster asked.
    """
    done = connection.execute(
        _INSERT,
        {
            "run_id": question.run_id,
            "outage_id": outage_id,
            "step": question.step,
            "run_at": run_at,
            "as_of": question.as_of,
            "algo_version": question.algo_version,
            "config_hash": question.config_hash,
            "input_hash": question.input_hash,
            "output_hash": content_hash(output),
            "topology": topology_version_id,
            "dagster_run_id": dagster_run_id,
            "requested_by": requested_by,
            "parent": parent,
            "counts": json.dumps(counts),
            "made_from": json.dumps(question.made_from),
        },
    )
    if done.rowcount == 0:
        return False
    record(
        connection,
        f"grid.run.{question.step.lower()}",
        actor_id=requested_by,
        actor_role="MACHINE",
        entity_type=ENTITY,
        entity_id=str(question.run_id),
        outage_id=None if outage_id is None else str(outage_id),
        run_id=question.run_id,
        payload={"as_of": question.as_of.isoformat(), "input_hash": question.input_hash, "counts": counts},
    )
    return True


def load(connection: Connection, run_id: uuid.UUID) -> Run:
    """The run under that id.

    Raises:
        NotFound: the tenant has no such run.
    """
    found = find(connection, run_id)
    if found is None:
        raise NotFound("There is no such run.", hint="The answer of the endpoint that made it names its run_id.")
    return found


def find(connection: Connection, run_id: uuid.UUID) -> Run | None:
    """The run under that id, or None."""
    row = connection.execute(
        text("SELECT * FROM recommendation_runs WHERE run_id = :id AND tenant_id = current_setting('app.tenant')"),
        {"id": run_id},
    ).one_or_none()
    return None if row is None else _of_row(row)


def of_outage(connection: Connection, outage_id: uuid.UUID, as_of: datetime | None = None) -> list[Run]:
    """The runs about one outage, oldest first; with `as_of` only those whose inputs had arrived by then."""
    rows = connection.execute(
        text(
            "SELECT * FROM recommendation_runs WHERE tenant_id = current_setting('app.tenant') AND outage_id = :id"
            " AND (CAST(:as_of AS timestamptz) IS NULL OR as_of_ts <= :as_of) ORDER BY as_of_ts, run_at, run_id"
        ),
        {"id": outage_id, "as_of": as_of},
    )
    return [_of_row(row) for row in rows]


def newest_as_of(connection: Connection, run_ids: Sequence[uuid.UUID]) -> datetime | None:
    """The latest as-of time of these runs; None without any."""
    found: datetime | None = connection.execute(
        text(
            "SELECT max(as_of_ts) FROM recommendation_runs"
            " WHERE tenant_id = current_setting('app.tenant') AND run_id = ANY(:ids)"
        ),
        {"ids": list(run_ids)},
    ).scalar_one()
    return found


def latest(connection: Connection, outage_id: uuid.UUID, step: str) -> Run | None:
    """The newest run of that step about the outage."""
    found = [run for run in of_outage(connection, outage_id) if run.step == step]
    return found[-1] if found else None


def _of_row(row: Row[Any]) -> Run:
    return Run(
        row.run_id,
        row.outage_id,
        row.step,
        row.run_at,
        row.as_of_ts,
        row.algo_version,
        row.config_hash,
        row.input_hash,
        row.output_hash,
        row.topology_version_id,
        row.requested_by,
        row.parent_run_id,
        row.counts,
        row.made_from,
    )
