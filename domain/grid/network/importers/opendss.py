"""Import OpenDSS models: a master file (.dss) with what it redirects to, or a folder of CSV files exported from one."""

from pathlib import Path

from domain.grid.network.importers.opendss_apart import read_dss_file
from domain.grid.network.importers.opendss_circuit import to_network
from domain.grid.network.importers.opendss_csv import read_csv_folder
from domain.grid.network.rules.model import Network


def import_opendss(path: Path) -> Network:
    """The network of a .dss model.

    Raises:
        NotFound: no such file.
        Invalid: the engine refuses the model, or nothing leaves its source.
    """
    return to_network(read_dss_file(path))


def import_opendss_csv(folder: Path) -> Network:
    """The network of a folder with buses.csv, edges.csv, loads.csv and, if there, devices.csv.

    Raises:
        NotFound: no such folder.
        Invalid: files are missing or cannot be read, or nothing leaves the source bus.
    """
    return to_network(read_csv_folder(folder))
