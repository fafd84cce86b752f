"""Building, session, instrument, and the places of one stair."""

from datetime import date

from tests.stairs.planted.writing import DAY, Rows, key, place


def core(tenant: str) -> Rows:
    building = key(tenant, "building")
    return {
        "buildings": {"tenant_id": tenant, "id": building, "name": "House", "timezone": "Australia/Sydney"},
        "test_sessions": {
            "tenant_id": tenant,
            "id": key(tenant, "session"),
            "building_id": building,
            "frequency": "annual",
            "status": "active",
            "planned_for": DAY,
            "technician_id": key(tenant, "tech"),
        },
        "instruments": {
            "tenant_id": tenant,
            "id": key(tenant, "instrument"),
            "building_id": building,
            "serial_number": "DM-1",
            "manufacturer": "Testo",
            "instrument_type": "manometer",
            "calibration_frequency_months": 12,
            "calibration_date": date(2026, 1, 1),
            "calibration_expiry": date(2027, 1, 1),
            "accuracy": "±1 Pa",
            "unit": "Pa",
        },
    }


def registry(tenant: str) -> Rows:
    floor = key(tenant, "floor")
    return {
        "stairs": {
            **place(tenant),
            "stair_name": "Stair-A",
            "orientation": "North",
            "stair_type": "pressurized",
        },
        "floors": {
            **place(tenant, "floor"),
            "floor_level": "Ground",
            "floor_number": 0,
            "height_m": 0,
        },
        "doors": {
            **place(tenant, "floor", "door"),
            "door_identifier": "D-1",
            "door_type": "fire_rated",
            "door_hand": "right",
            "width_m": 0.9,
            "height_m": 2.1,
            "handle_offset_m": 0.07,
        },
        "doorways": {
            **place(tenant, "floor", "doorway"),
            "doorway_identifier": "DW-1",
            "width_m": 1.2,
            "height_m": 2.4,
        },
        "zones": {
            **place(tenant, "zone"),
            "zone_name": "Zone-1",
            "floors_covered": ["Ground"],
            "floor_ids_covered": [floor],
        },
        "control_equipment": {
            **place(tenant, "zone", "equipment"),
            "equipment_type": "fan",
            "equipment_identifier": "FAN-01-A",
            "specifications": {"capacity_m3_s": 5.2},
        },
    }
