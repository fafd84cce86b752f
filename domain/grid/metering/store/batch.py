"""What is loaded: a batch, its local days, and what a load of it answers."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg

from domain.grid.metering.rules.reads import Reads
from domain.grid.metering.rules.schema import SchemaMapping
from domain.grid.metering.rules.twin import EventTwin
from domain.grid.metering.store.rollups import Registry
from domain.kernel.settings import WriteMode
from domain.kernel.tenancy import Tenant


@dataclass(frozen=True)
class Delivered:
    """Energy at feeder heads. Grain: feeder and interval end; kWh."""

    feeder_id: str
    read_at: datetime
    kwh: float
    interval_minutes: int
    source: str
    arrived_at: datetime


@dataclass(frozen=True)
class DayPart:
    """One local day's share of a batch: its reads, in as many parts as the maker likes, and the delivered energy.

    `delivered` is read after `reads` is used up, so that one generator can make both. A part that has no reads at all
    (an empty tuple) leaves the day's table of reads alone. `twins`: what the emulator's window would be without each of
    its events; None where the reads are not the emulator's. `disputed`, read after `reads` too, is what came a second
    time for reads of the batch and differs: it is kept beside them.
    """

    day: date
    reads: Iterable[Reads] = ()
    delivered: list[Delivered] = field(default_factory=list)
    twins: list[EventTwin] | None = None
    disputed: list[Reads] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """What is loaded, and how it is known again.

    Attributes:
        digest: hash of everything that determines the batch's rows; the same digest is not loaded twice.
        source: for example GL_EMULATOR or file:nem12.
        window: first interval's start and last interval's end.
        made_from: what determines the rows, kept with the batch; empty where the rows are not ours to make again.
    """

    digest: str
    source: str
    window: tuple[datetime, datetime]
    interval_minutes: int
    mode: WriteMode
    file_name: str | None = None
    actor: str = "machine"
    made_from: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadResult:
    """What a load did. `already_published`: the same batch stood already and nothing was touched."""

    batch_id: uuid.UUID
    already_published: bool
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Load:
    """A load that is under way: one transaction, one batch.

    Attributes:
        connection: the loader's transaction.
        tenant, batch, batch_id: what is loaded for whom.
        registry: weights and nominal voltages of the tenant's meters.
        mapping: the utility's own tables, where reads are stored in them.
    """

    connection: psycopg.Connection[Any]
    tenant: Tenant
    batch: Batch
    batch_id: uuid.UUID
    registry: Registry
    mapping: SchemaMapping | None

    @property
    def tenant_id(self) -> str:
        """The session's tenant."""
        return self.tenant.tenant_id

    @property
    def replaces(self) -> bool:
        """Whether a read that differs takes the place of the one that stands."""
        return self.batch.mode is WriteMode.UPSERT
