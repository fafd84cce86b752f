"""What a person does on the pages: inject, cancel, publish, load. Wrong input stays; nobody else's form counts."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel.db import transaction
from domain.kernel.signing import ensure_signing_keys
from tests.grid.pages.conftest import FIRST, SignIn
from tests.grid.pages.forms import form_to, forms_of, send

THEFT = {"kind": "theft", "feeder": "FEEDER_1", "severity": "70", "minutes": "60", "share": "12", "mode": "scale"}
# Well before everything that is published; the future is refused.
PAST = FIRST - timedelta(days=400)
CSV = "meter_id,read_at,kwh,voltage\n"


def count(table: str, tenant: str = "T") -> int:
    with transaction(tenant) as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_theft_is_injected_and_listed_with_what_it_must_do(operator: TestClient) -> None:
    before = count("ami_events")
    answer = send(operator, "/grid/events", "/grid/events", **THEFT)
    assert answer.status_code == 303  # type: ignore[attr-defined]
    assert count("ami_events") == before + 1
    html = operator.get("/grid/events?done=injected").text
    assert "The event is stored." in html
    assert "Theft of 70\u00a0% on FEEDER_1" in html
    assert "not yet seen" in html
    assert "(1 - lambda) * s * q" in html
    with transaction("T") as connection:
        row = connection.execute(
            text("SELECT actor_role FROM events WHERE event_type = 'grid.ami.theft.injected' ORDER BY seq DESC LIMIT 1")
        ).one()
    assert row.actor_role == "OPERATOR"


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("severity", "900", "Give a number from 1 to 100 percent."),
        ("severity", "", "Give a number from 1 to 100 percent."),
        ("minutes", "nan", "Give a number from 15 to 86,400 minutes."),
        ("share", "1e9", "Give a number from 1 to 100 percent."),
        ("feeder", "", "Choose a feeder."),
        ("feeder", "FEEDER_99", "unknown feeder"),
        ("kind", "fire", "Choose one of the three."),
        ("mode", "magic", "Choose one of the four."),
    ],
)
def test_a_wrong_field_is_told_at_the_field_and_the_rest_is_kept(
    operator: TestClient, field: str, typed: str, says: str
) -> None:
    before = count("ami_events")
    answer = send(operator, "/grid/events", "/grid/events", **THEFT | {"minutes": "77"} | {field: typed})
    assert answer.status_code == 422  # type: ignore[attr-defined]
    html = answer.text  # type: ignore[attr-defined]
    assert re.search(rf'id="e-{field}">{re.escape(says)}<', html)
    form = form_to(html, "/grid/events")
    if field not in {"minutes"}:
        assert form.values["minutes"] == "77"
    if field in {"severity", "minutes", "share"}:
        assert form.values[field] == typed
    assert count("ami_events") == before


@pytest.mark.parametrize("action", ["/grid/events", "/grid/events/publish", "/sign-out", "/grid/reads"])
@pytest.mark.parametrize("token", [None, "", "0" * 64, "ü"])
def test_a_form_without_this_sessions_token_does_nothing(operator: TestClient, action: str, token: str | None) -> None:
    before = count("ami_events"), count("read_batches")
    data = THEFT if token is None else THEFT | {"form_token": token}
    answer = operator.post(action, data=data, follow_redirects=False)
    assert answer.status_code == 403
    assert "FORM_TOKEN" in answer.text
    assert (count("ami_events"), count("read_batches")) == before
    assert operator.get("/grid/reads").status_code == 200


def test_another_persons_form_token_does_not_count(operator: TestClient, sign_in: SignIn) -> None:
    other = form_to(sign_in("ADMIN").get("/grid/events").text, "/grid/events").values["form_token"]
    assert operator.post("/grid/events", data=THEFT | {"form_token": other}).status_code == 403


def test_a_reader_sees_no_form_and_cannot_send_one(auditor: TestClient) -> None:
    html = auditor.get("/grid/events").text
    assert [form.action for form in forms_of(html)] == ["/search", "/sign-out"]
    token = forms_of(html)[1].values["form_token"]
    answer = auditor.post("/grid/events", data=THEFT | {"form_token": token})
    assert answer.status_code == 403
    assert "OPERATOR" in answer.text
    assert "name=&#34;file&#34;" not in auditor.get("/grid/reads").text


def test_nothing_is_injected_for_a_utilitys_own_reads(sign_in: SignIn) -> None:
    real = sign_in("OPERATOR", tenant="R")
    html = real.get("/grid/events").text
    assert "demo tenants only" in html
    token = next(f for f in forms_of(html) if f.action == "/sign-out").values["form_token"]
    answer = real.post("/grid/events", data=THEFT | {"form_token": token})
    assert answer.status_code == 403
    assert "EMULATOR_REFUSED" in answer.text


@pytest.mark.parametrize("odd", ["%00", "a%00b", "%ff%fe", "not-an-id", "%F0%9F%92%A9", "x" * 3000])
def test_an_event_id_that_is_none_is_told_as_a_page(operator: TestClient, odd: str) -> None:
    token = form_to(operator.get("/grid/events").text, "/grid/events").values["form_token"]
    answer = operator.post(f"/grid/events/{odd}/cancel", data={"form_token": token}, headers={"accept": "text/html"})
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"].startswith("text/html")
    assert "NUL" not in answer.text


def test_an_event_is_cancelled_once(operator: TestClient) -> None:
    send(operator, "/grid/events", "/grid/events", **THEFT | {"kind": "voltage_sag", "feeder": "FEEDER_3"})
    html = operator.get("/grid/events").text
    cancels = [form for form in forms_of(html) if form.action.endswith("/cancel")]
    assert cancels
    answer = operator.post(cancels[0].action, data=cancels[0].values, follow_redirects=False)
    assert answer.status_code == 303
    assert "cancelled" in operator.get("/grid/events").text
    again = operator.post(cancels[0].action, data=cancels[0].values)
    assert again.status_code == 404


@pytest.mark.parametrize("event", ["nothing", "00000000-0000-0000-0000-000000000000"])
def test_an_event_that_is_not_there_is_not_found(operator: TestClient, event: str) -> None:
    token = form_to(operator.get("/grid/events").text, "/grid/events").values["form_token"]
    answer = operator.post(f"/grid/events/{event}/cancel", data={"form_token": token})
    assert answer.status_code in {404, 422}


def test_windows_are_published_by_form_after_the_last_that_stands(sign_in: SignIn) -> None:
    browser = sign_in("OPERATOR", tenant="U")
    for windows, standing in (("1", 1), ("4", 5)):
        answer = send(browser, "/grid/events", "/grid/events/publish", windows=windows)
        assert answer.status_code == 303  # type: ignore[attr-defined]
        assert count("read_batches", "U") == standing


def rows(meter: str = "M030000", wrong: str = "") -> bytes:
    first = PAST
    moments = [(first + timedelta(minutes=15 * k)).isoformat() for k in range(1, 9)]
    return (CSV + "".join(f"{meter},{moment},0.25,121.0\n" for moment in moments) + wrong).encode()


def upload(browser: TestClient, content: bytes, name: str = "reads.csv", **typed: str) -> object:
    form = form_to(browser.get("/grid/reads").text, "/grid/reads")
    return browser.post("/grid/reads", data=form.values | typed, files={"file": (name, content, "text/csv")})


def test_a_file_is_loaded_and_its_bad_rows_can_be_fetched(operator: TestClient, sign_in: SignIn) -> None:
    moment = (PAST + timedelta(hours=3)).isoformat()
    content = rows(wrong=f"NOBODY,{moment},1.0,120\n")
    answer = upload(operator, content)
    html = answer.text  # type: ignore[attr-defined]
    assert answer.status_code == 200  # type: ignore[attr-defined]
    assert "The file is loaded" in html
    assert "NOBODY" in html
    link = re.findall(r'href="(/grid/reads/rejects/[0-9a-f]{64})"', html)[0]
    fetched = operator.get(link)
    assert fetched.headers["content-type"].startswith("text/csv")
    assert "NOBODY" in fetched.text
    assert sign_in("OPERATOR", tenant="U").get(link).status_code == 404
    again = upload(operator, content)
    assert "was loaded before" in again.text  # type: ignore[attr-defined]


def test_a_dry_run_stores_nothing(operator: TestClient) -> None:
    before = count("read_batches")
    answer = upload(operator, rows("M030001"), dry_run="yes")
    assert "nothing was stored" in answer.text  # type: ignore[attr-defined]
    assert count("read_batches") == before


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"a,b\n1,2\n", b"<?xml version='1.0'?><x/>"])
def test_a_file_that_makes_no_sense_is_told_at_the_form(operator: TestClient, content: bytes) -> None:
    answer = upload(operator, content, "strange.csv")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert 'class="error-box"' in answer.text  # type: ignore[attr-defined]


STRANGE = b"Zaehler;Wann;Verbrauch\nM030002;01.11.2025 08:15;0,25\nM030002;01.11.2025 08:30;0,25\n"
MAPPED = {
    "columns": "Zaehler=meter_id\r\n\r\n Wann=start\r\nVerbrauch=kwh",
    "zone": "Europe/Berlin",
    "interval_minutes": "15",
    "date_order": "dmy",
}


def test_a_file_with_other_column_names_is_read_by_the_mapping_that_was_typed(operator: TestClient) -> None:
    refused = upload(operator, STRANGE)
    assert refused.status_code == 422  # type: ignore[attr-defined]
    assert "The file has other column names" in refused.text  # type: ignore[attr-defined]
    answer = upload(operator, STRANGE, dry_run="yes", **MAPPED)
    assert answer.status_code == 200, answer.text  # type: ignore[attr-defined]
    assert "The file is checked" in answer.text  # type: ignore[attr-defined]
    # Quarter past to a quarter to nine in Berlin is five hours earlier in the tenant's New York, on that one night.
    assert "read as csv, Sat 1 Nov 03:15 to 03:45 EDT" in re.sub(r"\s+|<[^>]+>", " ", answer.text).replace("  ", " ")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "wrong", [{"columns": "Zaehler"}, {"interval_minutes": "7"}, {"interval_minutes": "x"}, {"zone": "Mars/Base"}]
)
def test_a_mapping_that_makes_no_sense_is_told_and_what_was_typed_stays(
    operator: TestClient, wrong: dict[str, str]
) -> None:
    answer = upload(operator, STRANGE, **(MAPPED | wrong))
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert 'class="error-box"' in answer.text  # type: ignore[attr-defined]
    assert '<details class="whole" open>' in answer.text  # type: ignore[attr-defined]


def test_two_files_in_one_upload_are_refused_and_neither_is_loaded(operator: TestClient) -> None:
    before = count("read_batches")
    form = form_to(operator.get("/grid/reads").text, "/grid/reads")
    files = [("file", (f"{meter}.csv", rows(meter), "text/csv")) for meter in ("M030001", "M030002")]
    answer = operator.post("/grid/reads", data=form.values, files=files)
    assert answer.status_code == 422
    assert "2 files were sent, nothing of them was taken" in answer.text
    assert count("read_batches") == before


def test_no_file_is_told_at_the_form(operator: TestClient) -> None:
    answer = send(operator, "/grid/reads", "/grid/reads")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "No file was sent." in answer.text  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["x", "0" * 63, "%2e%2e%2fsecrets", "0" * 64])
def test_no_other_file_can_be_fetched(operator: TestClient, name: str) -> None:
    assert operator.get(f"/grid/reads/rejects/{name}").status_code == 404


def test_meters_are_sent_to_inspection_by_form_and_signed_by_somebody_else(
    operator: TestClient, sign_in: SignIn
) -> None:
    ensure_signing_keys()
    page = operator.get("/grid/meters?score=0")
    assert "Send to inspection" in page.text
    answer = send(operator, "/grid/meters?score=0", "/grid/meters/inspect")
    assert answer.status_code == 303  # type: ignore[attr-defined]
    address = answer.headers["location"]  # type: ignore[attr-defined]
    shown = operator.get(address).text
    assert "Inspect 10 meters" in shown
    assert ">Countersign</button>" not in shown
    reviewer = sign_in("REVIEWER")
    form = form_to(reviewer.get(address).text, "")
    signed = reviewer.post(f"{address}/approve", data=form.values, follow_redirects=False)
    assert signed.headers["location"] == f"{address}?done=signed"
    assert "Countersigned by" in reviewer.get(address).text


def test_whoever_only_reads_is_not_offered_an_inspection(auditor: TestClient) -> None:
    assert "Send to inspection" not in auditor.get("/grid/meters?score=0").text
    assert auditor.post("/grid/meters/inspect").status_code == 403
