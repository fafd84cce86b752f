"""`countersign bench`: every figure beside its peer or limit, pass or short; a quick run proves that all run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import Ran
from bench.catalogue import BENCHES
from bench.figures import Figure, figures_of
from bench.harness import Check
from bench.table import BEGIN, END, section, summary, write_section
from cli.main import countersign
from tests.conftest import ROOT, SHARED

TOLD = {
    "cases": [
        {"name": "raw", "rate": 1000.0, "share": 1.0, "share_by_cpu": 1.0, "target": None, "verdict": ""},
        {"name": "fresh", "rate": 400.0, "share": 0.4, "share_by_cpu": 0.5, "target": 0.42, "verdict": "MISSED"},
    ],
    "checks": [
        {"name": "  overview", "value": 5.0, "unit": "ms", "target": 20.0, "at_most": True, "note": "",
         "verdict": "met"},
        {"name": "door", "value": 90.0, "unit": "/s", "target": None, "at_most": True, "note": "", "verdict": "",
         "ratio": 0.9, "peer": "bare"},
    ],
}  # fmt: skip


def ran() -> Ran:
    told = Ran({"cores": "2"}, quick=False, figures=figures_of("ingest", TOLD), seconds={"ingest": 60.0})
    told.left_out["outages"] = "no data"
    return told


def test_every_figure_has_its_ratio_target_and_verdict() -> None:
    raw, fresh, overview, door = figures_of("ingest", TOLD)
    assert (fresh.ratio, fresh.against, fresh.target, fresh.verdict) == (0.4, "raw", ">= 0.42", "short")
    assert (overview.ratio, overview.against, overview.target, overview.verdict) == (0.25, "limit", "<= 20", "pass")
    assert (door.ratio, door.against, door.verdict, raw.verdict) == (0.9, "bare", "", "")
    assert Check("figure", 1.0, "", ratio=2.0, peer="bare").verdict == ""


def test_the_summary_counts_what_is_met_and_names_what_is_short_and_what_did_not_run() -> None:
    words = list(summary(ran()))
    assert words[0] == "1 of 2 targets met, in 1.0 minutes."
    assert words[1:] == ["short: ingest: fresh: 400 /s (target >= 0.42)", "left out: outages: no data"]


def test_the_section_of_the_page_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Before\n")
    write_section(page, section(ran()))
    page.write_text(page.read_text() + "After.\n")
    write_section(
        page, section(Ran({"cores": "64"}, False, [Figure("kpi", "f", 1.0, "", None, "", "", "")], {"kpi": 1}))
    )
    told = page.read_text()
    assert told.startswith("# Before\n")
    assert told.endswith("After.\n")
    assert told.count(BEGIN) == told.count(END) == 1
    assert "cores 64" in told
    assert "fresh" not in told


def test_an_unknown_name_is_refused_with_the_known_ones_and_a_quick_run_is_never_written() -> None:
    for arguments, said in (
        (["bench", "nothing"], "There are: ingest, kpi"),
        (["bench", "--quick", "--write"], "quick"),
    ):
        command = [sys.executable, "-m", "cli.main", *arguments]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ended.returncode == 2
        assert said in ended.stderr


def test_help_names_every_command_without_importing_it() -> None:
    """Each name with the first sentence that its own help tells."""
    shown = CliRunner().invoke(countersign, ["--help"]).output
    for name in countersign.commands_at:  # type: ignore[attr-defined]
        (line,) = (line for line in shown.splitlines() if line.split()[:1] == [name])
        first = CliRunner().invoke(countersign, [name, "--help"]).output.split("\n\n")[1].split()[:3]
        assert line.split()[1:4] == first
    loaded = (
        "import sys, cli.main as m; m.countersign.main(['--help'], standalone_mode=False);"
        " print('sqlalchemy' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "False"


@pytest.mark.soak
def test_every_benchmark_runs() -> None:
    """Small numbers; minutes all the same, since each has a server of its own."""
    environment = os.environ | {"COUNTERSIGN_SHARED_DATA": str(SHARED)}
    command = [sys.executable, "-m", "bench", "all", "--quick", "--json"]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=1200
    )
    told = json.loads(ended.stdout)
    assert told["broke"] == {}
    assert ended.returncode == 0
    assert {one["bench"] for one in told["figures"]} | set(told["left_out"]) == set(BENCHES)
    assert set(told["left_out"]) <= {"outages"}
