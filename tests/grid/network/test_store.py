"""Versions in the database: replaced whole, meters never lost, tenants apart, large networks in seconds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.grid.network.importers.opendss import import_opendss_csv
from domain.grid.network.importers.plain_csv import import_csv
from domain.grid.network.observe import import_into, import_network
from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.meters import numbered
from domain.grid.network.rules.model import Edge, Feeder, Meter, Network, Node
from domain.grid.network.store.feeders import load_counts, load_feeders, load_versions
from domain.grid.network.store.load import load_network
from domain.kernel.db import transaction
from domain.kernel.errors import NotFound
from domain.kernel.settings import DbRole
from tests.conftest import Database
from tests.grid.network.meter_columns import load_meters
from tests.grid.network.test_plain_csv import GOOD, folder
from tests.makers import make_tenant

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def street(houses: list[str], feeder: str = "F1") -> Network:
    """One feeder with a house at each node."""
    nodes = (Node("s", is_substation=True), *(Node(f"n{house}", 0.4, 47.0, 8.0) for house in houses))
    edges = tuple(
        Edge(f"e{house}", before.node_id, f"n{house}", "line", 10.0, "ABC")
        for before, house in zip(nodes, houses, strict=False)
    )
    return numbered(
        assemble(
            Network(
                "street",
                "0" * 64,
                feeders=(Feeder(feeder, feeder, feeder, head_edges=(edges[0].edge_id,)),),
                nodes=nodes,
                edges=edges,
                meters=tuple(Meter("", house, f"n{house}", base_kwh_day=10.0) for house in houses),
            )
        )
    )


def test_meters_that_a_new_version_lacks_become_inactive_and_are_named(database: Database) -> None:
    make_tenant("T")
    import_network("T", street(["1", "2", "3"]), NOW, actor_id="a")
    report = import_network("T", street(["1", "3", "4"]), NOW + timedelta(days=1), actor_id="a")
    retired = next(one for one in report.findings if one.code == "METERS_RETIRED")
    assert retired.examples == ("M000002",)
    with transaction("T") as connection:
        meters = load_meters(connection)
        rows = connection.execute(text("SELECT meter_id, external_ref, is_active FROM meters ORDER BY meter_id")).all()
    assert dict(zip(meters.external_ref, meters.meter_id, strict=True)) == {
        "1": "M000001",
        "3": "M000003",
        "4": "M000004",
    }
    assert [tuple(row) for row in rows if not row.is_active] == [("M000002", "2", False)]


def test_a_version_that_returns_is_current_again_and_its_meters_wake(database: Database) -> None:
    make_tenant("T")
    first = import_network("T", street(["1", "2"]), NOW, actor_id="a")
    import_network("T", street(["1"]), NOW, actor_id="a")
    third = import_network("T", street(["1", "2"]), NOW, actor_id="a")
    assert third.is_new
    assert third.topology_version_id == first.topology_version_id
    with transaction("T") as connection:
        assert len(load_meters(connection)) == 2
        assert load_versions(connection)[0].topology_version_id == first.topology_version_id
        assert load_counts(connection)["nodes"] == 3


def test_a_feeder_goes_when_no_meter_names_it_and_stays_while_one_does(database: Database) -> None:
    make_tenant("T")
    import_network("T", street(["1", "2"], "OLD"), NOW, actor_id="a")
    import_network("T", street(["1", "2"], "NEW"), NOW, actor_id="a")
    with transaction("T") as connection:
        assert [feeder.feeder_id for feeder in load_feeders(connection)] == ["NEW"]
        assert connection.execute(text("SELECT count(*) FROM feeders")).scalar() == 1
    import_network("T", street(["3"], "NEXT"), NOW, actor_id="a")
    with transaction("T") as connection:
        assert [feeder.feeder_id for feeder in load_feeders(connection)] == ["NEXT"]
        assert connection.execute(text("SELECT count(*) FROM feeders")).scalar() == 2


def test_a_changed_device_makes_a_new_version(database: Database, tmp_path: Path) -> None:
    make_tenant("T")
    before = import_network("T", import_csv(folder(tmp_path)), NOW, actor_id="a")
    changed = GOOD["devices"].replace("recloser", "breaker")
    after = import_network("T", import_csv(folder(tmp_path, devices=changed)), NOW, actor_id="a")
    assert before.topology_version_id != after.topology_version_id
    with transaction("T") as connection:
        versions = load_versions(connection)
        types = connection.execute(text("SELECT type FROM devices WHERE device_id = 'R1'")).scalars().all()
    assert [one.topology_version_id for one in versions] == [after.topology_version_id, before.topology_version_id]
    assert versions[0].findings
    assert types == ["breaker"]


def test_the_same_network_in_two_tenants_is_two_versions(database: Database) -> None:
    for tenant in ("ONE", "TWO"):
        make_tenant(tenant)
    one = import_network("ONE", street(["1"]), NOW, actor_id="a")
    two = import_network("TWO", street(["1", "2"]), NOW, actor_id="a")
    assert one.topology_version_id != two.topology_version_id
    with transaction("ONE") as connection:
        assert len(load_meters(connection)) == 1
        assert connection.execute(text("SELECT count(*) FROM topology_versions")).scalar() == 1


def test_an_import_that_fails_leaves_what_stood(database: Database) -> None:
    make_tenant("T")
    import_network("T", street(["1", "2"]), NOW, actor_id="a")

    def broken() -> None:
        with transaction("T") as connection:
            import_into(connection, street(["3"]), NOW, actor_id="a")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        broken()
    with transaction("T") as connection:
        assert load_meters(connection).external_ref == ["1", "2"]
        assert connection.execute(text("SELECT count(*) FROM events")).scalar() == 1


def test_the_machine_role_can_import_and_an_unknown_tenant_is_refused(database: Database) -> None:
    make_tenant("T")
    with transaction("T", DbRole.MACHINE) as connection:
        assert import_into(connection, street(["1"]), NOW, actor_id="dagster").is_new
    with pytest.raises(NotFound):
        import_network("NOBODY", street(["1"]), NOW, actor_id="a")


def test_thirty_thousand_meters_are_traced_and_stored(database: Database) -> None:
    make_tenant("T")
    network = street([f"{number:05d}" for number in range(30_000)])
    assert len(network.meters) == 30_000
    report = import_network("T", network, NOW, actor_id="a")
    assert report.counts["meters"] == 30_000
    with transaction("T") as connection:
        meters = load_meters(connection)
    assert meters.meter_id[-1] == "M030000"
    assert float(meters.electrical_depth.max()) == 1.0


def _traced(network: Network) -> list[tuple[str, str | None, int | None, str | None]]:
    again = assemble(network, assume=False)
    devices = {one.node_id: one.device_id for one in again.devices if not one.normally_open}
    return [(n.node_id, n.feeder_id, n.depth, devices.get(n.node_id)) for n in again.nodes]


@pytest.mark.parametrize("feeder", ["ieee123", "epri_ckt5"])
def test_a_stored_network_is_read_back_and_traces_the_same(database: Database, shared_data: Path, feeder: str) -> None:
    make_tenant("T")
    report = import_network("T", import_opendss_csv(shared_data / "opendss_feeders" / feeder), NOW, actor_id="a")
    with transaction("T") as connection:
        network = load_network(connection, report.topology_version_id)
    assert len(network.meters) == report.counts["meters"]
    assert len(network.devices) == report.counts["devices"]
    assert _traced(network) == [(n.node_id, n.feeder_id, n.depth, _guard(network, n.node_id)) for n in network.nodes]


def _guard(network: Network, node: str) -> str | None:
    return {one.node_id: one.device_id for one in network.devices if not one.normally_open}.get(node)
