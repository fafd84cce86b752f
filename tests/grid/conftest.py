"""Worlds that several modules of the grid's tests stand on."""

import tarfile
from pathlib import Path

import pytest

from tests.conftest import SHARED


@pytest.fixture(scope="session")
def opendss_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unmodified OpenDSS models of the real data sets, unpacked."""
    archive = SHARED / "opendss_feeders" / "original_dss_files.tar.xz"
    if not archive.exists():
        pytest.skip(f"the real data sets are not at {SHARED}")
    folder = tmp_path_factory.mktemp("dss")
    with tarfile.open(archive) as bundle:
        bundle.extractall(folder, filter="data")
    return folder
