"""A small building with one test of each kind, as it stands once people have countersigned it."""

import json
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg

from tests.conftest import Database

RULESET = "AS1851-2024-v1.3"
RULES = (
    ("SP-01", "pressure_differential", "20", "80", "Pa", "critical", "1A"),
    ("SP-02", "air_velocity", "1.0", None, "m/s", "high", "1B"),
    ("SP-03", "door_opening_force", None, "110", "N", "critical", "1A"),
    ("CE-01", "cause_and_effect_logic", None, None, None, "critical", "1A"),
    ("INT-01", "interface_test", None, None, None, "critical", "1A"),
)
STEPS = [
    {"step_order": 1, "component_id": "ALARM-PANEL", "component_type": "alarm", "expected_action": "activate",
     "expected_delay_seconds": 0, "tolerance_seconds": 2},
    {"step_order": 2, "component_id": "FAN-01", "component_type": "fan", "expected_action": "start",
     "expected_delay_seconds": 3, "tolerance_seconds": 2},
]  # fmt: skip
PHOTO = [{"type": "photo", "description": "Display of the instrument", "mandatory": True, "min_resolution": "640x480"}]


class SmallHouse:
    """Ids of what was put there."""

    def __init__(self, database: Database, tenant: str = "T", *, prompts: bool = False) -> None:
        self.tenant = tenant
        self.prompts = PHOTO if prompts else []
        ids = ("building", "stair", "floor", "door", "doorway", "zone", "scenario", "definition", "run")
        self.ids: dict[str, UUID] = {name: uuid4() for name in ids}
        self.signature = uuid4()
        self.instruments: dict[str, UUID] = {}
        with psycopg.connect(database.urls["superuser"]) as connection:
            connection.execute("SET session_replication_role = replica")
            self._places(connection)
            self._expected(connection)
            self._instruments(connection)
            self._templates(connection)

    @property
    def building(self) -> UUID:
        """The building's id."""
        return self.ids["building"]

    def _put(self, connection: psycopg.Connection[Any], table: str, **row: Any) -> None:
        row = {"tenant_id": self.tenant} | row
        arrays = {"floor_ids_covered"}
        given = {
            name: json.dumps(value) if isinstance(value, dict | list) and name not in arrays else value
            for name, value in row.items()
        }
        names = ", ".join(given)
        values = ", ".join(f"%({name})s" for name in given)
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", given)

    def _places(self, connection: psycopg.Connection[Any]) -> None:
        i = self.ids
        at = {"building_id": i["building"], "stair_id": i["stair"]}
        self._put(connection, "buildings", id=i["building"], name="Small House", timezone="Australia/Sydney",
                  jurisdiction="NSW")  # fmt: skip
        self._put(connection, "stairs", **at, stair_name="Stair-A", stair_type="pressurized", design_setpoint_pa=45)
        self._put(connection, "floors", **at, floor_id=i["floor"], floor_level="Level-8", floor_number=8, height_m=28)
        self._put(connection, "doors", **at, floor_id=i["floor"], door_id=i["door"], door_identifier="D-8",
                  width_m="0.90", height_m="2.10", handle_offset_m="0.07")  # fmt: skip
        self._put(connection, "doorways", **at, floor_id=i["floor"], doorway_id=i["doorway"],
                  doorway_identifier="DW-8", width_m="1.20", height_m="2.40")  # fmt: skip
        self._put(connection, "zones", **at, zone_id=i["zone"], zone_name="Zone-3", floors_covered=["Level-8"],
                  floor_ids_covered=[i["floor"]])  # fmt: skip

    def _expected(self, connection: psycopg.Connection[Any]) -> None:
        i, signed = self.ids, {"countersignature_id": self.signature}
        at = {"building_id": i["building"], "stair_id": i["stair"]}
        for code, kind, low, high, unit, severity, found in RULES:
            self._put(connection, "as1851_rules", rule_code=code, version=RULESET, measurement_type=kind,
                      min_threshold=low, max_threshold=high, unit=unit, severity_if_fail=severity,
                      defect_classification=found, effective_date=date(2024, 1, 1), **signed)  # fmt: skip
        self._put(connection, "baseline_pressure_differentials", **at, floor_id=i["floor"],
                  door_configuration="all_closed", pressure_pa="44.2",
                  commissioned_date="2024-01-15", **signed)  # fmt: skip
        self._put(connection, "ce_scenarios", **at, scenario_id=i["scenario"], zone_id=i["zone"],
                  scenario_name="Fire Floor 8", scenario_type="annual", trigger_device_id="SD-8",
                  expected_sequence=STEPS, **signed)  # fmt: skip
        self._put(connection, "interface_test_definitions", **at, definition_id=i["definition"],
                  interface_type="manual_override", location_id="FIRE-PANEL-01",
                  response_time_s=5, **signed)  # fmt: skip

    def _instruments(self, connection: psycopg.Connection[Any]) -> None:
        for kind, low, high, unit in (("manometer", -100, 500, "Pa"), ("anemometer", -20, 20, "m/s"),
                                      ("force_gauge", 0, 500, "N")):  # fmt: skip
            own = self.instruments[kind] = uuid4()
            self._put(connection, "instruments", id=own, serial_number=f"S-{kind}", instrument_type=kind,
                      accuracy="±1", range_min=low, range_max=high, unit=unit)  # fmt: skip
            self._put(connection, "calibration_certificates", instrument_id=own, cert_number=f"C-{kind}",
                      calibration_date=date(2025, 1, 1), expiry_date=date(2035, 1, 1))  # fmt: skip

    def _templates(self, connection: psycopg.Connection[Any]) -> None:
        i = self.ids
        kinds: dict[str, dict[str, Any]] = {
            "pressure_differential": {"floor_id": i["floor"], "door_configuration": "all_closed", "unit": "Pa",
                                      "required_instrument_type": "manometer", "baseline_value": "44.2"},
            "air_velocity": {"floor_id": i["floor"], "doorway_id": i["doorway"], "unit": "m/s",
                             "door_scenario": "worst_case_3_doors_open", "required_instrument_type": "anemometer"},
            "door_opening_force": {"floor_id": i["floor"], "door_id": i["door"], "unit": "N",
                                   "pressurization_active": True, "required_instrument_type": "force_gauge"},
            "cause_and_effect_logic": {"zone_id": i["zone"], "scenario_id": i["scenario"]},
            "interface_test": {"interface_type": "manual_override", "location_id": "FIRE-PANEL-01",
                               "definition_id": i["definition"]},
        }  # fmt: skip
        self._put(connection, "generation_runs", run_id=i["run"], building_id=i["building"], frequency="annual",
                  profile="standard", counts={}, expected={}, added={}, retired={}, unchanged=0, warnings={},
                  content_hash="0" * 64, requested_by="test")  # fmt: skip
        for number, (kind, context) in enumerate(kinds.items(), start=1):
            self._put(connection, "test_instance_templates", building_id=i["building"], stair_id=i["stair"],
                      archetype_id=f"ARCH-{number}", measurement_type=kind, frequency="annual",
                      scoped_identifier=f"{kind}-8".upper(), sequence_order=number, generation_run_id=i["run"],
                      countersignature_id=self.signature, evidence_prompts=self.prompts, **context)  # fmt: skip
