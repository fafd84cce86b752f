"""The same events give the same bytes, whatever seed Python hashes with and in whatever order the rows stand."""

import csv
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = "from cli.main import main; main()"


def said(network: Path, events: Path, seed: str) -> bytes:
    arguments = ["outages", "infer", "--network", str(network), "--events", str(events), "--json"]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", COMMAND, *arguments], capture_output=True, env=environment, check=True)
    return done.stdout


@pytest.mark.parametrize("feeder", ["ieee123"])
def test_an_answer_depends_on_nothing_but_the_events(shared_data: Path, tmp_path: Path, feeder: str) -> None:
    network = shared_data / "opendss_feeders" / feeder
    with (network / "loads.csv").open() as file:
        loads = [row["load"] for row in csv.DictReader(file)]
    chance = random.Random(4)  # noqa: S311  nothing is secret here
    rows = [f"{load},POWER_OUT,2026-07-14T19:00:{chance.randint(10, 40)}Z" for load in loads if chance.random() < 0.3]
    rows += [f"{load},PING_OK,2026-07-14T19:06:00Z" for load in chance.sample(loads, 12)]
    answers = set()
    for seed in ("0", "1", "4242"):
        chance.shuffle(rows)
        events = tmp_path / "events.csv"
        events.write_text("\n".join(["meter_id,type,at", *rows]))
        answers.add(said(network, events, seed))
    assert len(answers) == 1
