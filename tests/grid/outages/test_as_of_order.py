"""What is believed goes forward with its as-of time, whatever order the questions come in."""

from datetime import datetime, timedelta

from domain.grid.outages.observe.infer import infer
from domain.grid.outages.observe.signals import Report, take_in
from domain.grid.outages.rules.storm import reports_of
from domain.grid.outages.suggest.promote import Decisions, decisions
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from tests.conftest import Database
from tests.grid.outages.town import NIGHT, make_town, night


def gasps_of_the_first_minute() -> None:
    told = [
        one for one in reports_of([night(make_town())], [], seed=1) if one.arrived_at < NIGHT + timedelta(minutes=1)
    ]
    reports = [
        Report(one.type, one.at, one.source, one.meter_id or None, one.device_id, one.arrived_at) for one in told
    ]
    with transaction("T") as connection:
        assert take_in(connection, "T", reports, utc_now()).rejected_count == 0


def believed(as_of: datetime | None) -> list[str]:
    with transaction("T") as connection:
        return [row.status for row in infer(connection, "T", now=utc_now(), as_of=as_of, requested_by="test").rows]


def decided() -> Decisions:
    with transaction("T") as connection:
        return decisions(connection, "T", now=utc_now(), requested_by="test")


def test_an_outage_of_which_nothing_more_is_heard_can_be_promoted_after_its_hold_off(database: Database) -> None:
    gasps_of_the_first_minute()
    assert believed(None) == ["CANDIDATE"]
    assert [row["action"] for row in decided().decisions] == ["hold"]
    assert believed(NIGHT + timedelta(minutes=2)) == ["PROBABLE"]
    assert [row["action"] for row in decided().decisions] == ["promote"]
    assert decided().as_of == NIGHT + timedelta(minutes=2)


def test_a_question_about_an_earlier_time_does_not_turn_back_what_is_believed(database: Database) -> None:
    gasps_of_the_first_minute()
    assert believed(NIGHT + timedelta(minutes=2)) == ["PROBABLE"]
    believed(NIGHT + timedelta(seconds=57))
    assert [row["action"] for row in decided().decisions] == ["promote"]
