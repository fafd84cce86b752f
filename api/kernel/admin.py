"""Administration over HTTP. An ADMIN administers the own tenant; a PLATFORM_ADMIN any, named by `?tenant_id=`."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Connection

from api.deps import CallerDep, RequestId, TenantSession, allow
from api.kernel.admin_schemas import (
    Invitation,
    Key,
    Keys,
    MadeKey,
    NewKey,
    NewRole,
    NewTenant,
    People,
    Person,
    PersonChanges,
    RoleEnd,
    Roles,
    Rotation,
    Tenant,
    TenantChanges,
    Tenants,
)
from api.kernel.sign_in import ip_of
from domain.grid.metering.store.series import data_through
from domain.kernel.administration import keys, people, roles, tenants
from domain.kernel.administration.actor import ADMINISTRATORS, Actor, actor_of
from domain.kernel.principal import Role

router = APIRouter(prefix="/v1/admin", tags=["Administration"])
PLATFORM = allow(roles={Role.PLATFORM_ADMIN})
ADMINS = allow(roles=ADMINISTRATORS)
READERS = allow(roles=ADMINISTRATORS | {Role.TENANT_OWNER, Role.AUDITOR})
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=1000)]
KeyState = Literal["STANDING", "EXPIRED", "REVOKED"]


def acting(request: Request, caller: CallerDep, call: RequestId) -> Actor:
    """The administrator who calls."""
    return actor_of(caller, call, ip_of(request))


ActorDep = Annotated[Actor, Depends(acting)]


def has_days(connection: Connection) -> bool:
    """Whether the tenant has days that its time zone cut."""
    return data_through(connection) is not None


@router.get("/tenants", dependencies=[PLATFORM], summary="All tenants")
def all_tenants(connection: TenantSession, actor: ActorDep, limit: Limit = 50, cursor: Cursor = None) -> Tenants:
    """Every tenant of the copy with its settings, by id."""
    return Tenants.model_validate(tenants.list_tenants(connection, actor, limit, cursor))


@router.post("/tenants", dependencies=[PLATFORM], status_code=201, summary="Make a tenant")
def make_tenant(body: NewTenant, connection: TenantSession, actor: ActorDep) -> Tenant:
    """Its first event in the ledger says who made it. Next: invite its administrator."""
    made = tenants.add_tenant(connection, actor, body.tenant_id, body.name, body.timezone, is_demo=body.is_demo)
    return Tenant.model_validate(made)


@router.get("/tenants/current", dependencies=[READERS], summary="The tenant with its settings")
def the_tenant(connection: TenantSession) -> Tenant:
    """The tenant that the session is bound to."""
    return Tenant.model_validate(tenants.tenant_row(connection))


@router.patch("/tenants/current", dependencies=[ADMINS], summary="Set the tenant")
def set_tenant(body: TenantChanges, connection: TenantSession, actor: ActorDep) -> Tenant:
    """What is left out stays; `energy_price` null takes the price away.

    The time zone can change only while no read was cut by it (409 TIMEZONE_IN_USE).
    """
    changes = tenants.Changes(**body.changes())
    return Tenant.model_validate(tenants.set_tenant(connection, actor, changes, has_days))


@router.get("/people", dependencies=[READERS], summary="The people of the tenant")
def all_people(
    connection: TenantSession,
    search: Annotated[str, Query(max_length=200)] = "",
    role: Role | None = None,
    active: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> People:
    """Everybody who ever held a role here, by name, with the roles held now or to come."""
    return People.model_validate(people.list_people(connection, limit, cursor, search=search, role=role, active=active))


@router.post("/people", dependencies=[ADMINS], status_code=201, summary="Invite a person")
def invite(body: Invitation, connection: TenantSession, actor: ActorDep) -> Person:
    """Make a person known and give the roles that are missing; inviting again changes nothing else.

    PLATFORM_ADMIN and RELEASE_APPROVER are a PLATFORM_ADMIN's to give, and never to himself or herself.
    """
    return Person.model_validate(people.invite(connection, actor, body.email, body.name, body.roles, body.valid_to))


@router.get("/people/{user_id}", dependencies=[READERS], summary="One person")
def one_person(user_id: UUID, connection: TenantSession) -> Person:
    """One person of the tenant."""
    return Person.model_validate(people.person_row(connection, user_id))


@router.patch("/people/{user_id}", dependencies=[ADMINS], summary="Deactivate or activate a person")
def set_person(user_id: UUID, body: PersonChanges, connection: TenantSession, actor: ActorDep) -> Person:
    """Keep a person out of this tenant or let the person in again. The last administrator stays (409 LAST_ADMIN)."""
    return Person.model_validate(people.set_active(connection, actor, user_id, body.active))


@router.get("/roles", dependencies=[READERS], summary="Who was given which role")
def all_roles(
    connection: TenantSession,
    role: Role | None = None,
    standing: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Roles:
    """Every giving of a role, newest first; `standing=true` leaves what has ended out."""
    return Roles.model_validate(roles.list_roles(connection, limit, cursor, role=role, standing=standing))


@router.post("/roles", dependencies=[ADMINS], status_code=201, summary="Give a role")
def give(body: NewRole, connection: TenantSession, actor: ActorDep) -> Person:
    """From now on, to the end that is named or without one. Held already: 409 ROLE_HELD."""
    roles.give_role(connection, actor, body.user_id, body.role, body.valid_to)
    return Person.model_validate(people.person_row(connection, body.user_id))


@router.patch("/roles/{user_id}/{role}", dependencies=[ADMINS], summary="Set when a role will end")
def set_end(user_id: UUID, role: Role, body: RoleEnd, connection: TenantSession, actor: ActorDep) -> Person:
    """The last administrator's role has no end (409 LAST_ADMIN)."""
    roles.end_role(connection, actor, user_id, role, body.valid_to)
    return Person.model_validate(people.person_row(connection, user_id))


@router.delete("/roles/{user_id}/{role}", dependencies=[ADMINS], summary="End a role now")
def end(user_id: UUID, role: Role, connection: TenantSession, actor: ActorDep) -> Person:
    """It stays on record with its end. The last administrator keeps the role (409 LAST_ADMIN)."""
    roles.end_role(connection, actor, user_id, role)
    return Person.model_validate(people.person_row(connection, user_id))


@router.get("/keys", dependencies=[READERS], summary="The keys of services")
def all_keys(
    connection: TenantSession, state: KeyState | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Keys:
    """Newest first, without secrets."""
    return Keys.model_validate(keys.list_keys(connection, limit, cursor, state=state))


@router.post("/keys", dependencies=[ADMINS], status_code=201, summary="Make a key")
def make_key(body: NewKey, connection: TenantSession, actor: ActorDep) -> MadeKey:
    """The secret is in this answer and nowhere else."""
    return MadeKey.model_validate(keys.add_key(connection, actor, body.name, body.scopes, body.expires_at))


@router.post("/keys/{key_id}/rotate", dependencies=[ADMINS], status_code=201, summary="Rotate a key")
def rotate(key_id: str, body: Rotation, connection: TenantSession, actor: ActorDep) -> MadeKey:
    """A new key with an id of its own and the old one's name and scopes; the old one goes on for the overlap."""
    overlap = timedelta(hours=body.overlap_hours)
    return MadeKey.model_validate(keys.rotate_key(connection, actor, key_id, overlap, body.expires_at))


@router.delete("/keys/{key_id}", dependencies=[ADMINS], summary="Revoke a key")
def revoke(key_id: str, connection: TenantSession, actor: ActorDep) -> Key:
    """The next request with it is refused."""
    keys.end_key(connection, actor, key_id)
    return Key.model_validate(keys.key_row(connection, key_id))
