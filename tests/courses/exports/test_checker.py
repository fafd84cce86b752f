"""The judge of SCORM packages: the control packages, one planted fault after another, and files made to do harm."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.main import countersign
from domain.courses.delivery.exports.archive import zip_of
from domain.courses.delivery.exports.checker import check_scorm
from domain.courses.delivery.exports.checking.findings import Limits
from domain.courses.delivery.exports.export import export_course_to_lms
from domain.kernel.errors import NotConfigured
from tests.courses.exports.packages import rich

MANIFEST = "imsmanifest.xml"
Change = Callable[[dict[str, bytes]], object]
PACKAGE = export_course_to_lms(rich(), 3, "scorm12")


def files(package: bytes = PACKAGE) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def replaced(old: str, new: str, count: int = 1) -> Change:
    def change(of: dict[str, bytes]) -> None:
        assert old.encode() in of[MANIFEST]
        of[MANIFEST] = of[MANIFEST].replace(old.encode(), new.encode(), count)

    return change


def codes(package: bytes, severity: str = "error") -> set[str]:
    return {finding.code for finding in check_scorm(package).findings if finding.severity == severity}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("RuntimeMinimumCalls_SCORM12-mini.zip", set()),
        ("RuntimeBasicCalls_SCORM20043rdEdition.zip", set()),
        ("badscorm.zip", {"MANIFEST_NOT_AT_ROOT"}),
        ("singlescobasic_missingorg.zip", {"NO_ORGANIZATION"}),
        ("invalid.zip", {"MANIFEST_MISSING"}),
        ("validscorm.zip", {"MANIFEST_NOT_XML"}),
    ],
)
def test_the_control_packages_are_judged_rightly(name: str, said: set[str], shared_data: Path) -> None:
    verdict = check_scorm((shared_data / "scorm_fixtures" / name).read_bytes(), shared_data / "lms_schemas")
    assert {finding.code for finding in verdict.errors} == said
    assert verdict.is_good == (not said)


def test_our_own_package_has_nothing_to_find() -> None:
    for form in ("scorm12", "scorm2004"):
        assert check_scorm(export_course_to_lms(rich(), 3, form)).findings == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (replaced('default="ORG-1"', 'default="ORG-2"'), "DEFAULT_ORGANIZATION_MISSING"),
        (replaced('identifierref="RES-m01l02"', 'identifierref="RES-none"'), "DANGLING_REFERENCE"),
        (replaced('<dependency identifierref="RES-shared"/>', '<dependency identifierref="x"/>'), "DANGLING_REFERENCE"),
        (replaced(' href="lessons/m01l01.html"', ""), "SCO_WITHOUT_HREF"),
        (replaced("<title>Minutes and customers</title>", ""), "TITLE_MISSING"),
        (replaced("<title>Minutes and customers</title>", "<title>  </title>"), "TITLE_MISSING"),
        (replaced('identifier="RES-m01l02"', 'identifier="RES-m01l01"'), "DUPLICATE_IDENTIFIER"),
        (replaced('adlcp:scormtype="sco" ', ""), "SCORM_TYPE_MISSING"),
        (replaced("<schemaversion>1.2<", "<schemaversion>2004 4th Edition<"), "EDITION_UNCLEAR"),
        (replaced("xsd/imscp_rootv1p1p2", "xsd/imscp_rootv9", 99), "EDITION_UNKNOWN"),
        (replaced('href="lessons/m01l02.html"', 'href="../m01l02.html"', 9), "UNSAFE_PATH"),
        (replaced('href="lessons/m01l02.html"', 'href="lessons/M01l02.html"', 9), "FILE_CASE"),
        (replaced("</manifest>", ""), "MANIFEST_NOT_XML"),
        (replaced("<manifest", "<!DOCTYPE manifest SYSTEM 'file:///etc/passwd'><manifest"), "MANIFEST_DTD"),
        (lambda of: of.pop("lessons/m01l02.html"), "FILE_MISSING"),
        (lambda of: of.pop(MANIFEST), "MANIFEST_MISSING"),
        (lambda of: of.update({f"course/{MANIFEST}": of.pop(MANIFEST)}), "MANIFEST_NOT_AT_ROOT"),
        (lambda of: of.update({"IMSMANIFEST.XML": of.pop(MANIFEST)}), "MANIFEST_NOT_AT_ROOT"),
        (lambda of: of.update({"lessons/M01L01.html": b""}), "CASE_CLASH"),
        (lambda of: of.update({"lessons": b""}), "CASE_CLASH"),
        (lambda of: of.update({"../outside.html": b""}), "UNSAFE_PATH"),
        (lambda of: of.update({"/etc/cron.d/x": b""}), "UNSAFE_PATH"),
        (lambda of: of.update({"a\\b.html": b""}), "UNSAFE_PATH"),
        (lambda of: of.update({"C:/b.html": b""}), "UNSAFE_PATH"),
        (lambda of: of.update({"a/./b.html": b""}), "UNSAFE_PATH"),
        (lambda of: of.update({"a\u202eb.html": b""}), "UNSAFE_PATH"),
    ],
)
def test_a_planted_fault_is_an_error(change: Change, code: str) -> None:
    changed = files()
    change(changed)
    assert code in codes(zip_of(changed))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (replaced(' default="ORG-1"', ""), "DEFAULT_ORGANIZATION_MISSING"),
        (replaced(' identifierref="RES-m01l02"', ""), "ITEM_WITHOUT_RESOURCE"),
        (replaced('href="lessons/m01l02.html"', 'href="https://e.org/x.html"', 9), "EXTERNAL"),
        (lambda of: of.update({"extra.html": b""}), "FILE_UNLISTED"),
        (lambda of: of.pop("adlcp_rootv1p2.xsd"), "CONTROL_DOCUMENT_MISSING"),
        (lambda of: of.update({"lessons/übung.html": b""}), "NAME_NOT_ASCII"),
    ],
)
def test_what_many_an_lms_lives_with_is_a_warning(change: Change, code: str) -> None:
    changed = files()
    change(changed)
    assert code in codes(zip_of(changed), "warning")
    assert code not in codes(zip_of(changed))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('identifier="CS-', 'identifier="1-'),
        ("adlcp:scormtype", "adlcp:scormType"),
        ("<schemaversion>1.2</schemaversion>", "<schemaversion>1.2</schemaversion><schema>twice</schema>"),
        ("<resources>", "<nothing/><resources>"),
    ],
)
def test_what_the_schemas_see_is_told_with_its_line(old: str, new: str, shared_data: Path) -> None:
    changed = files()
    replaced(old, new)(changed)
    verdict = check_scorm(zip_of(changed), shared_data / "lms_schemas")
    told = [finding for finding in verdict.errors if finding.code == "SCHEMA_INVALID"]
    assert told
    assert "line" in told[0].where
    assert verdict.is_schema_checked


def test_an_xml_base_stands_before_the_paths_beneath_it() -> None:
    changed = files()
    changed[MANIFEST] = changed[MANIFEST].replace(b"<resources>", b'<resources xml:base="course/">')
    moved = {name if name == MANIFEST or name.endswith(".xsd") else f"course/{name}": d for name, d in changed.items()}
    assert check_scorm(zip_of(moved)).findings == ()


def test_a_path_may_be_escaped_and_carry_parameters() -> None:
    changed = files()
    changed["lessons/a b.html"] = changed.pop("lessons/m01l02.html")
    replaced("lessons/m01l02.html", "lessons/a%20b.html?start=1#top", 9)(changed)
    assert check_scorm(zip_of(changed)).is_good


def with_entry(name: str, data: bytes, **attributes: object) -> bytes:
    into = io.BytesIO(PACKAGE)
    with zipfile.ZipFile(into, "a", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        for key, value in attributes.items():
            setattr(entry, key, value)
        archive.writestr(entry, data)
    return into.getvalue()


def test_a_bomb_is_refused_without_unpacking_it() -> None:
    assert codes(with_entry("bomb.html", b"0" * 50_000_000)) == {"ZIP_BOMB"}
    assert codes(with_entry("a.html", b"0" * 3_000)) == set()


def test_entries_that_share_their_bytes_are_refused() -> None:
    """One file named many times in the directory: small to send, large to unpack."""
    inside = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"0" * 200_000
    packed = inside.compress(data) + inside.flush()
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, zlib.crc32(data), len(packed), len(data), 1, 0) + b"a"
    entries = b"".join(
        struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 33, zlib.crc32(data), len(packed), len(data), 4, 0, 0, 0, 0, 0, 0
        )
        + f"{number:04d}".encode()
        for number in range(2_000)
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2_000, 2_000, len(entries), len(local) + len(packed), 0)
    assert "ZIP_BOMB" in codes(local + packed + entries + end)


def test_sizes_have_limits() -> None:
    assert {f.code for f in check_scorm(PACKAGE, limits=Limits(packed_bytes=1_000)).errors} == {"TOO_LARGE"}
    assert {f.code for f in check_scorm(PACKAGE, limits=Limits(unpacked_bytes=1_000)).errors} == {"TOO_LARGE"}
    assert {f.code for f in check_scorm(PACKAGE, limits=Limits(files=3)).errors} == {"TOO_MANY_FILES"}
    assert {f.code for f in check_scorm(PACKAGE, limits=Limits(directory_bytes=100)).errors} == {"TOO_MANY_FILES"}
    assert {f.code for f in check_scorm(PACKAGE, limits=Limits(manifest_bytes=100)).errors} == {"TOO_LARGE"}


def test_links_and_secrets_are_refused() -> None:
    assert codes(with_entry("link.html", b"/etc/passwd", create_system=3, external_attr=0o120777 << 16)) == {
        "UNSAFE_PATH"
    }
    encrypted = bytearray(PACKAGE)
    directory = encrypted.index(b"PK\x01\x02")
    encrypted[directory + 8] |= 1
    assert "ENCRYPTED" in codes(bytes(encrypted))


def test_a_name_that_stands_twice_is_refused() -> None:
    into = io.BytesIO(PACKAGE)
    with zipfile.ZipFile(into, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("index.html", "another")
    assert codes(into.getvalue()) == {"DUPLICATE_NAME"}


def test_other_methods_are_refused_without_unpacking() -> None:
    into = io.BytesIO(PACKAGE)
    with zipfile.ZipFile(into, "a") as archive:
        archive.writestr("extra.html", "0" * 1_000, zipfile.ZIP_BZIP2)
    assert codes(into.getvalue()) == {"METHOD"}


def test_a_manifest_that_grows_on_reading_is_refused() -> None:
    changed = files()
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 50}">' for n in range(12))
    changed[MANIFEST] = f"<!DOCTYPE manifest [{entities}]><manifest>&e11;</manifest>".encode()
    assert codes(zip_of(changed)) & {"MANIFEST_DTD", "MANIFEST_NOT_XML"}
    changed[MANIFEST] = b"<a>" * 100_000
    assert codes(zip_of(changed)) == {"MANIFEST_NOT_XML"}


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + b"\x00" * 18, PACKAGE[:-30], PACKAGE[200:]]
)
def test_what_is_no_zip_is_told(data: bytes) -> None:
    assert codes(data) & {"NOT_A_ZIP", "MANIFEST_MISSING", "BROKEN_FILE"}


def test_a_zip64_is_refused() -> None:
    end = PACKAGE.rindex(b"PK\x05\x06")
    assert codes(PACKAGE[:end] + b"PK\x06\x07" + b"\x00" * 16 + PACKAGE[end:]) == {"ZIP64"}


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_broken_file_breaks_the_judge(data: st.DataObject) -> None:
    broken = bytearray(PACKAGE)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(broken) - 1) | st.integers(len(broken) - 1_500, len(broken) - 1))
        broken[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 40))
    json.dumps(check_scorm(bytes(broken[: len(broken) - cut])).as_json())


@given(st.binary(max_size=400))
def test_no_manifest_breaks_the_judge(manifest: bytes) -> None:
    json.dumps(check_scorm(zip_of({MANIFEST: manifest})).as_json())


def test_schemas_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="was not checked against schemas"):
        check_scorm(PACKAGE, tmp_path)


def test_the_command_judges_a_file(tmp_path: Path, shared_data: Path) -> None:
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(PACKAGE)
    changed = files()
    replaced('default="ORG-1"', 'default="ORG-2"')(changed)
    bad.write_bytes(zip_of(changed))
    run = CliRunner().invoke(countersign, ["verify", "scorm", str(good), "--schemas", str(shared_data / "lms_schemas")])
    assert run.exit_code == 0
    assert run.output.startswith("good.zip: SCORM 1.2, 17 files, valid by the schemas given: can be imported.")
    run = CliRunner().invoke(countersign, ["verify", "scorm", str(bad)])
    assert run.exit_code == 1
    assert "DEFAULT_ORGANIZATION_MISSING" in run.output
    run = CliRunner().invoke(countersign, ["verify", "scorm", str(bad), "--json"])
    assert run.exit_code == 1
    assert json.loads(run.output)["status"] == "refused"
