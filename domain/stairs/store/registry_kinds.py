"""The tables of the registry: what each is called, what identifies a row among its like, and what it holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of entry.

    Attributes:
        name: what people call it; entity type in the ledger with `stairs.` before it.
        table: where it stands.
        key: its id.
        natural: what no two of the building have in common.
        columns: what people enter.
    """

    name: str
    table: str
    key: str
    natural: tuple[str, ...]
    columns: tuple[str, ...]
    parents: tuple[str, ...] = ("building_id", "stair_id")


BUILDING = Kind(
    "building",
    "buildings",
    "id",
    ("name",),
    ("name", "address", "timezone", "jurisdiction", "classification"),
    parents=(),
)
STAIR = Kind(
    "stair",
    "stairs",
    "stair_id",
    ("stair_name",),
    (
        "stair_name",
        "orientation",
        "stair_type",
        "floor_range_bottom",
        "floor_range_top",
        "design_standard",
        "design_setpoint_pa",
    ),
    parents=("building_id",),
)
FLOOR = Kind("floor", "floors", "floor_id", ("stair_id", "floor_level"), ("floor_level", "floor_number", "height_m"))
_OF_FLOOR = ("building_id", "stair_id", "floor_id")
DOOR = Kind(
    "door",
    "doors",
    "door_id",
    ("floor_id", "door_identifier"),
    (
        "door_identifier",
        "door_type",
        "fire_rating_minutes",
        "door_closer_model",
        "door_hand",
        "width_m",
        "height_m",
        "handle_offset_m",
    ),
    parents=_OF_FLOOR,
)
DOORWAY = Kind(
    "doorway",
    "doorways",
    "doorway_id",
    ("floor_id", "doorway_identifier"),
    ("doorway_identifier", "width_m", "height_m", "orientation", "adjacent_space"),
    parents=_OF_FLOOR,
)
ZONE = Kind("zone", "zones", "zone_id", ("stair_id", "zone_name"), ("zone_name", "floors_covered", "floor_ids_covered"))
EQUIPMENT = Kind(
    "equipment",
    "control_equipment",
    "equipment_id",
    ("stair_id", "equipment_identifier"),
    (
        "equipment_type",
        "equipment_identifier",
        "zone_id",
        "manufacturer",
        "model",
        "serial_number",
        "installation_date",
        "specifications",
    ),
)
JSON_COLUMNS = frozenset({"floors_covered", "specifications"})
