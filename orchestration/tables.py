"""How a table or view becomes an asset: key, owner, verb, and what is shown of it."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import dagster as dg

Verb = Literal["observe", "suggest", "countersign", "fulfil"]


def table(
    room: str,
    name: str,
    says: str,
    *,
    verb: Verb,
    made_from: Sequence[str | dg.AssetDep] = (),
    partitions: dg.PartitionsDefinition[str] | None,
    kind: Literal["table", "view"] = "table",
    owner: str = "team:grid-operations",
) -> dg.AssetSpec:
    """One table or view of a room as an asset.

    Args:
        room: the room, which is the group and the first part of the key.
        name: the table's name, which is the last part of the key.
        says: what it holds, with grain and units.
        verb: which of the four verbs writes it.
        made_from: tables of the same room that it is made from.
        partitions: how it is cut; None for what one run does for all tenants.
        kind: table or view.
        owner: who answers for it.
    """
    return dg.AssetSpec(
        key=[room, name],
        deps=[one if isinstance(one, dg.AssetDep) else dg.AssetKey([room, one]) for one in made_from],
        description=says,
        group_name=room,
        tags={"verb": verb},
        kinds={"postgres", kind},
        owners=[owner],
        partitions_def=partitions,
        metadata={"dagster/table_name": f"public.{name}"},
    )


def column_schema(columns: Iterable[tuple[str, str]]) -> dg.TableSchema:
    """Columns and types as Dagster shows them."""
    return dg.TableSchema([dg.TableColumn(name, kind) for name, kind in columns])


def shown_rows(rows: Sequence[dict[str, Any]]) -> dg.TableMetadataValue:
    """A few rows, at least one, as a table; numbers stay numbers, everything else is text."""
    records = [dg.TableRecord({name: _plain(value) for name, value in row.items()}) for row in rows]
    schema = dg.TableSchema([dg.TableColumn(name, _type_of(rows, name)) for name in rows[0]])
    return dg.MetadataValue.table(records, schema)


def _plain(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return round(value, 4)
    try:
        return round(float(value), 4)
    except (TypeError, ValueError):
        return str(value)


def _type_of(rows: Sequence[dict[str, Any]], name: str) -> str:
    values = [_plain(row[name]) for row in rows if row.get(name) is not None] if rows else []
    if values and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return "float" if any(isinstance(value, float) for value in values) else "int"
    return "string"
