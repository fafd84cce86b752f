"""What the code in Dagster works with: a session as the database role `machine`, a clock, a name for the ledger.

Addresses and passwords come from the settings when a session is opened, never from Dagster's configuration.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import dagster as dg
from sqlalchemy import Connection

from domain.kernel.clock import utc_now
from domain.kernel.db import transaction, working_as
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.store import Store
from domain.kernel.settings import DbRole, WriteMode, settings
from orchestration.failures import told_plainly


class Machine(dg.ConfigurableResource[None]):
    """The machine that observes, suggests and fulfils; its role can write nothing that only a person may."""

    actor: str = "dagster"

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Work as the machine; errors of the domain become failures with a plain sentence."""
        with working_as(DbRole.MACHINE), told_plainly():
            yield

    @contextmanager
    def session(self, tenant_id: str) -> Iterator[Connection]:
        """One transaction of the machine, bound to a tenant."""
        with self.at_work(), transaction(tenant_id, DbRole.MACHINE, actor=self.actor) as connection:
            yield connection

    @property
    def write_mode(self) -> WriteMode:
        """What a load does with a read that stands, as this copy is set."""
        return settings().effective_write_mode

    def now(self) -> datetime:
        """The present instant."""
        return utc_now()


class Objects(dg.ConfigurableResource[None]):
    """The object store of the copy, with dagster-aws's own client where it is a bucket.

    Region and endpoint come from the settings when the store is opened, keys from the process's environment or role:
    what stands in a resource's configuration is shown on Dagster's pages.

    Attributes:
        max_attempts: how often a call to the bucket is tried.
    """

    max_attempts: int = 5

    def store(self) -> Store:
        """The store that the settings choose."""
        own = settings()
        if own.s3_bucket_name is None:
            return open_store()
        from dagster_aws.s3 import S3Resource

        s3 = S3Resource(region_name=own.aws_region, endpoint_url=own.s3_endpoint_url, max_attempts=self.max_attempts)
        return open_store(s3.get_client())
