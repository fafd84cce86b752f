"""A stretch of a tenant's days as one run that fans out: a step a day, wherever the executor puts it.

In one process the days follow one another; with the executor of `orchestration/spread.py` workers take them, on as many
machines as there are. Days share nothing but the tenant, so the same bytes come of it either way. A day's date is its
step's key: nothing has to be handed from one machine to another.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from domain.grid.metering.observe.days import publish_day
from domain.grid.metering.store.lineage import READ_TABLES
from orchestration.partitions import TenantDay
from orchestration.resources import Machine

MOST_DAYS = 400


class StretchConfig(dg.Config):
    """Whose days, the first and the last."""

    tenant_id: str
    first_day: str
    last_day: str

    @property
    def days(self) -> list[date]:
        """The days in order.

        Raises:
            Failure: none, or more than MOST_DAYS.
        """
        first, last = date.fromisoformat(self.first_day), date.fromisoformat(self.last_day)
        count = (last - first).days + 1
        if not 1 <= count <= MOST_DAYS:
            raise dg.Failure(f"{first} to {last} are {count} days; a run takes 1 to {MOST_DAYS}.", allow_retries=False)
        return [first + timedelta(days=n) for n in range(count)]


class DayConfig(dg.Config):
    """Whose day; the date is the step's key."""

    tenant_id: str
    interval_minutes: int | None = None
    seed: int = 0


@dg.op(out=dg.DynamicOut(dg.Nothing))
def each_day(config: StretchConfig) -> Iterator[dg.DynamicOutput[None]]:
    """A step for each day."""
    for day in config.days:
        yield dg.DynamicOutput(None, mapping_key=f"{day:%Y_%m_%d}")


@dg.op(
    ins={"day": dg.In(dg.Nothing)},
    out=dg.Out(dg.Nothing),
    retry_policy=dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL),
)
def publish_one_day(context: dg.OpExecutionContext, config: DayConfig, machine: Machine) -> None:
    """Publish one day as the asset does, and tell of the tables that it wrote."""
    key = context.get_mapping_key()
    if key is None:
        raise dg.Failure("A day is published as a step of a stretch.", allow_retries=False)
    slot = TenantDay(config.tenant_id, date.fromisoformat(key.replace("_", "-")))
    with machine.at_work():
        result = publish_day(
            slot.tenant_id,
            slot.day,
            interval_minutes=config.interval_minutes,
            seed=config.seed,
            mode=machine.write_mode,
            now=machine.now(),
            actor=machine.actor,
        )
    for table in READ_TABLES:
        context.log_event(dg.AssetMaterialization(["grid", table], partition=slot.key, metadata=result.counts))


@dg.job(name="grid_backfill", description="Publish a stretch of a tenant's days, a step a day; run again, it is done.")
def backfill_job() -> None:
    """All days of the stretch."""
    each_day().map(publish_one_day)
