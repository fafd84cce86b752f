"""The reports of FireMode: the same bytes always, every number from the content, and nothing claimed of a standard."""

import hashlib
import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from pypdf import PdfReader

from domain.kernel.advisory import SENTENCES
from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.report.brand import Brand, ReportOptions
from domain.kernel.report.editions import DRAFT_MARK
from domain.stairs.report.compose import compose
from domain.stairs.report.editions import render
from domain.stairs.report.identity import Report, read_content, report_hash, signed_content
from domain.stairs.report.sections.cover import kpis
from domain.stairs.rules.report_content import SessionReport
from tests.conftest import ROOT
from tests.grid.outages.report.reading import pages, plain
from tests.stairs.report.sample import notice, period, session, signature_of

BRAND, OPTIONS = Brand(), ReportOptions(language="en-GB")
EVERY: list[Report] = [session(), period("logbook"), period("yearly_statement"), notice()]
IDS = ["session", "logbook", "yearly", "notice"]


@pytest.fixture(scope="module")
def draft() -> bytes:
    return render(session(), BRAND, OPTIONS)["pdf"]


@pytest.fixture(scope="module")
def signed() -> bytes:
    return render(session(), BRAND, OPTIONS, signature_of(session(), BRAND, OPTIONS))["pdf"]


def digest() -> str:
    whole = hashlib.sha256()
    for one in EVERY:
        for data in render(one, BRAND, OPTIONS).values():
            whole.update(data)
    whole.update(render(session(), BRAND, OPTIONS, signature_of(session(), BRAND, OPTIONS))["pdf"])
    return whole.hexdigest()


def test_the_same_content_is_the_same_bytes_in_another_process() -> None:
    code = "from tests.stairs.report.test_report import digest; print(digest())"
    surroundings = {"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1"}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=os.environ | surroundings,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == digest()


def test_every_page_has_the_sentences_its_number_and_what_identifies_it(draft: bytes, signed: bytes) -> None:
    for made in (draft, signed):
        told = pages(made)
        for number, text in enumerate(told, start=1):
            assert all(sentence in text for sentence in SENTENCES)
            assert f"Page {number} of {len(told)}" in text
            assert session().visit.session_id in text
            assert report_hash(session(), BRAND, OPTIONS) in text


def test_a_draft_says_so_on_each_page_and_a_signed_edition_nowhere(draft: bytes, signed: bytes) -> None:
    assert all(DRAFT_MARK in text for text in pages(draft))
    assert not any("DRAFT" in text for text in pages(signed))


def test_the_cover_has_every_number_of_the_row(draft: bytes) -> None:
    cover = pages(draft)[0]
    for kpi in kpis(session()).items:
        assert plain(kpi.label) in cover
        assert plain(kpi.value) in cover
        assert plain(kpi.delta) in cover


def test_every_test_stands_in_the_report_with_its_evaluation_and_hashes(draft: bytes) -> None:
    whole = " ".join(pages(draft))
    assert len(session().instances) == 168
    for one in session().instances:
        assert one.identifier in whole
        assert one.evaluation is not None
        assert one.evaluation.evaluation_id in whole
        assert one.evaluation.inputs_sha256 in whole
        assert one.evaluation.outputs_sha256 in whole
    for file in session().evidence:
        assert file.sha256 is not None
        assert file.sha256 in whole


def test_a_finding_that_nobody_reviewed_says_so(draft: bytes) -> None:
    whole = " ".join(pages(draft))
    assert "machine finding, not yet reviewed" in whole
    assert "confirmed by Morgan Ellis" in whole
    assert "in writing by 4 Feb 2026 10:15 AEDT" in whole


def test_ruleset_and_reference_stand_apart_and_an_unverified_source_is_called_so(draft: bytes) -> None:
    whole = " ".join(pages(draft))
    assert "AS1851-2024-v1.3, since 2024-01-01" in whole
    assert "source not verified" in whole
    assert "does not state that the standard says so" in whole


def test_an_instrument_without_a_certificate_on_the_day_is_called_so(draft: bytes) -> None:
    whole = " ".join(pages(draft))
    assert "none for these days" in whole
    assert "NOT VALID" in whole


def test_the_signature_page_names_signer_meaning_content_and_key(signed: bytes) -> None:
    signature, last = signature_of(session(), BRAND, OPTIONS), pages(signed)[-1]
    for words in (
        signature.signer,
        signature.meaning,
        signature.content_hash,
        signature.key_id,
        "2026-02-06 01:00:00Z",
    ):
        assert words in last


def test_fonts_are_embedded_and_the_file_has_title_language_bookmarks_and_tags(draft: bytes) -> None:
    reader = PdfReader(io.BytesIO(draft))
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            assert "/FontFile2" in font.get_object()["/FontDescriptor"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Stair pressurisation test report, Pilot Building 123"
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert str(root["/MarkInfo"]["/Marked"]) == "True"
    top = [str(item["/Title"]) for item in reader.outline if not isinstance(item, list)]
    assert [title.split(" ", 1)[0] for title in top] == [str(number) for number in range(1, 10)]


def test_the_json_is_what_is_signed_and_reads_back() -> None:
    made = json.loads(render(session(), BRAND, OPTIONS)["json"])
    assert content_hash(made) == report_hash(session(), BRAND, OPTIONS)
    assert read_content(made) == (session(), BRAND, OPTIONS)
    assert read_content(signed_content(period(), BRAND, OPTIONS))[0] == period()


def test_a_signature_of_other_content_makes_no_signed_edition() -> None:
    signature = signature_of(session(), BRAND, OPTIONS)
    with pytest.raises(Conflict, match="signature is of content"):
        render(session(tenant_name="Another"), BRAND, OPTIONS, signature)
    with pytest.raises(Invalid, match="no signature"):
        compose(session(), BRAND, OPTIONS, "signed", None)


@pytest.mark.parametrize("report", EVERY, ids=IDS)
def test_a_changed_number_is_another_content(report: Report) -> None:
    changed = report.model_copy(update={"as_of": "2027-01-01T00:00:00+00:00"})
    assert report_hash(changed, BRAND, OPTIONS) != report_hash(report, BRAND, OPTIONS)


def test_the_logbook_counts_visits_and_names_what_was_missed() -> None:
    whole = " ".join(pages(render(period(), BRAND, OPTIONS)["pdf"]))
    assert "Monthly test: 10 of 12 due visits are approved" in whole
    assert "98.5 % comply" in whole
    for visit in period().visits:
        assert visit.content_hash is not None
        assert visit.content_hash[:20] in whole


def test_a_statement_is_data_and_says_that_a_person_decides_the_form() -> None:
    whole = " ".join(pages(render(period("yearly_statement"), BRAND, OPTIONS)["pdf"]))
    assert "the person who signs decides" in whole


@pytest.mark.parametrize("place", range(4))
def test_a_notice_names_finding_action_clock_and_who_stands_behind_it(place: int) -> None:
    told = notice(place)
    whole = " ".join(pages(render(told, BRAND, OPTIONS)["pdf"]))
    assert plain(told.fault.description) in whole
    assert told.fault.action_required is not None
    assert told.fault.action_required in whole
    assert "4 Feb 2026 10:15 AEDT" in whole
    assert ("not yet reviewed" in whole) == (told.fault.review_state == "proposed")
    assert "source not verified" in whole


HOSTILE = "<b>A&B</b> \u202eevil\u202c 漢字 " + "W" * 90


@pytest.mark.parametrize("size", ["A4", "LETTER"])
def test_an_empty_session_and_hostile_names_make_a_report_all_the_same(size: str) -> None:
    told = session()
    bare = SessionReport(
        tenant_name=HOSTILE,
        as_of=told.as_of,
        building=told.building.model_copy(update={"name": HOSTILE, "address": HOSTILE, "time_zone": "No/Where"}),
        visit=told.visit.model_copy(update={"status": "draft", "technicians": [], "approved_at": None}),
        instances=[],
    )
    options = ReportOptions.model_validate({"page_size": size})
    told_pages = pages(render(bare, BRAND, options)["pdf"])
    assert "Nothing was tested." in " ".join(told_pages)
    assert "<b>A&B</b>" in told_pages[0]
    faults = [one.model_copy(update={"description": HOSTILE, "review_reason": HOSTILE}) for one in told.faults]
    instances = [
        one.model_copy(update={"stair": HOSTILE, "place": HOSTILE, "identifier": HOSTILE})
        for one in told.instances[::6]
    ]
    full = session(faults=faults, instances=instances)
    assert len(pages(render(full, BRAND, options)["pdf"])) > 8
