"""A chart's CSV is what it draws, and what it draws are the rows."""

import csv
import io
import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.kernel.db import transaction


def test_the_csv_of_a_feeders_loss_equals_the_rows(operator: TestClient) -> None:
    answer = operator.get("/grid/feeders/FEEDER_2?file=loss-over-time-FEEDER_2.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    drawn = list(csv.DictReader(io.StringIO(answer.text)))
    with transaction("T") as connection:
        stored = connection.execute(
            text(
                "SELECT read_at, delivered_kwh::float8, metered_kwh::float8, loss_pct_adj::float8"
                " FROM v_gl_feeder_interval WHERE tenant_id = 'T' AND feeder_id = 'FEEDER_2' ORDER BY read_at DESC"
                " LIMIT 96"
            )
        ).all()[::-1]
    assert [row["read_at"] for row in drawn] == [row.read_at.isoformat() for row in stored]
    assert [float(row["delivered_kwh"]) for row in drawn] == [row.delivered_kwh for row in stored]
    told = {row["read_at"]: row["loss_pct_adj"] for row in drawn if row["loss_status"] == "OK"}
    assert told
    assert told == {
        row.read_at.isoformat(): repr(row.loss_pct_adj) for row in stored if row.read_at.isoformat() in told
    }


@pytest.mark.parametrize(
    "page",
    ["/grid", "/grid?window=24h", "/grid/feeders/FEEDER_2", "/grid/meters", "/grid/meters/M020000", "/grid/events"],
)
def test_every_link_to_a_file_answers(operator: TestClient, page: str) -> None:
    links = re.findall(r'href="(\?[^"]*file=[^"]+)"', operator.get(page).text)
    assert links
    for link in links:
        answer = operator.get(page.split("?")[0] + link.replace("&amp;", "&"))
        assert answer.status_code == 200
        if link.endswith(".png"):
            assert answer.content.startswith(b"\x89PNG")
        else:
            assert answer.text.count("\n") >= 2


@pytest.mark.parametrize("name", ["x.csv", "loss-by-feeder.exe", "loss-by-feeder", "../../etc/passwd"])
def test_a_file_that_the_page_does_not_have_is_not_found(operator: TestClient, name: str) -> None:
    assert operator.get("/grid", params={"file": name}).status_code == 404


def test_the_list_of_meters_is_a_file_with_the_filters_of_the_page(operator: TestClient) -> None:
    page = operator.get("/grid/meters?feeder=FEEDER_2&score=10").text
    (link,) = re.findall(r'href="(/grid/meters\.csv[^"]*)"', page)
    rows = list(csv.DictReader(io.StringIO(operator.get(link.replace("&amp;", "&")).text)))
    assert {row["feeder_id"] for row in rows} == {"FEEDER_2"}
    assert [int(row["rank"]) for row in rows] == sorted(int(row["rank"]) for row in rows)
    assert min(float(row["score"]) for row in rows) >= 10
    assert rows[0]["meter_id"] in page
