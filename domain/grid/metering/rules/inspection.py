"""Inspection: the meters that somebody is to look at, as a list that a person countersigns. Advice, no accusation.

What belongs here: the gate, the content that is signed, and the file that the crew gets. Pure: rows in, bytes out.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from domain.grid.metering.rules.series import SuspiciousMeter
from domain.kernel.advisory import SENTENCES
from domain.kernel.gates import Gate
from domain.kernel.principal import Role
from domain.kernel.spreadsheet import inert

RENDERER_VERSION = "inspection-list/1"
# Where a meter is and when its turn comes; contents that were signed before do not have it.
PLACE = ("transformer_id", "latitude", "longitude", "stop")
COLUMNS = ("rank", "meter_id", "feeder_id", "score", "confidence_pct", "unrecorded_kwh_estimated", "reasons")
MOST_METERS = 200

INSPECTION = Gate(
    kind="grid.inspection",
    title="Inspection of meters",
    room="grid",
    roles=frozenset({Role.REVIEWER, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER}),
    consequence="The list is written as a file for the field crew and kept for ever. Nothing is switched, and no"
    " customer is told.",
    meaning="I have read why each meter is listed, and let a crew look at them.",
    is_fulfilled=True,
)


def content_of(
    scored_on: date, meters: Sequence[SuspiciousMeter], order: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """What is signed: date, meters in order of rank, why each is listed, and where it is, degrees.

    Units: kWh, %; scores 0 to 100. `order` is the round that a crew would go.
    """
    return {
        "scored_on": scored_on.isoformat(),
        "meters": [
            {
                "rank": meter.rank,
                "meter_id": meter.meter_id,
                "feeder_id": meter.feeder_id,
                "score": round(meter.score, 1),
                "confidence_pct": round(100 * meter.confidence, 1),
                "unrecorded_kwh_estimated": None if meter.ntl_kwh_est is None else round(meter.ntl_kwh_est, 1),
                "reasons": [reason.text for reason in meter.reasons if reason.points >= 1],
                "transformer_id": meter.transformer_id,
                "latitude": meter.latitude,
                "longitude": meter.longitude,
                "stop": (order or {}).get(meter.meter_id),
            }
            for meter in meters
        ],
        "advisory": list(SENTENCES),
    }


def list_csv(content: Mapping[str, Any]) -> bytes:
    """The signed content as the crew's file: UTF-8 CSV, a line a meter, reasons in one cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    more = PLACE if any("stop" in meter for meter in content["meters"]) else ()
    writer.writerow(["scored_on", *COLUMNS, *more])
    for meter in content["meters"]:
        cells, place = [meter[name] for name in COLUMNS[:-1]], [meter[name] for name in more]
        reasons = _cell("; ".join(meter["reasons"]))
        writer.writerow([content["scored_on"], *map(_cell, cells), reasons, *map(_cell, place)])
    return buffer.getvalue().encode()


def _cell(value: Any) -> Any:
    """A value as a cell; text that a spreadsheet would run as a formula is kept from it."""
    if isinstance(value, str):
        return inert(value)
    return "" if value is None else value
