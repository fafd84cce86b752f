"""One run for each tenant, once a day: what schedules of several rooms ask for."""

from collections.abc import Callable
from datetime import date

import dagster as dg

from domain.kernel.tenancy import tenant_directory
from orchestration.partitions import make_known
from orchestration.resources import Machine


def runs_of_tenants(
    context: dg.ScheduleEvaluationContext, machine: Machine, day: date, key_of: Callable[[str], str] = str
) -> list[dg.RunRequest] | dg.SkipReason:
    """A run for each tenant, named by the day, so that it is launched once.

    Args:
        context: the schedule's.
        machine: as whom tenants are looked up.
        day: which day it is about.
        key_of: the partition of a tenant; by default the tenant itself.
    """
    with machine.at_work():
        tenants = tenant_directory()
    make_known(context.instance, tenants)
    requests = [dg.RunRequest(f"{one}|{day}", partition_key=key_of(one), tags={"tenant": one}) for one in tenants]
    return requests or dg.SkipReason("There is no tenant.")
