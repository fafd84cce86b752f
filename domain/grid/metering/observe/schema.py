"""Look at the tables that GridLens works on: which column means what, how meters find their feeder, what is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.grid.metering.rules.schema import Detection
from domain.grid.metering.store.attachment import require_privileges, require_whose
from domain.grid.metering.store.joins import detect
from domain.grid.metering.store.schema import driver_of, keep, read_catalogue, schema_in_use
from domain.kernel.db import transaction
from domain.kernel.settings import WriteMode, settings
from domain.kernel.tenancy import load_tenant


@dataclass(frozen=True)
class SchemaReport:
    """A detection with the version under which it is stored."""

    tenant_id: str
    version: int
    detection: Detection

    def as_json(self) -> dict[str, Any]:
        """For people and machines alike; candidates in the order of preference."""
        mapping, chosen = self.detection.mapping, self.detection.chosen
        modes = [WriteMode.SAFE] + ([WriteMode.UPSERT] if mapping.has_read_key else [])
        return {
            "tenant_id": self.tenant_id,
            "is_attached": settings().attached_schema is not None,
            "version": self.version,
            "coverage_pct": round(chosen.coverage_pct, 4),
            **mapping.as_json(),
            "write_modes": [mode.value for mode in modes],
            "candidates": [
                {
                    "join": str(one.join),
                    "coverage_pct": round(one.coverage_pct, 4),
                    "meters": one.meters,
                    "matched": one.matched,
                    "is_chosen": one is chosen,
                }
                for one in self.detection.candidates
            ],
        }


def observe_schema(tenant_id: str, now: datetime) -> SchemaReport:
    """Measure every candidate anew and store the mapping, as a new version only when it changed.

    Raises:
        Conflict: no mapping that may be used; the candidates are named.
        NotConfigured: the roles of Countersign may not use the tables; the statements that let them are named.
        Forbidden: tables that do not say whose their rows are belong to another tenant.
    """
    with transaction(tenant_id) as connection:
        load_tenant(connection)
        driver = driver_of(connection)
        catalogue = read_catalogue(driver, schema_in_use())
        if settings().attached_schema is not None:
            require_privileges(driver, catalogue)
        detection = detect(driver, tenant_id, catalogue)
        if settings().attached_schema is not None:
            require_whose(detection.mapping, tenant_id)
        return SchemaReport(tenant_id, keep(connection, detection, now), detection)
