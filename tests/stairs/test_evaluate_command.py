"""`countersign stairs evaluate` through the real command: its answer, its schema, and one sentence for a bad file."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.kernel.advisory import SENTENCES
from tests.commands import Command
from tests.stairs.rules.cases import ALL, cause_and_effect, events, pressure, result

run = Command("stairs", "evaluate").run


def written(folder: Path, case: Any) -> Path:
    file = folder / "case.json"
    file.write_text(case if isinstance(case, str) else json.dumps(case), encoding="utf-8")
    return file


@pytest.mark.parametrize("make", ALL)
def test_json_is_the_result_of_production_and_the_fault_beside_it(make: Any, tmp_path: Path) -> None:
    done = run("--case", written(tmp_path, make()), "--json")
    answer = json.loads(done.stdout)

    assert (done.returncode, done.stderr, answer.pop("fault"), answer.pop("fault_id")) == (0, "", None, None)
    assert answer.pop("advisory") == list(SENTENCES)
    assert answer == result(make())


def test_a_failed_case_proposes_its_fault(tmp_path: Path) -> None:
    answer = json.loads(run("--case", written(tmp_path, pressure("18.2")), "--json").stdout)

    assert answer["verdict"] == "non_compliant"
    assert answer["fault"]["description"].startswith("Pressure 18.2 Pa BELOW minimum 20 Pa")


def test_a_number_in_the_file_keeps_all_its_digits(tmp_path: Path) -> None:
    text = json.dumps(pressure("@")).replace('"@"', "19.99999999999999999999")
    answer = json.loads(run("--case", written(tmp_path, text), "--json").stdout)

    assert (answer["verdict"], answer["measured_raw"]) == ("non_compliant", "19.99999999999999999999")


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    file = written(tmp_path, cause_and_effect(events("0", "9", "5", "15")))

    assert run("--case", file, "--json").stdout == run("--case", file, "--json").stdout


def test_standard_input_is_a_file_too() -> None:
    done = run("--case", "-", "--json", given=json.dumps(pressure()).encode())

    assert json.loads(done.stdout)["verdict"] == "compliant"


def test_text_says_the_finding_first_and_that_a_person_decides(tmp_path: Path) -> None:
    lines = run("--case", written(tmp_path, pressure("18.2", certificates=[]))).stdout.splitlines()

    assert lines[0] == "NOT compliant (tested on 2026-02-03, judged by firemode-evaluation/1)"
    assert any("at least 20 Pa, at most 80 Pa (from rule)" in line for line in lines)
    assert any("CALIBRATION_EXPIRED" in line for line in lines)
    assert lines[-1] == " ".join(SENTENCES)


def test_the_schema_is_json_with_an_example_that_evaluates(tmp_path: Path) -> None:
    schema = json.loads(run("--schema").stdout)
    done = run("--case", written(tmp_path, schema["examples"][0]), "--json")

    assert schema["additionalProperties"] is False
    assert json.loads(done.stdout)["deviation_from_baseline_pct"] == -58.82


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not JSON"),
        (json.dumps(pressure("18,2")), "'18,2' is not a decimal number"),
        (json.dumps(pressure() | {"pressure": 1}), "pressure: Extra inputs are not permitted"),
    ],
)
def test_a_bad_file_is_one_sentence_and_exit_code_2(content: str, words: str, tmp_path: Path) -> None:
    done = run("--case", written(tmp_path, content), "--json")

    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "case.json" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--case", "no-such-file.json"], ["--case", "."]])
def test_no_file_is_told(arguments: list[str]) -> None:
    done = run(*arguments)

    assert done.returncode == 2
    assert done.stderr
