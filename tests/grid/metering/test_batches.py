"""The ledger of loads: newest first, what came at one instant by its window, and each row on one page."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.grid.metering.observe.publish import publish
from domain.grid.metering.store.batches import recent_batches
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid
from domain.kernel.settings import WriteMode
from tests.conftest import Database
from tests.makers import make_fleet

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_windows_of_one_load_stand_latest_first_over_all_pages(database: Database) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=2)
    ends = [NOON - timedelta(hours=hours) for hours in (3, 5, 1, 4, 2)]
    for end in ends:
        publish("T", window_end=end, mode=WriteMode.SAFE, now=NOON, actor="test")
    found, cursor = [], None
    with transaction("T") as connection:
        while True:
            page, cursor = recent_batches(connection, 2, cursor)
            found += [row["window_end"] for row in page]
            if cursor is None:
                break
        assert found == sorted(ends, reverse=True)
        for wrong in ("x", "~~", f"{NOON.isoformat()}~{NOON.isoformat()}~x", f"{NOON.isoformat()}~{row_id()}"):
            with pytest.raises(Invalid, match="cursor"):
                recent_batches(connection, 2, wrong)


def row_id() -> str:
    return "00000000-0000-0000-0000-000000000000"
