"""Both files are the same bytes always: in other processes, with other hash seeds, zones, dates and environments."""

import hashlib
import os
import subprocess
import sys
import zipfile
from io import BytesIO

from domain.grid.outages.report.pdf import render_pdf
from domain.grid.outages.report.word.render import render_docx
from tests.conftest import ROOT
from tests.grid.outages.report.sample import sample
from tests.grid.outages.report.signed import signature_of


def digest() -> str:
    """One hash over draft and signed edition of both forms."""
    whole = hashlib.sha256()
    for render in (render_pdf, render_docx):
        whole.update(render(sample()))
        whole.update(render(sample(), edition="signed", signature=signature_of(sample())))
    return whole.hexdigest()


def test_two_renders_are_byte_equal_in_processes_with_random_seeds() -> None:
    code = "from tests.grid.outages.report.test_bytes import digest; print(digest())"
    told = set()
    for surroundings in (
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "random", "SOURCE_DATE_EPOCH": "1"},
    ):
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            cwd=ROOT,
            env=os.environ | surroundings,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stderr
        told.add(ran.stdout.strip())
    assert told == {digest()}


def test_another_number_is_other_bytes() -> None:
    assert render_pdf(sample()) != render_pdf(sample(metrics={"detection_lead_min": 4.9}))


def test_members_of_the_docx_are_sorted_and_have_one_date() -> None:
    with zipfile.ZipFile(BytesIO(render_docx(sample()))) as packed:
        names = packed.namelist()
        assert names == sorted(names)
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
