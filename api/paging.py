"""Lists in pages: keyset pagination with `limit`, `cursor` and `next_cursor`, and `fields=` for narrow answers.

A page goes on where the former one ended, by the values of its last row; rows that come in meanwhile neither repeat nor
hide others. To page a list:

    ORDER = Keyset("proposals", By("created_at", datetime, descending=True), By("proposal_id", UUID))

    class ProposalRow(Row):
        proposal_id: UUID
        created_at: datetime
        summary: str

    @router.get("/v1/proposals", dependencies=[LOOKS], response_model=Paged[ProposalRow])
    def proposals(session: TenantSession, page: PageDep, fields: FieldsDep) -> Response | Paged[ProposalRow]:
        after = ORDER.after(page)
        rows = session.execute(
            text(f"SELECT ... FROM proposals WHERE kind = :kind AND {after.condition} ORDER BY {after.order} LIMIT :n"),
            {"kind": kind, **after.values},
        ).mappings()
        return ORDER.page(ProposalRow, rows, page, fields)

The columns of a keyset are NOT NULL and end with one that is unique within the tenant; an index on them, after the
tenant, makes each page as cheap as the first. `:n` is one more than the page holds, which tells whether another
follows. A cursor is opaque: the list's name and the last row's values, with a checksum over both, so that one that was
changed, cut or taken from another list is refused instead of misunderstood. It opens nothing: the rows are those that
the caller may see, whatever it says.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from domain.kernel.errors import Invalid

DEFAULT_LIMIT, MOST = 50, 500
LONGEST_CURSOR = 1000
CHECK_BYTES = 8
Value = str | int | float | bool | date | datetime | UUID


def _nothing_required(schema: dict[str, Any]) -> None:
    """With `fields=` a row holds what was asked for alone."""
    schema.pop("required", None)


class Row(BaseModel):
    """One flat row of a list; with `fields=` only the named members are there."""

    model_config = ConfigDict(json_schema_extra=_nothing_required)


RowT = TypeVar("RowT", bound=Row)


class Paged(BaseModel, Generic[RowT]):
    """One page of a list."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int] = Field(description="How many rows this page holds.", examples=[{"rows": 50}])
    rows: list[RowT]
    next_cursor: str | None = Field(None, description="Send it as `cursor` for the next page; null at the end.")


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


def asked_page(
    limit: Annotated[int, Query(ge=1, le=MOST, description="Rows a page holds at most.")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=LONGEST_CURSOR, description="`next_cursor` of the page before.")
    ] = None,
) -> Page:
    """The page that the query asks for."""
    return Page(limit, cursor)


def asked_fields(
    fields: Annotated[
        str | None,
        Query(max_length=500, description="Members of a row to answer, with commas between; all by default."),
    ] = None,
) -> tuple[str, ...] | None:
    """The members that the query asks for; None for all."""
    return None if fields is None else tuple(name.strip() for name in fields.split(","))


PageDep = Annotated[Page, Depends(asked_page)]
FieldsDep = Annotated[tuple[str, ...] | None, Depends(asked_fields)]


@dataclass(frozen=True)
class By:
    """One column that a list is ordered by. `sql` is the expression, where it is another than the name."""

    name: str
    type: type[Value]
    descending: bool = False
    sql: str = ""

    @property
    def expression(self) -> str:
        """What stands in the statement; text is ordered by its bytes, on every server alike."""
        return f'{self.sql or self.name} COLLATE "C"' if self.type is str else self.sql or self.name


@dataclass(frozen=True)
class After:
    """What a statement needs to begin where the former page ended: condition, order, and the values of both."""

    condition: str
    order: str
    values: Mapping[str, Any]


class Keyset:
    """How one list is ordered, and so how it is cut into pages."""

    def __init__(self, name: str, *columns: By) -> None:
        if not columns:
            raise ValueError("a list is ordered by something")
        self.name = name
        self.columns = columns

    def after(self, page: Page) -> After:
        """Condition, order and values for the page that was asked for.

        Raises:
            Invalid: BAD_CURSOR, none that a page of this list gave.
        """
        order = ", ".join(f"{column.expression}{' DESC' if column.descending else ''}" for column in self.columns)
        values: dict[str, Any] = {"n": page.limit + 1}
        if page.cursor is None:
            return After("true", order, values)
        for number, value in enumerate(self.read(page.cursor)):
            values[f"after_{number}"] = value
        return After(self._beyond(), order, values)

    def _beyond(self) -> str:
        """Later in the order: a row comparison where all go one way, else spelt out column by column."""
        names = [column.expression for column in self.columns]
        marks = [f":after_{number}" for number in range(len(names))]
        signs = ["<" if column.descending else ">" for column in self.columns]
        if len(set(signs)) == 1:
            return f"({', '.join(names)}) {signs[0]} ({', '.join(marks)})"
        steps = []
        for number, (name, mark, sign) in enumerate(zip(names, marks, signs, strict=True)):
            same = [f"{n} = {m}" for n, m in zip(names[:number], marks[:number], strict=True)]
            steps.append(f"({' AND '.join([*same, f'{name} {sign} {mark}'])})")
        return f"({' OR '.join(steps)})"

    def page(
        self,
        model: type[RowT],
        found: Iterable[Any],
        page: Page,
        fields: Sequence[str] | None = None,
        counts: Mapping[str, int] | None = None,
    ) -> Any:
        """Cut the rows to the page; `found` may hold one more, which is not answered but tells that more follows.

        Raises:
            Invalid: UNKNOWN_FIELD, `fields` names one that the rows do not have.
        """
        unknown = sorted(set(fields or ()) - set(model.model_fields))
        if unknown:
            raise Invalid(
                "The rows of this list do not have all of these fields.",
                hint=f"They have: {', '.join(model.model_fields)}.",
                code="UNKNOWN_FIELD",
            )
        rows = [dict(row) for row in found]
        shown = rows[: page.limit]
        told = Paged[model](  # type: ignore[valid-type]
            counts={"rows": len(shown), **(counts or {})},
            rows=[model.model_validate(row) for row in shown],
            next_cursor=self.write(shown[-1]) if len(rows) > page.limit else None,
        )
        if fields is None:
            return told
        narrow = jsonable_encoder(told)
        narrow["rows"] = [{name: row[name] for name in dict.fromkeys(fields)} for row in narrow["rows"]]
        return JSONResponse(narrow)

    def write(self, row: Mapping[str, Any]) -> str:
        """The cursor after that row."""
        plain = json.dumps([_plain(row[column.name]) for column in self.columns], separators=(",", ":")).encode()
        return urlsafe_b64encode(self._check(plain) + plain).decode().rstrip("=")

    def read(self, cursor: str) -> list[Value]:
        """The values that a cursor holds, each of its column's type.

        Raises:
            Invalid: BAD_CURSOR.
        """
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            check, plain = raw[:CHECK_BYTES], raw[CHECK_BYTES:]
            is_ours = check == self._check(plain) and urlsafe_b64encode(raw).decode().rstrip("=") == cursor
            values = json.loads(plain) if is_ours else None
            if not isinstance(values, list):
                raise ValueError("not written here")
            return [_typed(column, value) for column, value in zip(self.columns, values, strict=True)]
        except (ValueError, TypeError) as cause:
            raise Invalid(
                "The cursor is not one that a page of this list gave.",
                hint="Send next_cursor as it was answered, or leave it out to begin anew.",
                code="BAD_CURSOR",
            ) from cause

    def _check(self, plain: bytes) -> bytes:
        order = ",".join(f"{column.name}:{column.descending}" for column in self.columns)
        return sha256(f"countersign cursor|{self.name}|{order}|".encode() + plain).digest()[:CHECK_BYTES]


def _plain(value: Any) -> str | int | float | bool:
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else str(value)


def _typed(column: By, value: Any) -> Value:
    if issubclass(column.type, date):
        return column.type.fromisoformat(value)
    if column.type is UUID:
        return UUID(value)
    if not isinstance(value, column.type):
        raise TypeError(f"{column.name} is no {column.type.__name__}")
    return value
