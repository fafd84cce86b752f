"""Bodies and answers of the store and of what its administrators do. Amounts are in the currency's smallest unit."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StrictBool, StrictInt, StringConstraints, model_validator

from api.courses.learn_schemas import COURSE, Asked, CourseName, Told

Cents = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Buy(Asked):
    """What to buy. With `priceCents` the purchase is refused where that is not the price any more."""

    product_id: UUID
    price_cents: Cents | None = Field(None, description="The price that was seen.", examples=[4900])


class Offer(Asked):
    """A course to put on sale."""

    course_id: CourseName = Field(examples=[COURSE])
    price_cents: Cents = Field(examples=[4900])
    currency: Currency = Field(examples=["EUR"])


class Change(Asked):
    """Another price, or on or off sale. Course and currency stay as they are."""

    price_cents: Cents | None = Field(None, examples=[3900])
    active: StrictBool | None = Field(None, examples=[False])

    @model_validator(mode="after")
    def _says_something(self) -> "Change":
        if self.price_cents is None and self.active is None:
            raise ValueError("name priceCents or active")
        return self


class Refund(Asked):
    """What is given back, all of the price where no amount is named, and why."""

    amount_cents: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)] | None = Field(None, examples=[4900])
    reason: Reason = Field(examples=["Bought twice by mistake"])


class License(Asked):
    """A course that another tenant may deliver and sell, until an instant or until it is ended."""

    course_id: CourseName = Field(examples=[COURSE])
    licensee_tenant_id: Annotated[str, StringConstraints(min_length=1, max_length=63)] = Field(examples=["PARTNER"])
    valid_to: AwareDatetime | None = Field(None, examples=["2027-12-31T00:00:00Z"])
    reason: Reason | None = Field(None, examples=["Contract of November 2026"])


class EndLicense(Asked):
    """Why a licence ends."""

    reason: Reason = Field(examples=["The contract was not renewed"])


class StoreRow(Told):
    """One product that is on sale."""

    product_id: UUID
    course_id: str = Field(examples=[COURSE])
    title: str
    level: str
    minutes: int
    lessons: int
    price_cents: int = Field(examples=[4900])
    currency: str = Field(examples=["EUR"])
    price: str = Field(examples=["EUR\u00a049.00"])
    purchased: bool


class PurchaseTold(Told):
    """One purchase. No money moves here: it is recorded."""

    purchase_id: UUID
    product_id: UUID
    course_id: str = Field(examples=[COURSE])
    price_cents: int = Field(examples=[4900])
    currency: str = Field(examples=["EUR"])
    status: str = Field(examples=["RECORDED"])
    created_at: datetime


class ProductTold(Told):
    """One product as its seller sees it."""

    product_id: UUID
    course_id: str = Field(examples=[COURSE])
    course_tenant_id: str = Field(description="The owner of the course.", examples=["DEMO_TENANT"])
    price_cents: int = Field(examples=[4900])
    currency: str = Field(examples=["EUR"])
    active: bool
    created_at: datetime
    updated_at: datetime


class SoldRow(Told):
    """One purchase as its seller sees it."""

    purchase_id: UUID
    product_id: UUID
    course_id: str = Field(examples=[COURSE])
    buyer_id: UUID
    buyer: str | None = Field(examples=["Lena Learner"])
    price_cents: int = Field(examples=[4900])
    currency: str = Field(examples=["EUR"])
    status: str = Field(examples=["RECORDED"])
    created_at: datetime
    refunded_cents: int | None
    refund_reason: str | None
    refunded_at: datetime | None


class SoldPage(Told):
    """One page of purchases, the newest first, and the sums of each currency over all of them."""

    rows: list[SoldRow]
    totals: list["CurrencyTold"]
    next_cursor: str | None


class CurrencyTold(Told):
    """What was sold and given back in one currency; currencies are never added up."""

    currency: str = Field(examples=["EUR"])
    purchases: int
    sold_cents: int
    refunds: int
    refunded_cents: int


class RefundTold(Told):
    """A refund, and whether the learner's access ended with it."""

    purchase_id: UUID
    course_id: str = Field(examples=[COURSE])
    amount_cents: int = Field(examples=[4900])
    currency: str = Field(examples=["EUR"])
    reason: str
    refunded_at: datetime
    access_ended: bool


class LicenceRow(Told):
    """One countersigned licence, or the end of one."""

    licence_id: UUID
    owner_tenant_id: str = Field(examples=["DEMO_TENANT"])
    licensee_tenant_id: str = Field(examples=["PARTNER"])
    course_id: str = Field(examples=[COURSE])
    ends: bool
    reason: str | None
    valid_from: datetime
    valid_to: datetime | None
    in_force: bool
    countersignature_id: UUID


class ProposedTold(Told):
    """What waits for another person's signature."""

    proposal_id: UUID
    content_hash: str
    state: str = Field(examples=["WAITING"])
    expires_at: datetime
