"""The renderer that runs alone: the source's arguments, and errors that say what to mend."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from domain.grid.outages.report.pdf import render_pdf
from domain.kernel.report.brand import Brand
from tests.conftest import ROOT
from tests.grid.outages.report.reading import word
from tests.grid.outages.report.sample import sample
from tests.grid.outages.report.signed import signature_of

SCRIPT = ROOT / "scripts" / "render_after_action_report.py"


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    told = subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], cwd=cwd, capture_output=True, text=True)
    assert "Traceback" not in told.stderr
    return told


@pytest.fixture
def summary_json(tmp_path: Path) -> Path:
    path = tmp_path / "replay.json"
    path.write_text(sample().model_dump_json())
    return path


def test_it_writes_both_files_with_the_sources_arguments(tmp_path: Path, summary_json: Path) -> None:
    brand = tmp_path / "brand.json"
    brand.write_text('{"name": "Piedmont"}')
    pdf, docx = tmp_path / "out" / "a.pdf", tmp_path / "out" / "a.docx"
    told = run(
        "--summary_json",
        summary_json,
        "--brand_json",
        brand,
        "--out_pdf",
        pdf,
        "--out_docx",
        docx,
        "--json",
        cwd=tmp_path,
    )
    assert told.returncode == 0, told.stderr
    assert pdf.read_bytes() == render_pdf(sample(), Brand(name="Piedmont"))
    assert word(docx.read_bytes()).tables
    files = json.loads(told.stdout)["files"]
    assert files[0]["sha256"] == hashlib.sha256(pdf.read_bytes()).hexdigest()


def test_with_a_signature_it_makes_the_signed_edition(tmp_path: Path, summary_json: Path) -> None:
    signature = tmp_path / "signature.json"
    signature.write_text(signature_of(sample()).model_dump_json())
    pdf = tmp_path / "a.pdf"
    told = run("--summary_json", summary_json, "--signature_json", signature, "--out_pdf", pdf, cwd=tmp_path)
    assert "signed edition" in told.stdout
    assert pdf.read_bytes() == render_pdf(sample(), edition="signed", signature=signature_of(sample()))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no JSON object"),
        ("{}", "replay_id: Field required"),
        (None, "No such file"),
    ],
)
def test_input_that_is_not_fit_is_refused_with_what_to_mend(tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "bad.json"
    if content is not None:
        path.write_text(content)
    told = run("--summary_json", path, "--out_pdf", tmp_path / "a.pdf", cwd=tmp_path)
    assert told.returncode == 2
    assert words in told.stderr
    assert not (tmp_path / "a.pdf").exists()


def test_without_an_output_it_says_so(tmp_path: Path, summary_json: Path) -> None:
    told = run("--summary_json", summary_json, cwd=tmp_path)
    assert told.returncode == 2
    assert "neither --out_pdf nor --out_docx" in told.stderr
