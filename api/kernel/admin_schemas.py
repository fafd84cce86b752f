"""What the administration endpoints take and answer."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.kernel.principal import Role
from domain.kernel.retention.policy import CLASSES

Name = Annotated[str, Field(min_length=1, max_length=200, examples=["North Grid"])]
Days = Annotated[int, Field(ge=1, le=36_525)]
RowClass = Annotated[str, Field(pattern=f"^({'|'.join(CLASSES)})$")]
Scope = Annotated[str, Field(pattern="^[a-z][a-z0-9]*:(read|write|advise)$", max_length=60, examples=["ami:write"])]
FOUR_EYES = Field(description="Nobody signs what he or she proposed.")
FOUR_EYES_RETRY = Field(description="Another person executes a retry than the one who asked for it.")
PUBLIC_CATALOGUE = Field(description="Views of courses by people who are not known are taken in.")
NextCursor = Annotated[str | None, Field(description="Send it as `cursor` for the next page; null at the end.")]


def _body(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class NewTenant(BaseModel):
    """A tenant to make."""

    model_config = _body(tenant_id="NORTH_GRID", name="North Grid", timezone="Europe/Oslo")
    tenant_id: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
    name: Name
    timezone: Annotated[str, Field(max_length=60)] = "UTC"
    is_demo: bool = False


class EnergyPrice(BaseModel):
    """What a kilowatt-hour is worth, for every sum of money that is told."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")
    per_kwh: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False, examples=[0.1828])]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217.", examples=["USD"])]
    source: Annotated[str, Field(min_length=3, max_length=300, description="Where the price stands.")]


class TenantChanges(BaseModel):
    """What is to be set; what is left out stays."""

    model_config = _body(four_eyes=True, retention_days={"meter_reads": 400})
    name: Name | None = None
    timezone: Annotated[str | None, Field(max_length=60, description="Only while the tenant has no reads.")] = None
    public_quickcheck: bool | None = None
    four_eyes: Annotated[bool | None, FOUR_EYES] = None
    four_eyes_retry: Annotated[bool | None, FOUR_EYES_RETRY] = None
    retention_days: Annotated[
        dict[RowClass, Days | None] | None, Field(description="By class of rows; null returns to the default.")
    ] = None
    public_catalogue: Annotated[bool | None, PUBLIC_CATALOGUE] = None
    energy_price: Annotated[
        EnergyPrice | None, Field(description="null takes the price away: no sum of money is told then.")
    ] = None

    def changes(self) -> dict[str, Any]:
        """What to set; a price that is said to be null is none, which is not the same as saying nothing."""
        given = self.model_dump()
        if self.energy_price is None and "energy_price" in self.model_fields_set:
            given["energy_price"] = {}
        return given


class Tenant(BaseModel):
    """One tenant with its settings."""

    model_config = ConfigDict(from_attributes=True)
    tenant_id: str
    name: str
    timezone: str
    is_demo: bool
    public_quickcheck: bool
    four_eyes: Annotated[bool, FOUR_EYES]
    four_eyes_retry: Annotated[bool, FOUR_EYES_RETRY]
    public_catalogue: Annotated[bool, PUBLIC_CATALOGUE]
    energy_price: EnergyPrice | None
    retention_days: Annotated[dict[str, int], Field(description="By class of rows, where not the default.")]
    created_at: datetime


class Tenants(BaseModel):
    """A page of tenants, by id."""

    model_config = ConfigDict(from_attributes=True)
    rows: list[Tenant]
    next_cursor: NextCursor


class Held(BaseModel):
    """One role with its time."""

    model_config = ConfigDict(from_attributes=True)
    role: str
    valid_from: datetime
    valid_to: datetime | None


class Person(BaseModel):
    """One person as the tenant knows him or her."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    email: str
    name: str
    active: bool = Field(description="Whether the person may come in to this tenant.")
    roles: list[Held]


class People(BaseModel):
    """A page of people, by name."""

    model_config = ConfigDict(from_attributes=True)
    rows: list[Person]
    next_cursor: NextCursor


class Invitation(BaseModel):
    """A person to make known, with roles. One address is one person in all tenants."""

    model_config = _body(email="bo@north.example", name="Bo", roles=["REVIEWER"])
    email: Annotated[str, Field(min_length=3, max_length=255)]
    name: Name
    roles: Annotated[list[Role], Field(min_length=1, max_length=12)]
    valid_to: AwareDatetime | None = None


class PersonChanges(BaseModel):
    """Whether the person may come in."""

    model_config = _body(active=False)
    active: bool


class NewRole(BaseModel):
    """A role to give."""

    model_config = _body(user_id="0190b6a2-5f5e-7c3a-8000-000000000000", role="REVIEWER")
    user_id: UUID
    role: Role
    valid_to: AwareDatetime | None = None


class RoleEnd(BaseModel):
    """When the role is to end."""

    model_config = _body(valid_to="2099-03-31T00:00:00Z")
    valid_to: AwareDatetime


class Given(BaseModel):
    """One giving of a role."""

    model_config = ConfigDict(from_attributes=True)
    user_id: UUID
    name: str
    email: str
    role: str
    valid_from: datetime
    valid_to: datetime | None
    is_standing: bool


class Roles(BaseModel):
    """A page of givings, newest first."""

    model_config = ConfigDict(from_attributes=True)
    rows: list[Given]
    next_cursor: NextCursor


class NewKey(BaseModel):
    """A key to make."""

    model_config = _body(name="Head end", scopes=["ami:write"])
    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=30)]
    expires_at: AwareDatetime | None = None


class Rotation(BaseModel):
    """How a key is rotated."""

    model_config = _body(overlap_hours=24)
    overlap_hours: Annotated[int, Field(ge=0, le=720, description="For which the old key goes on.")] = 24
    expires_at: Annotated[
        AwareDatetime | None, Field(description="Left out: it lives as long as the old one was made to.")
    ] = None


class Key(BaseModel):
    """One key, without its secret."""

    model_config = ConfigDict(from_attributes=True)
    key_id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    replaces: str | None = Field(description="The key that this one was rotated from.")
    state: Literal["STANDING", "EXPIRED", "REVOKED"]


class MadeKey(BaseModel):
    """A key that has just been made."""

    model_config = ConfigDict(from_attributes=True)
    key: Key
    token: str = Field(description="Shown this once.", examples=["csk_0123456789abcdef_..."])


class Keys(BaseModel):
    """A page of keys, newest first."""

    model_config = ConfigDict(from_attributes=True)
    rows: list[Key]
    next_cursor: NextCursor
