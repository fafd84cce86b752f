"""RestoreIQ in the graph: inferred once per signal, advised when promoted, told when restored, each by real runs."""

from datetime import datetime, timedelta

import dagster as dg
import pytest
from sqlalchemy import text

from api.acts import ACTS
from domain.grid.outages.observe.signals import Report, take_in
from domain.grid.outages.rules.signals import Signal
from domain.grid.outages.store import crews
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.principal import Principal
from domain.kernel.signed import Decision
from orchestration.grid.outages import ASSETS, JOBS, promoted_outages_sensor, restored_outages_sensor, signals_sensor
from orchestration.partitions import make_known
from orchestration.resources import Machine
from tests.conftest import Database
from tests.grid.outages.evening import CREWS, EARLY, events_of
from tests.grid.outages.town import NIGHT, below, make_town, town
from tests.makers import make_person


class At(Machine):
    """The machine at a time of that night."""

    at: str

    def now(self) -> datetime:
        return datetime.fromisoformat(self.at)


@pytest.fixture
def ada(database: Database) -> Principal:
    make_town()
    with transaction("T") as connection:
        crews.put(connection, CREWS)
    return make_person("T", "ada", "OPERATOR")


def report(signals: list[Signal], at: datetime) -> None:
    rows = [Report(s.type, s.at, s.source, s.meter_id or None, s.device_id or None, s.arrived_at) for s in signals]
    with transaction("T") as connection:
        assert take_in(connection, "T", rows, at).rejected_count == 0


def tick(sensor: dg.SensorDefinition, instance: dg.DagsterInstance, at: datetime) -> list[dg.RunRequest]:
    with dg.build_sensor_context(instance=instance, resources={"machine": At(at=at.isoformat())}) as context:
        found = sensor(context)
    return found if isinstance(found, list) else []


def launch(job: str, instance: dg.DagsterInstance, at: datetime) -> dg.ExecuteInProcessResult:
    make_known(instance, ["T"])
    definitions = dg.Definitions(assets=ASSETS, jobs=JOBS, resources={"machine": At(at=at.isoformat())})
    return definitions.resolve_job_def(job).execute_in_process(instance=instance, partition_key="T")


def sign(who: Principal) -> None:
    with transaction("T") as connection:
        proposal, digest = connection.execute(
            text("SELECT proposal_id, content_hash FROM v_proposals WHERE state = 'WAITING' AND kind LIKE 'outage.%'")
        ).one()
        decide(connection, who, ACTS, proposal, Decision.APPROVED, content_hash=digest, reason="Calls confirm it.")


def states(column: str, table: str) -> list[str]:
    with transaction("T") as connection:
        return sorted(connection.execute(text(f"SELECT {column} FROM {table}")).scalars())


def test_the_night_goes_through_the_graph(ada: Principal, instance: dg.DagsterInstance) -> None:
    signals, later = events_of(town()), NIGHT + timedelta(hours=4)
    assert tick(signals_sensor, instance, EARLY) == []
    report([one for one in signals if one.arrived_at <= EARLY], EARLY)
    first, again = tick(signals_sensor, instance, EARLY), tick(signals_sensor, instance, EARLY + timedelta(seconds=30))
    assert [one.run_key for one in first] == [one.run_key for one in again]
    assert len(first) == 1
    assert launch("grid_infer_outages", instance, EARLY).success
    assert tick(signals_sensor, instance, EARLY) == []
    assert tick(promoted_outages_sensor, instance, EARLY) == []
    sign(ada)
    assert len(tick(promoted_outages_sensor, instance, EARLY)) == 1
    assert launch("grid_advise_on_outages", instance, EARLY + timedelta(minutes=1)).success
    assert tick(promoted_outages_sensor, instance, EARLY) == []
    assert {"RANK", "OPTIONS", "CREWS", "ETR"} <= set(states("step", "recommendation_runs"))
    report([one for one in signals if one.arrived_at > EARLY], later)
    assert [one.run_key for one in tick(signals_sensor, instance, later)] != [one.run_key for one in first]
    assert tick(restored_outages_sensor, instance, later) == []
    assert launch("grid_infer_outages", instance, later).success
    assert states("status", "outages") == ["RESTORED"]
    assert len(tick(restored_outages_sensor, instance, later)) == 1
    assert launch("grid_replay_outages", instance, later).success
    assert tick(restored_outages_sensor, instance, later) == []
    assert states("status", "outage_replays") == ["DRAFT"]


def test_a_hold_off_ends_without_a_new_signal(ada: Principal, instance: dg.DagsterInstance) -> None:
    at = NIGHT + timedelta(seconds=20)
    network = town()
    report([Signal(own, "POWER_OUT", NIGHT, at, "ami") for own in below(network, "FUSE-N6")], at)
    assert len(tick(signals_sensor, instance, at)) == 1
    assert launch("grid_infer_outages", instance, at).success
    assert states("status", "provisional_outages") == ["CANDIDATE"]
    assert tick(signals_sensor, instance, at + timedelta(seconds=5)) == []
    over = at + timedelta(minutes=3)
    (request,) = tick(signals_sensor, instance, over)
    assert request.partition_key == "T"
    assert states("state", "v_proposals") == []
    assert launch("grid_infer_outages", instance, over).success
    assert states("status", "provisional_outages") == ["PROBABLE"]
    assert states("state", "v_proposals") == ["WAITING"]
    assert tick(signals_sensor, instance, over + timedelta(minutes=1)) == []
