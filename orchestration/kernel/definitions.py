"""The kernel's part of the orchestration."""

import dagster as dg

from orchestration.kernel.automation import lineage_sensor, tenants_sensor
from orchestration.kernel.messages import deliver_messages, messages_sensor

defs = dg.Definitions(sensors=[tenants_sensor, lineage_sensor, messages_sensor], jobs=[deliver_messages])
