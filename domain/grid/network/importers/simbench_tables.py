"""The tables of one SimBench medium-voltage grid and the low-voltage grids that hang on it.

They are read from the CSV files inside the installed package, found without importing it (importing pulls in a power
flow library). What one grid needs is kept as Parquet under the home, so that the large files are read once.
"""

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from domain.grid.network.rules.profiles import regular
from domain.kernel.canonical import sha256_hex
from domain.kernel.errors import Invalid, NotConfigured
from domain.kernel.settings import settings

DATA_SET = "1-complete_data-mixed-all-0-sw"
TABLES = ("Node", "Coordinates", "Line", "Switch", "Transformer", "Load", "RES")
TYPES = ("LineType", "TransformerType")
_PARSE = pacsv.ParseOptions(delimiter=";")
Row = dict[str, Any]


@dataclass(frozen=True)
class SimbenchTables:
    """Rows by table, and the profiles that they name.

    Attributes:
        shapes: profile name -> a year of quarter-hours as published (share of rated power), float64, shape (35136,).
    """

    version: str
    source_sha256: str
    rows: dict[str, list[Row]]
    shapes: dict[str, NDArray[np.float64]]


def load_tables(grid: str) -> SimbenchTables:
    """The tables of `grid`, from the cache if they stand there.

    Raises:
        NotConfigured: the package `simbench` is not installed.
        Invalid: no such grid, or one without detailed low-voltage grids.
    """
    folder, release = _package()
    cache = settings().home_path / "cache" / "simbench" / release / grid
    if not (cache / "source.json").exists():
        _extract(folder, grid, cache)
    rows = {name: pq.read_table(cache / f"{name}.parquet").to_pylist() for name in (*TABLES, *TYPES)}
    profiles = pq.read_table(cache / "profiles.parquet")
    shapes = {name: profiles.column(name).to_numpy().astype(np.float64) for name in profiles.column_names}
    return SimbenchTables(release, json.loads((cache / "source.json").read_text())["sha256"], rows, shapes)


def _package() -> tuple[Path, str]:
    spec = importlib.util.find_spec("simbench")
    folder = Path(spec.origin).parent / "networks" / DATA_SET if spec and spec.origin else None
    if folder is None or not folder.is_dir():
        raise NotConfigured(
            "The SimBench data set is not installed, so the demo's network cannot be read.",
            hint="Run `make setup`, which installs the package `simbench`.",
        )
    return folder, version("simbench")


def _extract(folder: Path, grid: str, cache: Path) -> None:
    """Cut one grid out of the complete data set and write it to the cache; `source.json` comes last."""
    tables = {name: _read(folder / f"{name}.csv") for name in (*TABLES, *TYPES)}
    below = _low_voltage_grids(tables["Transformer"], grid)
    if not below:
        detailed = sorted(
            {str(name).split(" ")[0] for name in _service(tables["Transformer"]).column("nodeHV").to_pylist()}
        )
        raise Invalid(
            f"SimBench has no grid {grid!r} with detailed low-voltage grids.",
            hint=f"Grids that have them: {', '.join(detailed)}.",
            code="SIMBENCH_GRID_UNKNOWN",
        )
    wanted = {name: _of_grid(tables[name], grid, below) for name in TABLES}
    wanted |= {name: tables[name] for name in TYPES}
    cache.mkdir(parents=True, exist_ok=True)
    for name, table in wanted.items():
        _write(table, cache / f"{name}.parquet")
    _write(_profiles(folder, wanted), cache / "profiles.parquet")
    hashes = {path.name: sha256_hex(path.read_bytes()) for path in sorted(folder.glob("*.csv"))}
    mark = {"data_set": DATA_SET, "files": hashes, "sha256": sha256_hex(json.dumps(hashes).encode())}
    (cache / "source.json").write_text(json.dumps(mark, indent=1))


def _read(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    convert = pacsv.ConvertOptions(null_values=["NULL", ""], strings_can_be_null=True, include_columns=columns or [])
    return pacsv.read_csv(path, parse_options=_PARSE, convert_options=convert)


def _write(table: pa.Table, path: Path) -> None:
    partial = path.with_suffix(".partial")
    pq.write_table(table, partial, compression="zstd")
    partial.replace(path)


def _service(transformers: pa.Table) -> pa.Table:
    """Transformers from medium to low voltage."""
    return transformers.filter(pc.starts_with(transformers.column("subnet"), "LV"))


def _low_voltage_grids(transformers: pa.Table, grid: str) -> list[str]:
    service = _service(transformers)
    here = service.filter(pc.starts_with(service.column("nodeHV"), f"{grid} "))
    return sorted(set(here.column("subnet").to_pylist()))


def _of_grid(table: pa.Table, grid: str, below: list[str]) -> pa.Table:
    """Rows of the grid, of its feeders, and of the low-voltage grids below it."""
    subnet = table.column("subnet")
    mine = pc.or_(pc.equal(subnet, grid), pc.starts_with(subnet, f"{grid}_"))
    return table.filter(pc.or_(mine, pc.is_in(subnet, value_set=pa.array(below))))


def _profiles(folder: Path, tables: dict[str, pa.Table]) -> pa.Table:
    """The profiles that loads and PV plants name, on the regular grid of the year."""
    loads = sorted(set(tables["Load"].column("profile").to_pylist()))
    plants = sorted({name for name in tables["RES"].column("profile").to_pylist() if name.startswith("PV")})
    columns: dict[str, NDArray[np.float64]] = {}
    for file, names, suffix in (("LoadProfile.csv", loads, "_pload"), ("RESProfile.csv", plants, "")):
        table = _read(folder / file, ["time", *(f"{name}{suffix}" for name in names)])
        stamps = pc.strptime(table.column("time"), format="%d.%m.%Y %H:%M", unit="s")
        values = np.column_stack([table.column(f"{name}{suffix}").to_numpy() for name in names])
        filled = regular(stamps.to_numpy().astype("datetime64[m]"), values)
        columns |= {name: filled[:, index] for index, name in enumerate(names)}
    return pa.table({name: pa.array(values.astype(np.float32)) for name, values in columns.items()})
