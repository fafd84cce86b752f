"""Who is told that a calibration ends: a question of the calendar, asked every hour."""

import dagster as dg

from domain.kernel.tenancy import load_tenant, tenant_directory
from domain.stairs.observe.calibration import tell_due
from orchestration.resources import Machine


@dg.sensor(minimum_interval_seconds=3600, default_status=dg.DefaultSensorStatus.RUNNING)
def calibration_due_sensor(machine: Machine) -> dg.SkipReason:
    """Tell each tenant's technicians and managers 30 days before a calibration ends, 7 days before, and on the day."""
    told = 0
    with machine.at_work():
        tenants = tenant_directory()
    for tenant_id in tenants:
        with machine.session(tenant_id) as connection:
            told += tell_due(connection, machine.now().astimezone(load_tenant(connection).zone).date())
    return dg.SkipReason(f"Told {told} people of calibrations." if told else "Nobody is to be told of a calibration.")
