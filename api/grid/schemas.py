"""Bodies of the AMI endpoints, as the sources write them: camelCase, unknown members refused."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

TenantIdField = Annotated[str | None, Field(description="Must be the session's tenant.", examples=["DEMO_TENANT"])]


class Body(BaseModel):
    """camelCase members, snake_case accepted too; a misspelt member is an error, not silence."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class PublishOnce(Body):
    """Publish one window of emulated reads; without `windowEnd` the next one that has not been published."""

    tenant_id: TenantIdField = None
    interval_minutes: Annotated[Literal[15, 30, 60], Field(examples=[15])] = 15
    batch_size: Annotated[int, Field(ge=1, le=100_000, description="Rows written at a time.", examples=[50])] = 10_000
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    window_end: AwareDatetime | None = None


class Start(Body):
    """Publish continuously, one window each interval."""

    tenant_id: TenantIdField = None
    interval_minutes: Literal[15, 30, 60] | None = None


class Stop(Body):
    """Stop publishing continuously."""

    tenant_id: TenantIdField = None


class Event(Body):
    """One scenario. `severity` is a fraction above 0 and at most 1; `feederId` is an id or a code."""

    tenant_id: TenantIdField = None
    feeder_id: Annotated[str | None, Field(max_length=200, examples=["FEEDER_7"])] = None
    # Strict: true is not a severity of 1.
    duration_minutes: Annotated[float, Field(strict=True, examples=[60])] = 60
    severity: Annotated[float | None, Field(strict=True, examples=[0.7])] = None
    meter_ids: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=5_000)] = []
    starts_at: AwareDatetime | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class TheftEvent(Event):
    """Theft: the chosen meters record less than they use; what the feeder delivers stays as it is."""

    share: Annotated[float, Field(strict=True, description="Share of the feeder's energy that the thieves use.")] = 0.12
    mode: Literal["scale", "offpeak", "cap", "bypass_zero"] = "scale"
