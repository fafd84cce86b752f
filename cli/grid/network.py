"""`countersign grid import` and `countersign grid network`: take a network in, and say what stands."""

import json
from pathlib import Path
from typing import Any

import click

from domain.grid.network.observe import ImportReport, import_network
from domain.grid.network.rules.model import Network
from domain.grid.network.store.feeders import FeederRow, TopologyVersion, load_counts, load_feeders, load_versions
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.tenancy import load_tenant

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)
_MARK = {"info": " ", "warning": "!", "error": "x"}

COLUMNS_HELP = """\b
Plain CSV (--csv): UTF-8, comma or semicolon, header line. * must be there.
  feeders.csv*       feeder_id*, code, name, substation_id, base_kv, rated_a,
                     tech_loss_pct, head_edge, head_node
  meters.csv*        meter_id*, node_id or feeder_id*, transformer_id,
                     class (res, sml_com, ci, ag), base_kwh_day, phase, has_pv,
                     pv_kw, critical, ami_type (rf_mesh, cellular, plc),
                     service_v, latitude, longitude
  substations.csv    substation_id*, name, latitude, longitude
  nodes.csv          node_id*, base_kv, latitude, longitude, is_substation
  edges.csv          edge_id*, from_node*, to_node*, kind (line, cable, switch,
                     transformer, reactor), length_m, phases, rated_a, is_open,
                     r_ohm, x_ohm (total, positive sequence)
  devices.csv        device_id*, type* (breaker, recloser, sectionalizer, fuse,
                     switch, tie, xfmr_fuse), edge_id*, normally_open, phases,
                     rated_a, remote_ctl
  transformers.csv   transformer_id*, edge_id, node_id, kva, phases

\b
Examples:
  countersign grid import --tenant DEMO_TENANT --simbench
  countersign grid import --tenant UTIL --dss models/Master.dss
  countersign grid import --tenant UTIL --csv export/ --json
"""


@click.command("import", epilog=COLUMNS_HELP)
@click.option("--tenant", required=True, help="The tenant whose network this becomes.")
@click.option("--simbench", is_flag=True, help="A real grid from the installed SimBench data set.")
@click.option("--grid", default="MV1.101", show_default=True, help="Which SimBench grid.")
@click.option("--dss", type=_FILE, help="The master file of an OpenDSS model.")
@click.option("--dss-csv", type=_FOLDER, help="A folder with buses.csv, edges.csv, loads.csv, devices.csv.")
@click.option("--csv", "csv_folder", type=_FOLDER, help="A folder of plain CSV files, see below.")
@click.option("--actor", default="command line", show_default=True, help="Whom the ledger names.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON and nothing else.")
def import_command(
    tenant: str,
    simbench: bool,
    grid: str,
    dss: Path | None,
    dss_csv: Path | None,
    csv_folder: Path | None,
    actor: str,
    as_json: bool,
) -> None:
    """Import a network and say what came in, what was left out, and why.

    The network becomes the tenant's current topology version. Importing the same content again changes nothing. Meters
    that the new version no longer has become inactive; their reads stay.
    """
    sources = [one for one in (simbench or None, dss, dss_csv, csv_folder) if one is not None]
    if len(sources) != 1:
        raise click.UsageError("Name exactly one source: --simbench, --dss, --dss-csv or --csv.")
    network = _read(grid if simbench else None, dss, dss_csv, csv_folder)
    report = import_network(tenant, network, utc_now(), actor_id=actor)
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else told(report))


def _read(grid: str | None, dss: Path | None, dss_csv: Path | None, csv_folder: Path | None) -> Network:
    """Each importer is loaded only when it is used."""
    if grid is not None:
        from domain.grid.network.importers.simbench import import_simbench

        return import_simbench(grid)
    if csv_folder is not None:
        from domain.grid.network.importers.plain_csv import import_csv

        return import_csv(csv_folder)
    from domain.grid.network.importers.opendss import import_opendss, import_opendss_csv

    return import_opendss(dss) if dss is not None else import_opendss_csv(dss_csv or Path())


def told(report: ImportReport) -> str:
    """The report as a person reads it."""
    title = "Imported" if report.is_new else "Unchanged: this very network already stands:"
    lines = [f"{title} {report.source}, topology version {report.topology_version_id}", ""]
    lines += [f"  {count:>9,}  {name.replace('_', ' ')}" for name, count in report.counts.items()]
    if report.findings:
        lines += ["", "Left out, assumed or mended (! needs a look):"]
    for one in report.findings:
        examples = f" ({', '.join(one.examples[:3])}{', ...' if one.count > 3 else ''})" if one.examples else ""
        count = f"{one.count:,} " if one.count else ""
        lines.append(f"{_MARK[one.severity]} {one.code}: {count}{one.text}{examples}")
    return "\n".join(lines)


@click.command("network", epilog="\b\nExample:\n  countersign grid network --tenant DEMO_TENANT --json")
@click.option("--tenant", required=True, help="The tenant whose network is shown.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def network_command(tenant: str, as_json: bool) -> None:
    """Show the network that stands: its version, its size, its feeders."""
    with transaction(tenant) as connection:
        load_tenant(connection)
        counts, feeders, versions = load_counts(connection), load_feeders(connection), load_versions(connection, 1)
    if as_json:
        click.echo(json.dumps(summary(tenant, counts, feeders, versions), indent=2))
    elif not versions:
        click.echo(f"{tenant} has no network yet. `countersign grid import --help` shows how to bring one.")
    else:
        click.echo(described(counts, feeders, versions[0]))


def summary(
    tenant: str, counts: dict[str, int], feeders: list[FeederRow], versions: list[TopologyVersion]
) -> dict[str, Any]:
    """The network as plain members."""
    version = versions[0] if versions else None
    return {
        "tenant_id": tenant,
        "topology_version_id": str(version.topology_version_id) if version else None,
        "source": version.source if version else None,
        "imported_at": version.imported_at.isoformat() if version else None,
        "counts": counts,
        "feeders": [
            {
                "feeder_id": one.feeder_id,
                "code": one.code,
                "meters": one.meters,
                "base_kwh_day": round(one.base_kwh_day, 3),
                "tech_loss_pct": one.tech_loss_pct,
            }
            for one in feeders
        ],
        "findings": version.findings if version else [],
    }


def described(counts: dict[str, int], feeders: list[FeederRow], version: TopologyVersion) -> str:
    """The network as a person reads it."""
    lines = [f"{version.source}, imported {version.imported_at:%Y-%m-%d %H:%M} UTC", ""]
    lines += [f"  {count:>9,}  {name.replace('_', ' ')}" for name, count in counts.items()]
    lines += ["", f"  {'feeder':<12} {'code':<24} {'meters':>8} {'kWh a day':>12} {'tech. loss %':>13}"]
    for one in feeders:
        sizes = f"{one.meters:>8,} {one.base_kwh_day:>12,.0f} {one.tech_loss_pct:>13.2f}"
        lines.append(f"  {one.feeder_id:<12} {one.code:<24} {sizes}")
    return "\n".join(lines)
