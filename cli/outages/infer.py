"""`countersign outages infer`: what is out, where and how sure, from a network's files and a file of events."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from cli.outages.study_events import NAMED, StudyEvents, read_events
from cli.study.stamps import zone_named
from domain.grid.network.rules.model import Network
from domain.grid.outages.rules.device_tree import NONE, DeviceTree, build_device_tree
from domain.grid.outages.rules.inference.infer import infer_outages
from domain.grid.outages.rules.inference.results import Inferred, InferredOutage
from domain.grid.outages.rules.inference.settings import OUTAGE_INFERENCE_VERSION, SETTINGS
from domain.kernel.advisory import SENTENCES, advisory
from domain.kernel.errors import Invalid

FILES_HELP = """
\b
NETWORK  a folder with buses.csv, edges.csv, loads.csv and, if there,
         devices.csv (an OpenDSS circuit as CSV), or the plain CSV files of
         `countersign grid import --csv`. Where protection is not named it is
         assumed, as the import does.
EVENTS   CSV (also .csv.gz) or Parquet with columns
           meter_id, type, at      required
           arrived_at, source      optional
         meter_id is the meter's id or the name of its load; for SCADA_OPEN,
         SCADA_CLOSED, FAULT_INDICATOR and crews' words also a device's id.
         type is one of POWER_OUT, POWER_ON, PING_OK, PING_NO_ANSWER, CALL,
         READ_NORMAL, SCADA_OPEN, SCADA_CLOSED, FAULT_INDICATOR, CREW_OUT,
         CREW_ENERGISED. Times are ISO 8601; without an offset they are local
         time of --tz. Rows that stand twice count once; meters that the
         network does not have are left out, counted and named.
"""
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    help=f"""Infer outages: ranked device classes with posterior, meters out, credible set, next best pings.

A class is the devices that no meter can tell apart. Advice, no more: nothing is operated, and a person decides.
{FILES_HELP}
\b
JSON: {{"as_of", "version", "settings_hash", "network", "events", "outages":
[{{rank, devices, posterior, status, meters_out, meters_reported, credible,
next_pings, evidence, ...}}], "device_classes": [{{rank, devices, posterior,
meters}}], "meters": [{{meter_id, p_out}}], "advisory"}}

Example: countersign outages infer --network ckt5/ --events gasps.csv --json
"""
)
@click.option("--network", "folder", required=True, type=_FOLDER, help="Folder of the network's CSV files.")
@click.option("--events", required=True, type=_FILE, help="File of events.")
@click.option("--as-of", "as_of", help="Only what had arrived by then.  [default: all, one minute after the last]")
@click.option("--open", "opened", multiple=True, help="A device that stands open beyond normal; may be repeated.")
@click.option("--closed", multiple=True, help="A device, such as a tie, that stands closed; may be repeated.")
@click.option("--tz", default="UTC", show_default=True, help="Zone of stamps without offset.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def infer(
    folder: Path,
    events: Path,
    as_of: str | None,
    opened: tuple[str, ...],
    closed: tuple[str, ...],
    tz: str,
    as_json: bool,
) -> None:
    """Outages of a file of events."""
    zone = zone_named(tz)
    moment = None if as_of is None else _moment_of(as_of, tz)
    network = _read_network(folder)
    tree = build_device_tree(network, opened, closed)
    study = read_events(events, network, zone)
    asked = moment or study.last_arrival + timedelta(seconds=SETTINGS[OUTAGE_INFERENCE_VERSION].hold_off_s)
    found = infer_outages(tree, study.signals, asked)
    answer = answer_of(tree, study, found, asked)
    for note in study.notes:
        click.echo(note, err=True)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))
    else:
        _print_tables(answer)


def _moment_of(text: str, tz: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as cause:
        raise Invalid(f"--as-of: {text!r} is not a time.", hint="Expected one such as 2026-11-21T08:15:00Z.") from cause
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone_named(tz))


def _read_network(folder: Path) -> Network:
    """By which files lie there."""
    if (folder / "feeders.csv").exists() and not (folder / "buses.csv").exists():
        from domain.grid.network.importers.plain_csv import import_csv

        return import_csv(folder)
    from domain.grid.network.importers.opendss import import_opendss_csv

    return import_opendss_csv(folder)


def answer_of(tree: DeviceTree, study: StudyEvents, found: Inferred, as_of: datetime) -> dict[str, Any]:
    """The answer as plain members; meters bear the names that the file gives them."""
    names = study.names
    classes = {int(own) for own in tree.class_of if own != NONE}
    return {
        "as_of": as_of.isoformat(),
        "version": found.version,
        "settings_hash": found.settings_hash,
        "is_storm": found.is_storm,
        "network": {
            "feeders": len(tree.feeders),
            "devices": len(tree.device_ids),
            "device_classes": len(classes),
            "meters": len(tree.meter_ids),
            "unfed_meters": len(tree.unfed_meter_ids),
        },
        "events": {
            "rows": study.rows,
            "used": sum(one.arrived_at <= as_of for one in study.signals),
            "after_as_of": sum(one.arrived_at > as_of for one in study.signals),
            "duplicates": study.duplicates,
            "unknown_meter_rows": study.unknown_rows,
            "unknown_meters": len(study.unknown),
            "unknown_examples": [name for name, _ in study.unknown[:NAMED]],
        },
        "outages": [_outage(number, one, names) for number, one in enumerate(found.outages, 1)],
        "device_classes": _classes(tree, found),
        "meters": [
            {"meter_id": names.get(own, own), "p_out": share}
            for own, share in sorted(found.meter_posterior.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "advisory": advisory()["text"],
    }


def _outage(rank: int, one: InferredOutage, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "rank": rank,
        "outage_key": one.outage_key,
        "feeder_id": one.feeder_id,
        "devices": list(one.device_ids),
        "posterior": one.posterior,
        "status": one.status,
        "window_start": one.window_start.isoformat(),
        "window_end": one.window_end.isoformat(),
        "first_evidence_at": one.first_evidence_at.isoformat(),
        "restored_at": None if one.restored_at is None else one.restored_at.isoformat(),
        "meters_out": len(one.meters_predicted),
        "meters_out_expected": one.posterior_meters_out,
        "meters_reported": len(one.meters_reported),
        "meter_ids": [names.get(own, own) for own in one.meters_predicted],
        "credible": [{"devices": list(ids), "posterior": share} for ids, share in one.credible],
        "next_pings": [{"meter_id": names.get(own, own), "gain_bits": gain} for own, gain in one.next_pings],
        "evidence": [
            {
                "kind": item.kind,
                "value": item.value,
                "llr": item.llr,
                "meter_ids": [names.get(m, m) for m in item.meter_ids],
            }
            for item in one.evidence
        ],
        "nested_of": one.nested_of,
        "explained_by": one.explained_by,
        "reasons": list(one.reasons),
    }


def _classes(tree: DeviceTree, found: Inferred) -> list[dict[str, Any]]:
    """All sessions' classes, likeliest first; a class keeps its highest posterior."""
    best: dict[tuple[str, ...], float] = {}
    for cluster in found.clusters:
        for ids, share in cluster.ranking:
            best[ids] = max(share, best.get(ids, 0.0))
    rows = [(share, ids, len(tree.meters_below(tree.device_at[ids[0]]))) for ids, share in best.items()]
    rows.sort(key=lambda row: (-row[0], -row[2], row[1]))
    return [
        {"rank": number, "devices": list(ids), "posterior": share, "meters": meters}
        for number, (share, ids, meters) in enumerate(rows, 1)
    ]


def _print_tables(answer: dict[str, Any]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    title = f"Outages as of {answer['as_of']}, by {answer['version']}"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "device class", "posterior", "status", "meters\nout", "re-\nported", "90 % credible", "ask next"):
        right = name in {"", "posterior", "meters\nout", "re-\nported"}
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for one in answer["outages"]:
        others = ", ".join(f"{pair['devices'][0]} {pair['posterior']:.2f}" for pair in one["credible"])
        pings = ", ".join(f"{pair['meter_id']} ({pair['gain_bits']:.2f} bit)" for pair in one["next_pings"][:3])
        cells = (one["rank"], "\n".join(one["devices"]), f"{one['posterior']:.3f}", one["status"], one["meters_out"])
        table.add_row(*map(str, cells), str(one["meters_reported"]), others or "-", pings or "-")
    console.print(table)
    if not answer["outages"]:
        console.print("No device is likely to be open.", highlight=False)
    events = answer["events"]
    console.print(
        f"{events['used']:,} events of {events['rows']:,} rows on {answer['network']['meters']:,} meters; --json names"
        " all meters and the evidence.",
        highlight=False,
    )
    console.print(" ".join(SENTENCES), highlight=False)
