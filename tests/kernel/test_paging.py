"""Pages of a list: every row once, whatever comes in meanwhile; cursors that were touched are refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from api import limits
from api.app import create_app
from api.deps import TenantSession, allow
from api.paging import LONGEST_CURSOR, By, FieldsDep, Keyset, Page, Paged, PageDep, Row
from domain.kernel.canonical import derived_id
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database
from tests.makers import make_tenant, make_token

START = datetime(2026, 1, 1, tzinfo=UTC)
ORDER = Keyset("test", By("occurred_at", datetime, descending=True), By("event_id", UUID))
router = APIRouter(dependencies=[allow(roles={"OPERATOR"})])


class Seen(Row):
    event_id: UUID
    occurred_at: datetime
    actor_id: str


@router.get("/v1/seen", response_model=Paged[Seen])
def seen(session: TenantSession, page: PageDep, fields: FieldsDep) -> Any:
    after = ORDER.after(page)
    rows = session.execute(
        text(
            "SELECT event_id, occurred_at, actor_id FROM events WHERE event_type = 'test.seen'"
            f" AND {after.condition} ORDER BY {after.order} LIMIT :n"
        ),
        dict(after.values),
    ).mappings()
    return ORDER.page(Seen, rows, page, fields)


def write(numbers: range, tenant: str = "T") -> None:
    """Events of which each three share an instant."""
    with transaction(tenant, DbRole.OWNER) as connection:
        connection.execute(
            text(
                "INSERT INTO events (event_id, event_type, occurred_at, actor_id, actor_role)"
                " VALUES (:id, 'test.seen', :at, :actor, 'X')"
            ),
            [
                {"id": derived_id(tenant, str(n)), "at": START + timedelta(minutes=n // 3), "actor": f"a{n}"}
                for n in numbers
            ],
        )


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    make_tenant("T")
    make_tenant("U")
    write(range(120))
    write(range(7), "U")
    token = make_token("T", "OPERATOR", ttl_s=3600)
    with TestClient(create_app(router), headers={"Authorization": f"Bearer {token}"}) as made:
        yield made
    limits._engine(settings().url(DbRole.APP)).dispose()
    limits._engine.cache_clear()


def walk(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    rows, cursor = [], None
    while True:
        answer = client.get("/v1/seen", params=query | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["counts"] == {"rows": len(told["rows"])}
        rows += told["rows"]
        cursor = told["next_cursor"]
        if cursor is None:
            return rows


@pytest.mark.parametrize("limit", [1, 7, 50, 119, 120, 121, 500])
def test_every_row_comes_once_and_in_order(client: TestClient, limit: int) -> None:
    rows = walk(client, limit=limit)
    want = sorted(rows, key=lambda row: (-datetime.fromisoformat(row["occurred_at"]).timestamp(), row["event_id"]))
    assert rows == want
    assert {row["actor_id"] for row in rows} >= {f"a{n}" for n in range(120)}
    assert len(rows) == len({row["event_id"] for row in rows})


def test_fifty_by_default_and_at_most_five_hundred(client: TestClient) -> None:
    assert len(client.get("/v1/seen").json()["rows"]) == 50
    assert [client.get("/v1/seen", params={"limit": n}).status_code for n in (0, 501, -1)] == [422, 422, 422]
    assert client.get("/v1/seen", params={"limit": 500}).status_code == 200


def test_rows_that_come_in_meanwhile_neither_repeat_nor_hide_others(client: TestClient) -> None:
    first = client.get("/v1/seen", params={"limit": 40}).json()
    write(range(900, 930))  # newer than all that stand: before the first page
    rest: list[dict[str, Any]] = []
    cursor = first["next_cursor"]
    while cursor:
        told = client.get("/v1/seen", params={"limit": 40, "cursor": cursor}).json()
        rest, cursor = rest + told["rows"], told["next_cursor"]
    ids = [row["actor_id"] for row in first["rows"] + rest]
    assert sorted(ids) == sorted(f"a{n}" for n in range(120))


def test_fields_narrow_the_rows_and_unknown_ones_are_422(client: TestClient) -> None:
    told = client.get("/v1/seen", params={"limit": 2, "fields": "actor_id, event_id"}).json()
    assert [list(row) for row in told["rows"]] == [["actor_id", "event_id"]] * 2
    assert told["next_cursor"]
    for wrong in ("tenant_id", "", "actor_id,", "*"):
        answer = client.get("/v1/seen", params={"fields": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "UNKNOWN_FIELD")


def test_a_cursor_that_was_touched_is_refused(client: TestClient) -> None:
    cursor = client.get("/v1/seen", params={"limit": 2}).json()["next_cursor"]
    other = Keyset("other", *ORDER.columns).write({"occurred_at": START, "event_id": derived_id("x")})
    turned = Keyset("test", *ORDER.columns[::-1]).write({"occurred_at": START, "event_id": derived_id("x")})
    touched = [cursor[:n] + ("A" if cursor[n] != "A" else "B") + cursor[n + 1 :] for n in range(len(cursor))]
    for wrong in [*touched, cursor[:-1], cursor[1:], cursor + "A", cursor * 2, other, turned, "x", "=", "é"]:
        answer = client.get("/v1/seen", params={"cursor": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "BAD_CURSOR"), wrong
    assert client.get("/v1/seen", params={"cursor": "x" * (LONGEST_CURSOR + 1)}).status_code == 422


def test_a_cursor_of_one_tenant_shows_another_nothing(client: TestClient) -> None:
    cursor = client.get("/v1/seen", params={"limit": 2}).json()["next_cursor"]
    headers = {"Authorization": f"Bearer {make_token('U', 'OPERATOR')}"}
    rows = client.get("/v1/seen", params={"cursor": cursor}, headers=headers).json()["rows"]
    ours = {str(derived_id("U", str(n))) for n in range(7)}
    assert {row["event_id"] for row in rows} <= ours


@given(st.text(max_size=200))
def test_any_text_is_a_cursor_or_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        ORDER.read(cursor)


COLUMNS = (By("a", int), By("b", str, descending=True), By("c", UUID), By("d", datetime), By("e", bool), By("f", float))


@given(
    st.tuples(
        st.integers(),
        st.text(),
        st.uuids(),
        st.datetimes(timezones=st.just(UTC)),
        st.booleans(),
        st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_a_cursor_reads_back_what_it_was_written_from(values: tuple[Any, ...]) -> None:
    keyset = Keyset("all", *COLUMNS)
    row = dict(zip("abcdef", values, strict=True))
    assert keyset.read(keyset.write(row)) == list(values)


def test_directions_that_differ_are_spelt_out_and_text_is_ordered_by_bytes() -> None:
    order = Keyset("two", By("a", str, descending=True), By("b", int))
    after = order.after(Page(10, order.write({"a": "x", "b": 1})))
    assert after.condition == '((a COLLATE "C" < :after_0) OR (a COLLATE "C" = :after_0 AND b > :after_1))'
    assert after.order == 'a COLLATE "C" DESC, b'
