"""Every export is the same bytes, whole, valid by the published schemas and by our own, and of a size."""

import base64
import io
import itertools
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from lxml import etree, html

from domain.courses.content.package import TOO_LARGE_BYTES
from domain.courses.delivery.exports.checker import check_scorm
from domain.courses.delivery.exports.export import export_course_to_lms, export_course_to_pdf, require_exportable
from domain.courses.delivery.exports.pages import Format
from domain.courses.delivery.exports.plan import Plan, direction_of
from domain.kernel.canonical import sha256_hex
from domain.kernel.errors import TooLarge
from tests.courses.exports.packages import hostile, of_size, rich
from tests.courses.small_course import package as small

FORMATS: tuple[Format, ...] = ("scorm12", "scorm2004", "web")
PROGRAM = """
import hashlib
from domain.courses.delivery.exports.export import export_course_to_lms, export_course_to_pdf
from tests.courses.exports.packages import hostile, rich
for package in (rich(), hostile()):
    for form in ("scorm12", "scorm2004", "web"):
        print(hashlib.sha256(export_course_to_lms(package, 3, form)).hexdigest())
    print(hashlib.sha256(export_course_to_pdf(package, 3)).hexdigest())
"""


def unpacked(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_two_processes_give_the_same_bytes() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Pacific/Auckland"))
    ]
    assert told[0] == told[1]
    assert len(told[0].split()) == 8


def test_a_version_is_told_apart_from_another() -> None:
    for form in FORMATS:
        assert export_course_to_lms(rich(), 3, form) != export_course_to_lms(rich(), 4, form)
    assert export_course_to_pdf(rich(), 3) != export_course_to_pdf(rich(), 4)


@pytest.mark.parametrize("form", FORMATS)
def test_entries_are_sorted_undated_and_plain_files(form: Format) -> None:
    with zipfile.ZipFile(io.BytesIO(export_course_to_lms(rich(), 3, form))) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {(entry.create_system, entry.external_attr >> 16) for entry in entries} == {(3, 0o100644)}
    assert all(re.fullmatch(r"[a-z0-9._/]+", entry.filename) for entry in entries)
    assert len({entry.filename.lower() for entry in entries}) == len(entries)


@pytest.mark.parametrize("form", FORMATS)
def test_the_list_of_files_tells_every_byte_and_where_it_comes_from(form: Format) -> None:
    package = rich()
    files = unpacked(export_course_to_lms(package, 3, form))
    listed = json.loads(files["manifest.json"])
    assert listed["version"] == 3
    assert listed["contentHash"] == Plan(package, 3).content_hash
    assert [part["contentHash"] for part in listed["parts"]] == [entry.content_hash for entry in package.manifest]
    beside = {"manifest.json", "imsmanifest.xml", *(name for name in files if name.endswith(".xsd"))}
    assert {one["path"]: (one["sha256"], one["sizeBytes"]) for one in listed["files"]} == {
        name: (sha256_hex(data), len(data)) for name, data in files.items() if name not in beside
    }
    assert {"index.html", *(page.path for page in Plan(package, 3).pages)} <= files.keys()


@pytest.mark.parametrize("make", [rich, hostile, small])
@pytest.mark.parametrize("form", ["scorm12", "scorm2004"])
def test_packages_are_valid_by_the_published_schemas_and_our_checks_find_nothing(
    make: object, form: Format, shared_data: Path
) -> None:
    verdict = check_scorm(export_course_to_lms(make(), 2, form), shared_data / "lms_schemas")  # type: ignore[operator]
    assert verdict.findings == ()
    assert verdict.schema_version == {"scorm12": "1.2", "scorm2004": "2004 4th Edition"}[form]


@pytest.mark.parametrize("make", [rich, hostile, small])
@pytest.mark.parametrize("form", ["scorm12", "scorm2004"])
def test_the_manifest_is_valid_by_the_documents_that_lie_beside_it(make: object, form: Format, tmp_path: Path) -> None:
    files = unpacked(export_course_to_lms(make(), 2, form))  # type: ignore[operator]
    for name, data in files.items():
        if name.endswith(".xsd"):
            (tmp_path / name).write_bytes(data)
    manifest = etree.fromstring(files["imsmanifest.xml"])
    told = manifest.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation").split()
    imports = "".join(
        f'<xs:import namespace="{namespace}" schemaLocation="{(tmp_path / place).as_uri()}"/>'
        for namespace, place in zip(told[::2], told[1::2], strict=True)
    )
    schema = etree.XMLSchema(
        etree.fromstring(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>')
    )
    assert schema.validate(manifest), schema.error_log
    manifest.set("identifier", "1-begins-with-a-digit")
    assert not schema.validate(manifest)


def test_the_organization_is_a_module_an_item_and_a_page_a_leaf() -> None:
    package = rich()
    manifest = etree.fromstring(unpacked(export_course_to_lms(package, 3, "scorm12"))["imsmanifest.xml"])
    names = {"c": "http://www.imsproject.org/xsd/imscp_rootv1p1p2", "a": "http://www.adlnet.org/xsd/adlcp_rootv1p2"}
    modules = manifest.findall("c:organizations/c:organization/c:item", names)
    assert [module.findtext("c:title", namespaces=names) for module in modules] == [m.title for m in package.modules]
    leaves = [
        leaf.findtext("c:title", namespaces=names) for module in modules for leaf in module.findall("c:item", names)
    ]
    assert leaves == [page.title for page in Plan(package, 3).pages]
    assert [score.text for score in manifest.iterfind(".//a:masteryscore", names)] == ["70", "100"]
    kinds = [resource.get(f"{{{names['a']}}}scormtype") for resource in manifest.iterfind(".//c:resource", names)]
    assert (kinds.count("sco"), kinds.count("asset")) == (5, 2)


@pytest.mark.parametrize("form", FORMATS)
def test_no_page_asks_the_network_or_runs_what_is_written_in_it(form: Format) -> None:
    for name, data in unpacked(export_course_to_lms(hostile(), 1, form)).items():
        if not name.endswith(".html"):
            continue
        page = html.document_fromstring(data)
        loaded = [*page.xpath("//@src"), *page.xpath("//link/@href")]
        assert all(re.fullmatch(r"(\.\./)?player/[a-z0-9]+\.(js|css)", place) for place in loaded)
        assert [script for script in page.xpath("//script") if script.text] == []
        assert [name for name in page.xpath("//@*/..") for key in name.attrib if key.startswith("on")] == []
        assert "default-src 'none'" in page.xpath("//meta[@http-equiv]/@content")[0]
        assert data.decode().count("<!doctype html>") == 1


@pytest.mark.parametrize("form", FORMATS)
def test_answers_are_not_plainly_read(form: Format) -> None:
    package = rich()
    files = unpacked(export_course_to_lms(package, 3, form))
    for quiz in package.quizzes:
        for name, data in files.items():
            for question in quiz.questions:
                assert question.explanation.encode() not in data, name
            if name.endswith(".html"):
                assert b"correct" not in data
                assert b"right" not in data
        form_of = html.document_fromstring(files[f"quizzes/{quiz.id}.html"]).xpath("//form")[0]
        mask = itertools.cycle(form_of.get("data-mask").encode())
        plain = bytes(a ^ b for a, b in zip(base64.b64decode(form_of.get("data-answers")), mask, strict=False))
        assert {key: one["right"] for key, one in json.loads(plain).items()} == {
            question.id: question.correct_index for question in quiz.questions
        }


@pytest.mark.parametrize("filler", ["é", "€"])
def test_a_course_of_one_byte_less_than_five_million_is_exported(filler: str) -> None:
    require_exportable(Plan(of_size(TOO_LARGE_BYTES - 1, filler), 1))


@pytest.mark.parametrize("filler", ["é", "€"])
def test_a_course_of_five_million_bytes_is_refused_before_anything_is_made(filler: str) -> None:
    package = of_size(TOO_LARGE_BYTES, filler)
    for export in (export_course_to_pdf, lambda *of: export_course_to_lms(*of, "web")):
        with pytest.raises(TooLarge) as refused:
            export(package, 1)
        assert (refused.value.code, refused.value.status) == ("PACKAGE_TOO_LARGE", 413)
        assert "5,000,000 bytes" in refused.value.detail


def test_letters_of_two_bytes_count_twice() -> None:
    package = of_size(TOO_LARGE_BYTES + 1, "é")
    assert len(Plan(package, 1).text) < TOO_LARGE_BYTES
    with pytest.raises(TooLarge):
        export_course_to_lms(package, 1, "scorm12")


@pytest.mark.parametrize(
    ("language", "direction"),
    [("en", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("az-Arab", "rtl"), ("ur-Latn", "ltr"), ("zh-Hant", "ltr")],
)
def test_the_language_tells_the_direction(language: str, direction: str) -> None:
    assert direction_of(language) == direction
