"""The pages of one visit: each test with its proof, what bars the approval, conflicts settled, reports, the notice."""

import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from domain.kernel.signing import ensure_signing_keys
from domain.stairs.observe.pictures import LONGEST_PX, small_picture
from tests.conftest import Database, application
from tests.makers import make_tenant
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_a_session_over_http import Desk
from tests.stairs.test_evidence_over_http import photo, register, send

PAGE = {"Accept": "text/html"}
PLANNED = {"frequency": "annual", "planned_for": "2026-12-01"}


@pytest.fixture(scope="module")
def desk(module_database: Database) -> Iterator[Desk]:
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    house = SmallHouse(module_database)
    with TestClient(application(), raise_server_exceptions=False) as client:
        yield Desk(client, house)


@pytest.fixture(scope="module")
def rows(desk: Desk) -> list[dict[str, Any]]:
    """Tested: one value too low with its photo, one contradicted, one uneven grid."""
    found = desk.plan()
    by_kind = {row["measurement_type"]: row for row in found}
    low = by_kind["pressure_differential"]
    data = photo()
    evidence_id = register(desk, low, data).json()["evidence_id"]
    assert send(desk, evidence_id, data).status_code == 200
    for row in found:
        desk.test(row, **({"value": "18.2"} if row is low else {}))
    assert desk.test(by_kind["door_opening_force"], value="97.5", who="mia").status_code == 409
    return found


def shown(desk: Desk, path: str, who: str = "rita", status: int = 200) -> str:
    answer = desk.ask(who, "GET", path, headers=PAGE)
    assert answer.status_code == status, answer.text
    return str(answer.text)


def pressed(desk: Desk, path: str, who: str = "rita", **fields: str) -> Any:
    return desk.ask(who, "POST", path, headers=PAGE, data=fields, follow_redirects=False)


def path_of(desk: Desk, rows: list[dict[str, Any]], kind: str) -> str:
    row = next(row for row in rows if row["measurement_type"] == kind)
    return f"/stairs/sessions/{desk.session}/tests/{row['instance_id']}"


def test_a_test_shows_its_proof_and_judges_itself_again(desk: Desk, rows: list[dict[str, Any]]) -> None:
    path = path_of(desk, rows, "pressure_differential")
    page = shown(desk, path)
    for words in ("18.2 Pa does not comply: the limit is 20 to 80 Pa.", "held that day", "bytes as captured"):
        assert words in page
    picture = re.search(r'src="(/stairs/evidence/[^"]+)"', page)
    assert picture is not None
    small = desk.ask("rita", "GET", picture[1])
    assert small.headers["content-type"] == "image/jpeg"
    assert max(Image.open(io.BytesIO(small.content)).size) == LONGEST_PX
    assert "Judged again: the same bytes." in pressed(desk, f"{path}/replay").text
    assert "Nine readings" in shown(desk, path_of(desk, rows, "air_velocity"))
    assert "/countersign/" not in shown(desk, f"/stairs/sessions/{desk.session}")
    assert pressed(desk, f"{path}/retest", "otto").status_code == 403


def test_what_is_no_picture_is_not_drawn_and_a_turned_one_stands_upright() -> None:
    assert small_picture(b"\x89PNG\r\n no picture") is None
    turned = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (800, 600)).save(turned, "JPEG", exif=exif)
    made = small_picture(turned.getvalue())
    assert made is not None
    upright = Image.open(io.BytesIO(made))
    assert (upright.size, upright.getexif()) == ((480, 640), Image.Exif())


def test_what_bars_the_approval_is_told_with_where_it_is_settled(desk: Desk, rows: list[dict[str, Any]]) -> None:
    visit = f"/stairs/sessions/{desk.session}"
    new = desk.ask("tom", "POST", "/api/v1/tests/sessions", PLANNED | {"building_id": str(desk.house.building)}).json()
    untested = shown(desk, f"/stairs/sessions/{new['session_id']}")
    assert "to do</span>" in untested
    first = re.search(rf'href="(/stairs/sessions/{new["session_id"]}/tests/[^"]+)"', untested)
    assert first is not None
    assert "It has not been tested yet." in shown(desk, first[1])
    assert pressed(desk, f"{visit}/submit", "tom").headers["location"] == f"{visit}?done=submitted"
    page = shown(desk, visit)
    assert "2 things stand between this visit and its approval" in page
    assert 'href="?show=contradicted#tests"' in page
    chosen = shown(desk, f"{visit}?show=contradicted")
    path = path_of(desk, rows, "door_opening_force")
    assert path in chosen
    assert path_of(desk, rows, "interface_test") not in chosen
    page = shown(desk, path)
    assert "97.5" in page
    settle = re.search(rf'action="({path}/conflicts/[^"#]+)#', page)
    assert settle is not None
    refused = pressed(desk, settle[1], resolution="kept_first", reason="no")
    assert (refused.status_code, "it needs its reason" in refused.text) == (422, True)
    done = pressed(desk, settle[1], resolution="kept_first", reason="The second gauge was not zeroed.")
    assert done.headers["location"] == f"{path}?done=settled"
    assert "contradicts" not in shown(desk, path)
    assert "1 thing stands between" in shown(desk, visit)


def test_what_cannot_be_carried_out_is_said_taken_up_again_or_left_out_from_its_page(
    desk: Desk,
) -> None:
    made = desk.ask("tom", "POST", "/api/v1/tests/sessions", PLANNED | {"building_id": str(desk.house.building)}).json()
    at = f"/api/v1/tests/sessions/{made['session_id']}/instances"
    row = desk.ask("tom", "GET", at).json()["rows"][0]
    path = f"/stairs/sessions/{made['session_id']}/tests/{row['instance_id']}"
    assert "untested-reason" not in shown(desk, path, "rita"), "who only reviews says nothing of it"
    assert pressed(desk, f"{path}/fail", "rita", reason="The door is locked").status_code == 403
    refused = pressed(desk, f"{path}/fail", "tom", reason="no")
    assert (refused.status_code, "it needs its reason" in refused.text) == (422, True)
    assert ">no</textarea>" in refused.text, "what was typed stands there again"
    assert (
        pressed(desk, f"{path}/fail", "tom", reason="The door is locked").headers["location"] == f"{path}?done=failed"
    )
    page = shown(desk, path, "tom")
    assert "It could not be carried out and waits for another try." in page
    assert "The door is locked" in page
    again = pressed(desk, f"{path}/fail", "tom", reason="The door is still locked")
    assert (again.status_code, "INSTANCE_STATE" in again.text) == (409, True)
    assert pressed(desk, f"{path}/retry", "tom").headers["location"] == f"{path}?done=pending"
    assert desk.ask("tom", "GET", f"{at}/{row['instance_id']}").json()["status"] == "pending"
    pressed(desk, f"{path}/fail", "tom", reason="The fan has no power")
    done = pressed(desk, f"{path}/skip", "tom", reason="The stair is being rebuilt")
    assert done.headers["location"] == f"{path}?done=skipped"
    assert desk.ask("tom", "GET", f"{at}/{row['instance_id']}").json()["status"] == "skipped"
    assert "untested-reason" not in shown(desk, path, "tom"), "what is left out is final"


def test_a_notice_and_a_report_are_written_from_the_page_and_opened(desk: Desk, rows: list[dict[str, Any]]) -> None:
    visit = f"/stairs/sessions/{desk.session}"
    fault = re.search(r'href="(/stairs/faults/[0-9a-f-]+)"', shown(desk, visit))
    assert fault is not None
    page = shown(desk, fault[1])
    assert "Write the notice" in page
    assert path_of(desk, rows, "pressure_differential") in page
    assert pressed(desk, f"{fault[1]}/notice", "tom").headers["location"].startswith("/countersign/")
    assert "Go to its signature" in shown(desk, fault[1], "tom")
    written = pressed(desk, f"{visit}/report", page_size="LETTER")
    assert written.headers["location"] == f"{visit}?done=report#reports"
    file = re.search(r'href="(/stairs/reports/[^"]+edition=draft[^"]+form=pdf)"', shown(desk, visit))
    assert file is not None
    address = unescape(file[1])
    assert desk.ask("rita", "GET", address).content.startswith(b"%PDF")
    assert shown(desk, address.replace("draft", "signed"), status=404)
    house = f"/stairs/buildings/{desk.house.building}"
    period = {"kind": "logbook", "begins_on": "2026-01-01", "ends_on": "2026-12-31"}
    assert pressed(desk, f"{house}/reports", "mia", **period).headers["location"].startswith("/countersign/")
    page = shown(desk, house, "mia")
    for words in ("Logbook", "Notice of a fault", "Report of the visit"):
        assert words in page


def test_a_visit_is_found_by_id_and_a_test_by_its_identifier(desk: Desk, rows: list[dict[str, Any]]) -> None:
    wanted = {desk.session: f"/stairs/sessions/{desk.session}", str(desk.house.building): "/stairs/buildings/"}
    row = rows[0]
    wanted |= {row["instance_id"]: f"/tests/{row['instance_id']}", row["scoped_identifier"]: "/tests/"}
    for asked, place in wanted.items():
        found = desk.ask("rita", "GET", "/search", params={"q": asked}, follow_redirects=False)
        assert place in found.headers.get("location", ""), asked


def test_a_visit_is_given_up_with_a_reason_alone(desk: Desk, rows: list[dict[str, Any]]) -> None:
    visit = f"/stairs/sessions/{desk.session}"
    assert pressed(desk, f"{visit}/void", "mia").status_code == 422
    assert pressed(desk, f"{visit}/void", "mia", reason="The wrong building.").headers["location"].endswith("void")
    assert "The wrong building." in shown(desk, visit)
