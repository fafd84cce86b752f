"""Administration: who may do what to whom, whatever the caller's code claims; and the last administrator stays."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text

from domain.kernel.access import authenticate
from domain.kernel.administration import keys, people, roles, tenants
from domain.kernel.administration.actor import OPERATOR, Actor, actor_of
from domain.kernel.administration.bootstrap import bootstrap
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError, Forbidden, Invalid, NotFound, Unauthenticated
from domain.kernel.principal import EVERY_ROLE, Principal, Role
from domain.kernel.settings import DbRole
from tests.conftest import Database
from tests.makers import make_person, make_tenant

OF_A_TENANT = sorted(EVERY_ROLE - {Role.PLATFORM_ADMIN, Role.RELEASE_APPROVER})


@pytest.fixture
def admin(database: Database) -> Principal:
    make_tenant("T")
    make_tenant("U")
    return make_person("T", "ann", "ADMIN")


@pytest.fixture
def platform(admin: Principal) -> Principal:
    return make_person("T", "pat", "PLATFORM_ADMIN")


def refused(kind: type[CountersignError], code: str, act: Callable[[], object]) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code


def give(who: Principal | Actor, to: uuid.UUID | str, role: str, tenant: str = "T", **more: object) -> None:
    actor = who if isinstance(who, Actor) else actor_of(who)
    with transaction(tenant) as connection:
        roles.give_role(connection, actor, uuid.UUID(str(to)), Role(role), **more)  # type: ignore[arg-type]


def end(who: Principal, of: str, role: str, tenant: str = "T", **more: object) -> None:
    with transaction(tenant) as connection:
        roles.end_role(connection, actor_of(who), uuid.UUID(of), Role(role), **more)  # type: ignore[arg-type]


def events(tenant: str = "T") -> list[tuple[str, str]]:
    with transaction(tenant) as connection:
        return [
            (row.event_type, row.actor_id)
            for row in connection.execute(text("SELECT event_type, actor_id FROM events ORDER BY seq"))
        ]


@pytest.mark.parametrize("role", OF_A_TENANT)
def test_an_admin_gives_every_role_of_the_tenant_also_to_the_own_person(admin: Principal, role: str) -> None:
    bob = make_person("T", "bob", "LEARNER" if role != "LEARNER" else "OPERATOR")
    give(admin, bob.id, role)
    if role != "ADMIN":
        give(admin, admin.id, role)
    assert ("access.role.given", admin.id) in events()


@pytest.mark.parametrize("role", ["PLATFORM_ADMIN", "RELEASE_APPROVER"])
def test_an_admin_gives_nobody_a_role_of_the_platform(admin: Principal, role: str) -> None:
    bob = make_person("T", "bob", "OPERATOR")
    for to in (bob.id, admin.id):
        refused(Forbidden, "FORBIDDEN", lambda to=to: give(admin, to, role))
    claimed = Actor(uuid.UUID(admin.id), admin.id, "ADMIN", frozenset({Role.PLATFORM_ADMIN}))
    refused(Forbidden, "FORBIDDEN", lambda: give(claimed, bob.id, role))


def test_a_platform_admin_gives_roles_of_the_platform_to_others_alone(admin: Principal, platform: Principal) -> None:
    give(platform, admin.id, "RELEASE_APPROVER")
    refused(Forbidden, "OWN_ROLE", lambda: give(platform, platform.id, "RELEASE_APPROVER"))


def test_a_token_limited_to_admin_does_not_act_as_the_platforms(admin: Principal, platform: Principal) -> None:
    limited = Actor(uuid.UUID(platform.id), platform.id, "ADMIN", frozenset({Role.ADMIN}))
    refused(Forbidden, "FORBIDDEN", lambda: give(limited, admin.id, "RELEASE_APPROVER"))


def test_an_admin_of_one_tenant_changes_nothing_in_another(admin: Principal) -> None:
    theirs = make_person("U", "uma", "ADMIN", "OPERATOR")
    acts: list[Callable[[], object]] = [
        lambda: give(admin, theirs.id, "REVIEWER", tenant="U"),
        lambda: end(admin, theirs.id, "OPERATOR", tenant="U"),
        lambda: _in("U", lambda c: people.set_active(c, actor_of(admin), uuid.UUID(theirs.id), False)),
        lambda: _in("U", lambda c: keys.add_key(c, actor_of(admin), "k", ["ami:read"])),
        lambda: _in("U", lambda c: tenants.set_tenant(c, actor_of(admin), tenants.Changes(name="X"), lambda _: False)),
    ]
    for act in acts:
        refused(Forbidden, "FORBIDDEN", act)
    refused(NotFound, "NOT_FOUND", lambda: end(admin, theirs.id, "OPERATOR"))
    assert admin.id not in {actor for _, actor in events("U")}


def _in(tenant: str, act: Callable[..., object]) -> object:
    with transaction(tenant) as connection:
        return act(connection)


def test_who_holds_no_administrative_role_is_no_actor(admin: Principal) -> None:
    with pytest.raises(Forbidden):
        actor_of(make_person("T", "olga", "OPERATOR", "TENANT_OWNER", "REVIEWER"))


@pytest.mark.parametrize("role", ["app", "machine", "auditor", "loader"])
def test_no_role_of_the_database_but_the_owner_changes_access_directly(
    database: Database, admin: Principal, role: str
) -> None:
    statements = [
        "INSERT INTO role_assignments (user_id, tenant_id, role) SELECT id, 'T', 'PLATFORM_ADMIN' FROM users",
        "UPDATE role_assignments SET valid_to = now()",
        "INSERT INTO users (id, email, name) VALUES (gen_random_uuid(), 'x@y.z', 'X')",
        "UPDATE users SET active = false",
        "UPDATE tenants SET settings = '{\"four_eyes\": false}'",
        "INSERT INTO suspensions (tenant_id, user_id) SELECT 'T', id FROM users",
        "UPDATE api_keys SET scopes = '{}'",
        "SELECT secret_hash FROM api_keys",
    ]
    if role == "auditor":
        statements.pop()
    for statement in statements:
        with psycopg.connect(database.urls[role]) as connection:
            connection.execute("SELECT set_config('app.tenant', 'T', false)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_apis_login_cannot_act_without_naming_who_acts(database: Database, admin: Principal) -> None:
    with psycopg.connect(database.urls["app"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        with pytest.raises(psycopg.Error) as caught:
            connection.execute("SELECT admin_give_role(NULL, %s, 'PLATFORM_ADMIN', NULL)", (admin.id,))
    assert caught.value.sqlstate == "CS403"


def test_the_last_administrator_can_be_removed_in_no_way(admin: Principal) -> None:
    bob = make_person("T", "bob", "OPERATOR")
    give(admin, bob.id, "ADMIN", valid_to=utc_now() + timedelta(days=1))
    ways: list[Callable[[], object]] = [
        lambda: end(admin, admin.id, "ADMIN"),
        lambda: end(admin, admin.id, "ADMIN", valid_to=utc_now() + timedelta(days=3)),
        lambda: _in("T", lambda c: people.set_active(c, actor_of(admin), uuid.UUID(admin.id), False)),
    ]
    for way in ways:
        refused(Conflict, "LAST_ADMIN", way)
    assert authenticate_roles(admin) == {Role.ADMIN}


def authenticate_roles(who: Principal) -> frozenset[Role]:
    with transaction("T") as connection:
        held = people.person_row(connection, uuid.UUID(who.id))
    return frozenset(Role(one.role) for one in held.roles) if held.active else frozenset()


@pytest.mark.parametrize("way", ["end", "deactivate"])
def test_two_administrators_who_remove_each_other_at_once_leave_one_twenty_times(admin: Principal, way: str) -> None:
    other = make_person("T", "bob", "ADMIN")
    for _ in range(20):
        barrier, told = threading.Barrier(2), []

        def go(
            who: Principal,
            whom: Principal,
            barrier: threading.Barrier = barrier,
            told: list[str] = told,
        ) -> None:
            barrier.wait()
            try:
                if way == "end":
                    end(who, whom.id, "ADMIN")
                else:
                    _in("T", lambda c: people.set_active(c, actor_of(who), uuid.UUID(whom.id), False))
                told.append("done")
            except CountersignError as error:
                told.append(error.code)

        threads = [threading.Thread(target=go, args=pair) for pair in ((admin, other), (other, admin))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # The slower one is no administrator any more, or would remove the last.
        assert sorted(told) in (["FORBIDDEN", "done"], ["LAST_ADMIN", "done"])
        left = [who for who in (admin, other) if Role.ADMIN in authenticate_roles(who)]
        assert len(left) == 1
        lost = other if left == [admin] else admin
        if way == "end":
            give(left[0], lost.id, "ADMIN")
        else:
            _in("T", lambda c, lost=lost, left=left: people.set_active(c, actor_of(left[0]), uuid.UUID(lost.id), True))


def test_the_platforms_last_administrator_stays_too(admin: Principal, platform: Principal) -> None:
    refused(Conflict, "LAST_ADMIN", lambda: end(platform, platform.id, "PLATFORM_ADMIN"))
    other = make_person("U", "uma", "PLATFORM_ADMIN")
    end(other, platform.id, "PLATFORM_ADMIN")
    refused(
        Conflict,
        "LAST_ADMIN",
        lambda: _in("U", lambda c: people.set_active(c, actor_of(other), uuid.UUID(other.id), False)),
    )


def test_who_is_kept_out_of_one_tenant_comes_in_to_another(admin: Principal) -> None:
    bob = make_person("T", "bob", "OPERATOR")
    make_person("U", "bob", "OPERATOR")
    _in("T", lambda c: people.set_active(c, actor_of(admin), uuid.UUID(bob.id), False))
    active = {tenant: _in(tenant, lambda c: people.person_row(c, uuid.UUID(bob.id)).active) for tenant in ("T", "U")}
    assert active == {"T": False, "U": True}


def test_a_role_with_an_end_is_gone_when_it_has_come(admin: Principal) -> None:
    bob = make_person("T", "bob", "LEARNER")
    refused(Invalid, "INVALID", lambda: give(admin, bob.id, "OPERATOR", valid_to=utc_now() - timedelta(seconds=1)))
    give(admin, bob.id, "OPERATOR", valid_to=utc_now() + timedelta(hours=1))
    refused(Conflict, "ROLE_HELD", lambda: give(admin, bob.id, "OPERATOR"))
    assert Role.OPERATOR in authenticate_roles(bob)
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(
            text(
                "UPDATE role_assignments SET valid_from = now() - interval '2 hours',"
                " valid_to = now() - interval '1 hour' WHERE role = 'OPERATOR'"
            )
        )
    assert authenticate_roles(bob) == {Role.LEARNER}
    give(admin, bob.id, "OPERATOR")


def test_inviting_again_adds_what_is_missing_and_keeps_the_name(admin: Principal) -> None:
    def invite(name: str, *wanted: str) -> people.PersonRow:
        return _in("T", lambda c: people.invite(c, actor_of(admin), " Zoe@Example.org", name, wanted))  # type: ignore[return-value]

    first, second = invite("Zoe", "OPERATOR"), invite("Other", "OPERATOR", "REVIEWER")
    assert (second.id, second.name) == (first.id, "Zoe")
    assert [one.role for one in second.roles] == ["OPERATOR", "REVIEWER"]
    refused(Forbidden, "FORBIDDEN", lambda: invite("Zoe", "RELEASE_APPROVER"))
    assert len(_in("T", lambda c: people.person_row(c, first.id)).roles) == 2  # type: ignore[attr-defined]


def test_a_rotated_key_goes_on_for_the_overlap_and_is_rotated_once(admin: Principal) -> None:
    actor = actor_of(admin)
    old = _in("T", lambda c: keys.add_key(c, actor, "Head end", ["ami:write"], utc_now() + timedelta(days=10)))
    new = _in("T", lambda c: keys.rotate_key(c, actor, old.key.key_id, timedelta(hours=1)))  # type: ignore[attr-defined]
    assert authenticate(old.token).scopes == authenticate(new.token).scopes == {"ami:write"}  # type: ignore[attr-defined]
    assert new.key.replaces == old.key.key_id != new.key.key_id  # type: ignore[attr-defined]
    assert timedelta(days=9) < new.key.expires_at - utc_now() < timedelta(days=11)  # type: ignore[attr-defined]
    refused(Conflict, "ALREADY_ROTATED", lambda: _in("T", lambda c: keys.rotate_key(c, actor, old.key.key_id)))  # type: ignore[attr-defined]
    gone = _in("T", lambda c: keys.rotate_key(c, actor, new.key.key_id, timedelta(0)))  # type: ignore[attr-defined]
    with pytest.raises(Unauthenticated):
        authenticate(new.token)  # type: ignore[attr-defined]
    assert authenticate(gone.token)  # type: ignore[attr-defined]


def test_two_rotations_at_once_make_one_successor(admin: Principal) -> None:
    actor = actor_of(admin)
    old = _in("T", lambda c: keys.add_key(c, actor, "Head end", ["ami:write"]))
    barrier, told = threading.Barrier(2), []

    def go() -> None:
        barrier.wait()
        try:
            _in("T", lambda c: keys.rotate_key(c, actor, old.key.key_id))  # type: ignore[attr-defined]
            told.append("done")
        except Conflict as error:
            told.append(error.code)

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["ALREADY_ROTATED", "done"]


def test_a_time_zone_stays_once_days_are_cut_by_it(admin: Principal) -> None:
    actor = actor_of(admin)
    zone = tenants.Changes(timezone="Europe/Oslo")
    refused(Conflict, "TIMEZONE_IN_USE", lambda: _in("T", lambda c: tenants.set_tenant(c, actor, zone, lambda _: True)))
    assert _in("T", lambda c: tenants.set_tenant(c, actor, zone, lambda _: False)).timezone == "Europe/Oslo"  # type: ignore[attr-defined]
    refused(
        Invalid,
        "INVALID",
        lambda: _in("T", lambda c: tenants.set_tenant(c, actor, tenants.Changes(timezone="Mars/X"), lambda _: False)),
    )


def test_settings_change_one_by_one_and_the_ledger_says_from_what_to_what(admin: Principal) -> None:
    actor = actor_of(admin)

    def change(**more: object) -> tenants.TenantRow:
        changes = tenants.Changes(**more)  # type: ignore[arg-type]
        return _in("T", lambda c: tenants.set_tenant(c, actor, changes, lambda _: False))  # type: ignore[return-value]

    assert change(four_eyes=False).four_eyes is False
    row = change(retention_days={"meter_reads": 100, "signals": 10})
    assert (row.four_eyes, row.retention_days) == (False, {"meter_reads": 100, "signals": 10})
    assert change(retention_days={"signals": None}).retention_days == {"meter_reads": 100}
    for wrong in ({"events": 30}, {"weather": 30}, {"meter_reads": 59}, {"signals": 0}, {"signals": 40_000}):
        refused(Invalid, "INVALID", lambda wrong=wrong: change(retention_days=wrong))
    with transaction("T") as connection:
        told = connection.execute(
            text("SELECT payload FROM events WHERE event_type = 'access.tenant.set' ORDER BY seq LIMIT 1")
        ).scalar_one()
    assert told == {"four_eyes": {"from": True, "to": False}}


def test_the_platforms_administrator_makes_tenants_and_an_admin_does_not(admin: Principal, platform: Principal) -> None:
    def make(who: Principal) -> object:
        with transaction("NEW") as connection:
            return tenants.add_tenant(connection, actor_of(who), "NEW", "New", "Europe/Oslo")

    refused(Forbidden, "FORBIDDEN", lambda: make(admin))
    make(platform)
    refused(Conflict, "TENANT_EXISTS", lambda: make(platform))
    assert events("NEW") == [("access.tenant.added", platform.id)]


def test_the_first_administrator_is_named_once_also_by_two_at_once(database: Database) -> None:
    barrier, told = threading.Barrier(2), []

    def go(name: str) -> None:
        barrier.wait()
        try:
            told.append(bootstrap(f"{name}@example.org", name).roles[0].role)
        except Conflict as error:
            told.append(error.code)

    threads = [threading.Thread(target=go, args=(name,)) for name in ("ada", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["ALREADY_BOOTSTRAPPED", "PLATFORM_ADMIN"]


def test_lists_go_on_where_a_page_ended(admin: Principal) -> None:
    for number in range(7):
        make_person("T", f"p{number}", "OPERATOR")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = _in("T", lambda c, cursor=cursor: people.list_people(c, 3, cursor))
        seen += [row.name for row in page.rows]  # type: ignore[attr-defined]
        cursor = page.next_cursor  # type: ignore[attr-defined]
        if cursor is None:
            break
    assert seen == ["ann", *(f"p{number}" for number in range(7))]
    for bad in ("x", "W10", "a" * 2000, "WyJ4IiwgInkiXQ"):
        with pytest.raises(Invalid):
            _in("T", lambda c, bad=bad: people.list_people(c, 3, bad))


def test_the_operator_is_known_by_the_owners_login(admin: Principal) -> None:
    bob = make_person("T", "bob", "OPERATOR")
    refused(Forbidden, "FORBIDDEN", lambda: give(OPERATOR, bob.id, "REVIEWER"))
    with transaction("T", DbRole.OWNER) as connection:
        roles.give_role(connection, OPERATOR, uuid.UUID(bob.id), Role.RELEASE_APPROVER)
    assert Role.RELEASE_APPROVER in authenticate_roles(bob)
