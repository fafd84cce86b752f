"""The demo's real network: what must hold of it, in memory and in the database."""

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import text

from domain.grid.network.importers import simbench_tables
from domain.grid.network.importers.simbench import import_simbench
from domain.grid.network.observe import import_network
from domain.grid.network.rules.losses import NOLOAD_SHARE
from domain.grid.network.rules.model import PROFILE_LENGTH, Network
from domain.grid.network.store.feeders import load_counts, load_feeders, load_versions
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid, NotConfigured
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database
from tests.grid.network.meter_columns import load_meters
from tests.makers import make_tenant

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The demo's network, read once from the package's own files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERSIGN_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        fresh = import_simbench()
        cached = import_simbench()
        assert fresh.meters == cached.meters
        assert fresh.edges == cached.edges
    settings.cache_clear()
    return fresh


def test_the_demo_has_eight_feeders_with_a_believable_number_of_customers(network: Network) -> None:
    assert [feeder.feeder_id for feeder in network.feeders] == [f"FEEDER_{n}" for n in range(1, 9)]
    assert network.feeders[6].code == "MV1.101_Feeder7"
    per_feeder = Counter(meter.feeder_id for meter in network.meters)
    assert sum(per_feeder.values()) == 5372
    assert min(per_feeder.values()) >= 100
    assert {meter.meter_class for meter in network.meters} == {"res", "sml_com", "ag", "ci"}


def test_every_meter_reaches_its_feeders_head_along_closed_edges(network: Network) -> None:
    above = {edge.to_node: edge for edge in network.edges if not edge.is_open}
    heads = {edge_id: feeder.feeder_id for feeder in network.feeders for edge_id in feeder.head_edges}
    for meter in network.meters:
        edge = above[meter.node_id or ""]
        for _ in range(len(network.edges)):
            if edge.edge_id in heads:
                break
            edge = above[edge.from_node]
        assert heads[edge.edge_id] == meter.feeder_id


def test_the_network_is_radial_and_its_ties_stand_open(network: Network) -> None:
    codes = {finding.code for finding in network.findings}
    assert not codes & {"LOOPS", "ISLANDS", "FEEDERS_JOINED", "METERS_UNFED", "COORDINATES_MISSING", "PHASES_UNKNOWN"}
    feeder_of = {node.node_id: node.feeder_id for node in network.nodes}
    open_edges = {edge.edge_id: edge for edge in network.edges if edge.is_open}
    ties = [device for device in network.devices if device.type == "tie"]
    assert len(ties) == 6
    assert all(device.normally_open and device.edge_id in open_edges for device in ties)
    joined = {(feeder_of[edge.from_node], feeder_of[edge.to_node]) for edge in open_edges.values()}
    assert all(first and second for first, second in joined)
    assert any(first != second for first, second in joined)


def test_the_devices_of_a_feeder_form_a_tree_under_its_breaker(network: Network) -> None:
    devices = {device.device_id: device for device in network.devices if device.feeder_id}
    heads = {edge_id for feeder in network.feeders for edge_id in feeder.head_edges}
    for device in devices.values():
        seen = [device.device_id]
        while devices[seen[-1]].parent_device_id is not None:
            seen.append(devices[seen[-1]].parent_device_id or "")
            assert len(seen) <= len(devices)
        assert devices[seen[-1]].edge_id in heads
    assert all(meter.device_id in devices for meter in network.meters)


def test_low_voltage_customers_hang_on_transformers_with_a_rating(network: Network) -> None:
    rated = {transformer.transformer_id: transformer.kva for transformer in network.transformers}
    on = Counter(meter.transformer_id for meter in network.meters)
    assert on.pop(None) == 5  # metered at medium voltage
    assert set(on) == set(rated)
    assert set(rated.values()) <= {160.0, 250.0, 400.0, 630.0}


def test_energies_are_those_of_the_source(network: Network) -> None:
    res = [meter.base_kwh_day for meter in network.meters if meter.meter_class == "res"]
    assert 3.0 < float(np.median(res)) < 20.0
    one = next(meter for meter in network.meters if meter.external_ref == "LV2.101 Load 9")
    assert one.load_profile == "H0-C"
    assert one.base_kwh_day == pytest.approx(1.0 * 0.1174 * 24, rel=1e-3)
    assert sum(meter.has_pv for meter in network.meters) == 168
    plant = next(meter for meter in network.meters if meter.node_id == "LV2.101_Bus_10" and meter.has_pv)
    shape = next(profile.shape for profile in network.profiles if profile.profile_id == plant.pv_profile)
    assert plant.pv_kw * float(shape.mean()) == pytest.approx(9.8 * 0.074124, rel=1e-3)  # PV1's published mean
    assert all((meter.pv_kw > 0) == meter.has_pv == (meter.pv_profile is not None) for meter in network.meters)


def test_meter_ids_have_one_width_and_stand_by_feeder(network: Network) -> None:
    ids = [meter.meter_id for meter in network.meters]
    assert ids == sorted(ids)
    assert {len(own) for own in ids} == {7}
    assert [meter.feeder_id for meter in network.meters] == sorted(meter.feeder_id or "" for meter in network.meters)
    assert len({meter.external_ref for meter in network.meters}) == len(ids)
    assert all(0.0 <= (meter.electrical_depth or 0.0) <= 1.0 for meter in network.meters)


def test_shapes_fill_the_leap_year_with_mean_and_peak_one(network: Network) -> None:
    used = {meter.load_profile for meter in network.meters} | {meter.pv_profile for meter in network.meters}
    assert {profile.profile_id for profile in network.profiles} == used - {None}
    for profile in network.profiles:
        assert profile.shape.shape == (PROFILE_LENGTH,)
        assert profile.shape.dtype == np.float32
        if profile.kind == "load":
            assert float(profile.shape.astype(np.float64).mean()) == pytest.approx(1.0, abs=1e-6)
        else:
            assert float(profile.shape.max()) == 1.0
            assert float(profile.shape.min()) == 0.0
            assert float(profile.shape.reshape(366, 96)[:, :8].max()) == 0.0  # no sun before two in the morning


def test_the_loss_model_loses_its_percentage_at_mean_load(network: Network) -> None:
    for feeder in network.feeders:
        kwh = sum(meter.base_kwh_day for meter in network.meters if meter.feeder_id == feeder.feeder_id) / 24 * 0.25
        noload, copper = feeder.loss_noload_kw * 0.25, feeder.loss_copper_per_kw * kwh**2 / 0.25
        assert 100 * (noload + copper) / (kwh + noload + copper) == pytest.approx(feeder.tech_loss_pct)
        assert noload / (noload + copper) == pytest.approx(NOLOAD_SHARE)
        assert 3.0 <= feeder.tech_loss_pct <= 7.0


def test_what_is_stored_is_what_was_read(network: Network, database: Database) -> None:
    make_tenant("T")
    report = import_network("T", network, NOW, actor_id="tester")
    assert report.is_new
    with transaction("T") as connection:
        meters = load_meters(connection)
        feeders = load_feeders(connection)
        rows = connection.execute(text("SELECT profile_id, shape FROM load_profiles"))
        profiles = {row.profile_id: row.shape for row in rows}
        counts = load_counts(connection)
        event = connection.execute(text("SELECT entity_id, payload FROM events")).one()
    assert meters.meter_id == [meter.meter_id for meter in network.meters]
    assert meters.base_kwh_day.tolist() == [meter.base_kwh_day for meter in network.meters]
    assert meters.has_pv.tolist() == [meter.has_pv for meter in network.meters]
    assert sum(feeder.meters for feeder in feeders) == 5372
    for profile in network.profiles:
        np.testing.assert_array_equal(np.frombuffer(profiles[profile.profile_id], dtype="<f4"), profile.shape)
    assert {name: counts[name] for name in report.counts} == report.counts
    assert event.entity_id == str(report.topology_version_id)
    assert event.payload["counts"]["meters"] == 5372


def test_importing_the_same_again_changes_nothing_and_says_so(network: Network, database: Database) -> None:
    make_tenant("T")
    first = import_network("T", network, NOW, actor_id="tester")
    again = import_network("T", network, NOW, actor_id="tester")
    assert again.topology_version_id == first.topology_version_id
    assert not again.is_new
    with transaction("T") as connection:
        assert len(load_versions(connection)) == 1
        assert connection.execute(text("SELECT count(*) FROM events")).scalar() == 1


def test_a_network_is_seen_by_its_tenant_alone(network: Network, database: Database) -> None:
    make_tenant("ONE")
    make_tenant("TWO")
    import_network("ONE", network, NOW, actor_id="tester")
    with transaction("TWO") as connection:
        assert len(load_meters(connection)) == 0
        assert set(load_counts(connection).values()) == {0}
    with transaction("ONE", DbRole.LOADER) as connection:
        assert len(load_meters(connection, ["FEEDER_7"])) == 415


def test_an_unknown_grid_is_refused_with_the_known_ones(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path))
    settings.cache_clear()
    with pytest.raises(Invalid, match=r"MV1\.101, MV2\.101, MV3\.101, MV4\.101"):
        import_simbench("MV1.102")
    settings.cache_clear()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simbench_tables.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(NotConfigured, match="SimBench data set is not installed"):
        import_simbench()
