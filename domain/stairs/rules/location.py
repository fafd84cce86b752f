"""Where something is, in words that a technician would say at the door."""

from domain.stairs.rules.evaluation.place import Context

CONFIGURATIONS = {"all_closed": "All Doors Closed", "evac_doors_open": "Evacuation Doors Open"}


def location_description(place: Context) -> str:
    """Stair, storey, door or doorway, zone and configuration, as far as they are known.

    "Stair-A, Level-8, All Doors Closed"; with a door "Stair-A, Level-8, D-Level-8-Stair-A".
    """
    configuration = place.door_configuration
    parts = (
        place.stair_name,
        place.floor_level,
        place.door_identifier,
        place.doorway_identifier,
        place.zone_name,
        None if configuration is None else CONFIGURATIONS.get(configuration, configuration),
    )
    return ", ".join(part for part in parts if part)
