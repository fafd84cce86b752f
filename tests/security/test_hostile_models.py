"""OpenDSS models that do harm: they are refused, or what would do harm is not run, and the disk stays as it was."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.grid.network.importers import opendss_apart
from domain.grid.network.importers.opendss import import_opendss
from domain.grid.network.importers.opendss_files import commands
from domain.grid.network.importers.opendss_gather import Gathered
from domain.kernel.errors import Invalid, TooLarge

MODEL = """Clear
New Circuit.c basekv=12.47 bus1=sourcebus
{more}
New Line.l1 bus1=sourcebus bus2=a phases=3 length=1
New Load.one bus1=a phases=3 kv=12.47 kw=5
Set voltagebases=[12.47]
Calcvoltagebases
"""
OUTSIDE = {
    "a climbing path": "Redirect ../../etc/passwd",
    "a climbing path in brackets": "redirect ( ../../etc/passwd )",
    "a climbing path of another system": r"Redirect ..\..\secret.txt",
    "a path from the root": "Redirect /etc/passwd",
    "a path from a drive": r"Redirect C:\secret.txt",
    "a home": "Redirect ~/.ssh/id_rsa",
    "a link that leads out": "Redirect link.dss",
    "a hidden file": "Redirect ../.hidden.txt",
    "a compiled file": "Compile ../../secret.dss",
    "a shortened command": "redir ../../etc/passwd",
    "places from outside": "Buscoords /etc/passwd",
    "data from outside": "New Loadshape.s npts=2 mult=(file=/etc/passwd)",
    "data from outside, climbing": "New Loadshape.s npts=2 csvfile=../../etc/passwd",
    "data from outside by a property": "Loadshape.s.csvfile=../../secret.csv",
    "a program to load": "New Generator.g bus1=a UserModel=./evil.so",
    "a program under a text's name": "Buscoords evil.txt\nNew Generator.g bus1=a UserModel=feeder/evil.txt",
    "a program under the name of numbers": "New Loadshape.s npts=2 dblfile=evil.dbl",
    "a program to run": "DOScmd /bin/sh -c id",
    "a shortened program to run": "dos /bin/sh -c id",
    "another folder": "CD /",
    "another place for what is written": "Set datapath=/tmp/elsewhere",
    "another editor": "set editor=/bin/sh",
    "a command that is hidden": "command=redirect x.dss",
    "a word put together": "var @up=..",
    "itself": "Redirect master.dss",
    "one that leads back": "Redirect loop.dss",
    "files that multiply": "Redirect twice0.dss",
}


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    return commands()


@pytest.fixture
def model(tmp_path: Path) -> Callable[[str], Path]:
    """A model with one line of its own, beside what an attack would like to reach."""
    folder = tmp_path / "network" / "feeder"
    folder.mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("the secret")
    (tmp_path / "secret.dss").write_text("the secret")
    (tmp_path / "secret.csv").write_text("1")
    (tmp_path / "network" / ".hidden.txt").write_text("the secret")
    (folder / "link.dss").symlink_to(tmp_path / "secret.dss")
    (folder / "loop.dss").write_text("Redirect master.dss\n")
    for name in ("evil.txt", "evil.dbl"):
        (folder / name).write_bytes(b"\x7fELF\x02\x01\x01")
    for depth in range(20):
        (folder / f"twice{depth}.dss").write_text(f"Redirect twice{depth + 1}.dss\n" * 2)

    def make(more: str) -> Path:
        master = folder / "master.dss"
        master.write_text(MODEL.format(more=more))
        return master

    return make


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_line_that_reaches_out_refuses_the_model(
    model: Callable[[str], Path], known: frozenset[str], tmp_path: Path, name: str
) -> None:
    master = model(OUTSIDE[name])
    with pytest.raises(Invalid) as refused:
        Gathered(master.parent.parent, tmp_path / "copy", known).master(master)
    assert refused.value.code == "OPENDSS_UNSAFE"
    assert "the secret" not in refused.value.detail


def test_every_command_of_the_engine_is_described_left_out_or_refused(
    model: Callable[[str], Path], known: frozenset[str], tmp_path: Path
) -> None:
    """Nothing but what describes reaches the copy, whatever the engine knows."""
    taken = set()
    for number, verb in enumerate(sorted(known - {"redirect", "compile", "//"})):
        master = model(f"{verb} marker")
        try:
            copy = Gathered(master.parent.parent, tmp_path / str(number), known).master(master)
        except Invalid:
            continue
        if "marker" in copy.read_text():
            taken.add(verb)
    assert taken == {
        "batchedit", "buscoords", "calcvoltagebases", "clear", "clearall", "close", "connect", "disable", "disconnect",
        "edit", "enable", "giscoords", "latlongcoords", "m", "makebuslist", "more", "new", "open", "remove", "rephase",
        "reprocessbuses", "set", "setbusxy", "setkvbase", "setloadandgenkv", "~",
    }  # fmt: skip


def tree(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(one.relative_to(folder)), one.lstat().st_size) for one in folder.rglob("*"))


def test_what_writes_draws_and_solves_is_not_run(model: Callable[[str], Path], tmp_path: Path) -> None:
    wrote = "Solve\nExport voltages out.csv\nSave circuit dir=saved\nShow voltages\nPlot circuit\nDump\nWait"
    shared = "Redirect ../common.DSS ! what all feeders share\nNew Loadshape.s npts=2 interval=1 mult=(file=Shape.csv)"
    master = model(f"{wrote}\n/* of\nlines */\n{shared}")
    (tmp_path / "network" / "common.dss").write_text("New Linecode.k nphases=3\n// nothing more\n")
    (master.parent / "shape.csv").write_text("1\n2\n")
    before = tree(tmp_path)
    network = import_opendss(master)
    assert tree(tmp_path) == before
    (left_out,) = [one for one in network.findings if one.code == "COMMANDS_LEFT_OUT"]
    assert (left_out.count, left_out.examples) == (7, ("dump", "export", "plot", "save", "show"))
    assert [one.external_ref for one in network.meters] == ["one"]


@pytest.mark.parametrize(
    "bomb",
    ["New Loadshape.s npts=2000000000 interval=1 mult=[1]", "New Line.wide phases=60000 bus1=sourcebus bus2=b"],
)
def test_a_model_that_unpacks_to_more_than_there_is_ends_its_own_process_alone(
    model: Callable[[str], Path], bomb: str
) -> None:
    began = os.times().children_user
    try:
        import_opendss(model(bomb))
    except Invalid as refused:
        assert refused.code == "OPENDSS_INVALID"  # noqa: PT017  either end is an end
    assert os.times().children_user - began < 60


def test_the_process_is_given_no_setting_and_no_secret_and_is_stopped_in_time(
    model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_APP_DATABASE_URL", "postgresql://app:planted@host/db")
    given: dict[str, Any] = {}

    def slow(arguments: list[str], **more: Any) -> Any:
        given.update(more)
        raise subprocess.TimeoutExpired(arguments, more["timeout"])

    monkeypatch.setattr(opendss_apart.subprocess, "run", slow)
    with pytest.raises(Invalid, match="within the time and memory") as refused:
        import_opendss(model(""))
    assert refused.value.code == "OPENDSS_INVALID"
    assert set(given["env"]) == {"HOME", "TMPDIR", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
    assert given["timeout"] <= 300


def test_very_much_text_is_refused_before_it_is_read(model: Callable[[str], Path]) -> None:
    master = model("Buscoords sparse.csv")
    with (master.parent / "sparse.csv").open("wb") as sparse:
        sparse.truncate(3 * 2**30)
    began = time.process_time()
    with pytest.raises(TooLarge):
        import_opendss(master)
    assert time.process_time() - began < 5
