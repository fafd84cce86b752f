"""Every operation of the OpenAPI document and every page, with the ids of another tenant, in every role.

Nothing is listed by hand: operations come from the document, pages from the doors of the gate, and the ids that a path
or query names are looked up in the other tenant's rows by the name of the column. A new route is covered unasked, or
fails here because nobody can say what its parameter is.
"""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from psycopg import sql
from sqlalchemy import text

from api.app import create_app
from api.deps import allow
from api.doors import Door, doors_of
from domain.kernel.countersign.decide import decide
from domain.kernel.countersign.lend import KERNEL_ACTS
from domain.kernel.db import transaction
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.keys import create_key
from domain.kernel.principal import EVERY_ROLE, Role
from domain.kernel.release.deployment import sample
from domain.kernel.settings import DbRole
from domain.kernel.signed import Decision
from tests.architecture.tenant_rows import fill, tenant_tables
from tests.conftest import Database, visiting
from tests.kernel.gates_of_tests import lay_down
from tests.makers import make_fleet, make_meters, make_person, make_tenant, make_token

THEIRS, OURS = "T", "U"
TELLING = re.compile(r"(^|_)(id|sha256|hash|name|code|email|key)$")
UNLIKELY = re.compile(r"[\d@ ]")
MOST_OF_ONE = 3
# Parameters that are named otherwise than the columns they are looked up in.
MEANS = {
    "thing_id": ("artifact_id", "countersignature_id", "run_id"),
    "key": ("store_key",),
    "session_id": ("test_session_id", "session_id"),
    "entry_id": ("stair_id", "floor_id", "door_id"),
}
# Parameters that name no row.
FIXED = {
    "edition": ["draft"],
    "form": ["pdf"],
    "verb": ["approve", "retire"],
    "plural": ["stairs", "floors", "doors"],
    "path": ["approve"],
    "index": ["0"],
    "tenant_id": [THEIRS],
    "day": ["2026-01-01"],
    "room": ["grid"],
}
SCOPES = (
    "ami:read", "ami:write", "grid:read", "grid:advise", "stairs:read", "stairs:write", "courses:read", "courses:write",
)  # fmt: skip
BYTES = frozenset({"application/octet-stream", "application/pdf"})
OF_THE_PLATFORM = "/admin/tenants"
LEFT_ALONE = {"/health/live", "/health/ready", "/metrics"}
TIMES = [b"2026-01-01T%02d:%02d:00Z" % (minute // 60, minute % 60) for minute in range(0, 240, 15)]


def file_of(meter: bytes) -> bytes:
    """Four hours of one meter's reads."""
    return b"meter_id,read_at,kwh\n" + b"".join(b"%s,%s,0.5\n" % (meter, at) for at in TIMES)


leaky = APIRouter(include_in_schema=True)


@leaky.get("/v1/leak/{proposal_id}", dependencies=[allow(roles=EVERY_ROLE)])
def leak(proposal_id: str) -> Any:
    """A planted fault: reads as the owner, who sees every tenant."""
    with transaction(THEIRS, DbRole.OWNER) as connection:
        found = connection.execute(
            text("SELECT content_hash FROM proposals WHERE proposal_id = CAST(:id AS uuid)"), {"id": proposal_id}
        )
        return {"content_hash": found.scalar_one_or_none()}


@leaky.get("/v1/unknown/{widget_no}", dependencies=[allow(roles=EVERY_ROLE)])
def unknown(widget_no: str) -> Any:
    """A planted gap: nobody knows what that parameter is."""
    return {}


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    body: Any = None
    upload: bytes | None = None
    content: bytes | None = None


@dataclass(frozen=True)
class Theirs:
    """What the other tenant has: values by column, and those of them that give it away when they are seen."""

    values: dict[str, list[str]]
    telling: frozenset[str]

    def named(self, name: str) -> list[str] | None:
        column = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
        found = [value for meant in MEANS.get(column, (column,)) for value in self.values.get(meant, [])[:2]]
        return found or None


def seed(client: TestClient) -> None:
    """Reads, an injected event, proposals and a signature of T; meters of U under other names."""
    make_fleet(THEIRS, feeders=1, meters_per_feeder=4)
    make_tenant(OURS)
    make_meters(OURS, ["U-METER-1"], feeder_id="U-FEEDER")
    headers = {"Authorization": f"Bearer {make_token(THEIRS, 'OPERATOR', email='t.operator@example.org')}"}
    assert client.post("/api/ami/publish-once", json={}, headers=headers).status_code == 200
    event = {"feederId": "FEEDER_1", "durationMinutes": 60}
    assert client.post("/api/ami/event/theft", json=event, headers=headers).status_code == 201
    rejected = client.post(
        "/api/ami/reads", files={"file": ("r.csv", file_of(b"NO-SUCH-METER-9"))}, headers=headers
    ).json()
    assert "rejects_url" in rejected, rejected
    with transaction(THEIRS, DbRole.OWNER) as connection:
        connection.execute(
            text(
                "INSERT INTO artifacts (artifact_id, kind, sha256, size_bytes, media_type, store_key)"
                " VALUES (gen_random_uuid(), 'rejects', :sha, 1, 'text/csv', 'their-store-key-1')"
            ),
            {"sha": rejected["sha256"]},
        )
    ada = make_person(THEIRS, "t-ada", "ADMIN")
    with transaction(THEIRS) as connection:
        for is_signed in (True, False):
            found = lay_down(connection, RETENTION_DISPOSAL)
            if is_signed:
                decide(
                    connection,
                    ada,
                    KERNEL_ACTS,
                    found.proposal_id,
                    Decision.APPROVED,
                    content_hash=found.content_hash,
                )


def theirs(database: Database) -> Theirs:
    values: dict[str, list[str]] = {}
    seen: dict[str, set[str]] = {THEIRS: set(), OURS: set()}
    with psycopg.connect(database.urls["superuser"]) as connection:
        for table in tenant_tables(connection):
            for column, kind in zip(table.columns, table.types, strict=True):
                if kind not in {"text", "uuid"} or column == "tenant_id":
                    continue
                for tenant in (THEIRS, OURS):
                    rows = connection.execute(
                        sql.SQL("SELECT DISTINCT {c}::text FROM {t} WHERE tenant_id = %s AND {c} IS NOT NULL").format(
                            c=sql.Identifier(column), t=sql.Identifier(table.name)
                        ),
                        (tenant,),
                    ).fetchall()
                    found = sorted(value for (value,) in rows)
                    if TELLING.search(column):
                        seen[tenant] |= set(found)
                    if tenant == THEIRS and found:
                        values[column] = (values.get(column, []) + found)[:50]
                        if column == "id":
                            values.setdefault(f"{table.name.removeprefix('ami_').removesuffix('s')}_id", []).extend(
                                found
                            )
        people = connection.execute(
            "SELECT email FROM users JOIN role_assignments ON user_id = id WHERE tenant_id = %s", (THEIRS,)
        ).fetchall()
        public = {key_id for (key_id,) in connection.execute("SELECT key_id FROM signing_keys").fetchall()}
    telling = {value for value in seen[THEIRS] - seen[OURS] - public if len(value) >= 6 and UNLIKELY.search(value)} | {
        email for (email,) in people
    }
    return Theirs({name: list(dict.fromkeys(found)) for name, found in values.items()}, frozenset(telling))


def calls(application: Any, other: Theirs) -> list[Call]:
    """Every operation and page with the other tenant's ids. Raises where a parameter is one that nobody knows."""
    document = application.openapi()
    found: list[Call] = []
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            if path not in LEFT_ALONE:
                found += list(_of_operation(path, verb, operation, document, other))
    described = set(document["paths"])
    for door in doors_of(application):
        if door.template not in described and "GET" in door.methods and not door.open_to_anyone:
            for filled in _filled(door.template, re.findall(r"{(\w+)(?::\w+)?}", door.template), other):
                found.append(Call("GET", filled, {}))
    return found


def _of_operation(path: str, verb: str, operation: Any, document: Any, other: Theirs) -> Iterator[Call]:
    parameters = operation.get("parameters", [])
    query: dict[str, str] = {}
    for parameter in (one for one in parameters if one["in"] == "query"):
        known = FIXED.get(parameter["name"]) or other.named(parameter["name"])
        if parameter.get("required") and not known:
            raise LookupError(f"{verb} {path}: nobody knows what {parameter['name']} is")
        if known and parameter["name"] not in {"tenantId", "tenant_id"}:
            query[parameter["name"]] = known[0]
    names = [one["name"] for one in parameters if one["in"] == "path"]
    kinds = operation.get("requestBody", {}).get("content", {})
    body = None
    if "application/json" in kinds:
        body = _theirs(sample(kinds["application/json"]["schema"], document["components"]["schemas"]), other)
    elif kinds and not ({"multipart/form-data"} | BYTES) & set(kinds):
        raise LookupError(f"{verb} {path}: nobody knows how to send {sorted(kinds)}")
    upload = file_of(other.values["meter_id"][0].encode()) if "multipart/form-data" in kinds else None
    for filled in _filled(path, names, other):
        for asked in [{}, query] if query and not any(one.get("required") for one in parameters) else [query]:
            yield Call(verb.upper(), filled, asked, body, upload, b"bytes" if BYTES & set(kinds) else None)
        if body is not None:
            yield Call(verb.upper(), filled, query, {**body, "tenantId": THEIRS}, upload)


def _filled(path: str, names: list[str], other: Theirs) -> list[str]:
    choices = []
    for name in names:
        if name in FIXED:
            choices.append(FIXED[name])
            continue
        if name == "version":
            choices.append(["1"])
            continue
        known = other.named(name)
        if not known:
            raise LookupError(f"{path}: nobody knows what {name} is")
        choices.append(known[:MOST_OF_ONE])
    filled = []
    for chosen in itertools.product(*choices):
        made = path
        for value in chosen:
            made = re.sub(r"{\w+(?::\w+)?}", value, made, count=1)
        filled.append(made)
    return filled


def _theirs(value: Any, other: Theirs) -> Any:
    """A body in which every member that names something names what is theirs."""
    if not isinstance(value, dict):
        return value
    told = {}
    for name, given in value.items():
        known = other.named(name) or other.named(name.removesuffix("s"))
        told[name] = given if not known else (known[:2] if isinstance(given, list) else known[0])
    return told


def is_barred(door: Door, name: str) -> bool:
    """Whether the gate lets nobody of that role in."""
    return name != "service" and any(Role(name) not in allowed.roles for allowed in door.allowed)


# An export's own event holds the filters that the caller typed, here the other tenant's ids.
OWN_EXPORT = "kernel.ledger.exported"


def leaks(
    client: TestClient, application: Any, other: Theirs, who: dict[str, dict[str, str]], below: str = "/"
) -> list[str]:
    """What an answer below an address tells of the other tenant, or fails by."""
    found = []
    doors = list(doors_of(application))
    turned_away: set[tuple[str, str, str]] = set()
    for call in calls(application, other):
        if not call.path.startswith(below):
            continue
        sent = f"{call.path} {json.dumps([call.query, call.body])} {call.upload!r}"
        door = next((one for one in doors if call.method in one.methods and one.path.match(call.path)), None)
        for name, headers in who.items():
            barred = door is not None and is_barred(door, name)
            once = (call.method, door.template if door else "", name)
            if barred and once in turned_away:
                continue  # the gate turns a role away before it looks at ids: once a route is enough
            turned_away.add(once)
            names_them = isinstance(call.body, dict) and call.body.get("tenantId") == THEIRS
            if name == Role.PLATFORM_ADMIN and (names_them or OF_THE_PLATFORM in call.path):
                continue  # who administers the platform may name a tenant, and sees which there are
            if call.content is not None:
                answer = client.request(call.method, call.path, content=call.content, headers=headers)
            elif call.upload is not None:
                answer = client.request(call.method, call.path, files={"file": ("r.csv", call.upload)}, headers=headers)
            else:
                answer = client.request(call.method, call.path, params=call.query, json=call.body, headers=headers)
            shown = "\n".join(line for line in answer.text.splitlines() if OWN_EXPORT not in line)
            told = [value for value in other.telling if value in shown and value not in sent]
            if barred and answer.status_code != 403:
                found.append(f"{name}: {call.method} {call.path} {answer.status_code}, though the gate bars the role")
            if answer.status_code >= 500 or told or (names_them and answer.status_code < 400):
                found.append(f"{name}: {call.method} {call.path} {answer.status_code} {sorted(told)[:3]}")
    return found


def state(database: Database) -> dict[str, str | None]:
    """A digest of the other tenant's rows, table by table."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        return {
            table.name: connection.execute(
                sql.SQL(
                    "SELECT md5(string_agg(t::text, '|' ORDER BY t::text COLLATE \"C\")) FROM {} AS t"
                    " WHERE tenant_id = %s"
                ).format(sql.Identifier(table.name)),
                (THEIRS,),
            ).fetchone()[0]  # type: ignore[index]
            for table in tenant_tables(connection)
        }


@pytest.fixture(scope="module")
def open_client(module_database: Database) -> Iterator[TestClient]:
    with visiting() as made:
        seed(made)
        fill(module_database, THEIRS, word="their-own-word-7")
        yield made


@pytest.fixture(scope="module")
def who(open_client: TestClient) -> dict[str, dict[str, str]]:
    """One person of U for each role, and a service with every scope."""

    def bearer(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    people = {
        role.value: bearer(make_token(OURS, role, email=f"{role.lower()}@example.org", ttl_s=3600)) for role in Role
    }
    return people | {"service": bearer(create_key(OURS, "test", SCOPES)[1])}


def test_no_operation_and_no_page_shows_another_tenants_things(
    open_client: TestClient, who: dict[str, dict[str, str]], module_database: Database
) -> None:
    other, before = theirs(module_database), state(module_database)
    assert len(other.telling) > 20
    found = leaks(open_client, open_client.app, other, who)
    assert found == []
    assert state(module_database) == before


def test_the_walk_reaches_every_operation(open_client: TestClient, module_database: Database) -> None:
    application: Any = open_client.app
    templates = {
        (verb.upper(), path)
        for path, item in application.openapi()["paths"].items()
        for verb in item
        if path not in LEFT_ALONE
    }
    made = calls(application, theirs(module_database))
    reached = {
        (method, path)
        for method, path in templates
        if any(call.method == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), call.path) for call in made)
    }
    assert reached == templates


def test_a_planted_leak_is_found(who: dict[str, dict[str, str]], module_database: Database) -> None:
    other = theirs(module_database)
    routes = APIRouter()
    routes.add_api_route("/v1/leak/{proposal_id}", leak, dependencies=[allow(roles=EVERY_ROLE)])
    application = create_app(routes)
    with TestClient(application, raise_server_exceptions=False, follow_redirects=False) as client:
        found = leaks(client, application, other, {"ADMIN": who["ADMIN"]}, "/v1/leak/")
    assert found


def test_a_route_whose_parameter_nobody_knows_is_found(open_client: TestClient, module_database: Database) -> None:
    with pytest.raises(LookupError, match="nobody knows what widget_no is"):
        calls(create_app(leaky), theirs(module_database))
