"""Buildings over HTTP: enter, import whole, read, retire."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.deps import CallerDep, TenantSession
from api.paging import By, Keyset, Paged, PageDep, Row
from api.stairs.access import ENTERS, LOOKS
from api.stairs.proposed import Laid, laid
from api.stairs.registry_schemas import RegistryTold
from domain.kernel.clock import utc_now
from domain.stairs.observe.import_building import import_building
from domain.stairs.observe.registry import Entered, change, enter, retire
from domain.stairs.rules.document import BuildingDocument, BuildingFields
from domain.stairs.store.registry import list_buildings, load_registry
from domain.stairs.store.registry_kinds import BUILDING
from domain.stairs.suggest.definitions import Wish, propose_definitions

router = APIRouter(prefix="/buildings")
ORDER = Keyset("buildings", By("name", str), By("id", UUID))


class Changed(BaseModel):
    """What became of an entry."""

    id: UUID
    outcome: str = Field(description="added, changed, unchanged, retired or restored.", examples=["added"])


class BuildingRow(Row):
    """One building, as the register lists it."""

    id: UUID
    name: str = Field(examples=["Pilot Building 123"])
    address: str | None
    timezone: str = Field(examples=["Australia/Sydney"])
    jurisdiction: str | None
    classification: str | None


class Imported(BaseModel):
    """What became of a document, and what of it waits for a signature."""

    building_id: UUID
    counts: dict[str, int] = Field(examples=[{"added": 155, "changed": 0, "unchanged": 0, "not_in_document": 0}])
    definitions: Laid = Field(description="Scenarios and interface tests: a person signs them first.")


def told(entered: Entered) -> Changed:
    """An outcome as it is answered."""
    return Changed(id=entered.entry_id, outcome=entered.outcome)


@router.get("", dependencies=[LOOKS], summary="Buildings by name")
def listed(connection: TenantSession, page: PageDep) -> Paged[BuildingRow]:
    """Those that stand."""
    after = ORDER.after(page)
    found = list_buildings(connection, after.condition, after.order, after.values)
    answer: Paged[BuildingRow] = ORDER.page(BuildingRow, found, page)
    return answer


@router.post("", status_code=201, dependencies=[ENTERS], summary="Enter a building")
def create(body: BuildingFields, connection: TenantSession, caller: CallerDep) -> Changed:
    """With its time zone: test dates are its local dates."""
    return told(enter(connection, caller, BUILDING, {}, body.model_dump()))


@router.post("/import", dependencies=[ENTERS], summary="Enter a whole building from one document")
def import_whole(body: BuildingDocument, connection: TenantSession, caller: CallerDep) -> Imported:
    """All of it or nothing. Sent again, it changes nothing; what it lacks stays. Scenarios wait to be signed."""
    made = import_building(connection, caller, body)
    ids = {one.stair_name: one.stair_id for one in load_registry(connection, made.building_id).stairs}
    wishes = [
        Wish(ids[stair.stair_name], stair.scenarios, stair.interface_definitions)
        for stair in body.stairs
        if stair.scenarios or stair.interface_definitions
    ]
    suggested = propose_definitions(connection, caller, made.building_id, wishes)
    counts = {name: made.outcomes[name] for name in ("added", "changed", "unchanged", "not_in_document")}
    return Imported(
        building_id=made.building_id,
        counts=counts,
        definitions=Laid.model_validate(laid(suggested.proposal, suggested.warnings)),
    )


@router.get("/{building_id}", dependencies=[LOOKS], summary="Everything that stands in a building, with its ids")
def one(building_id: UUID, connection: TenantSession) -> RegistryTold:
    """Stairs, floors, doors, doorways, zones, equipment, active scenarios and interface tests."""
    found = vars(load_registry(connection, building_id))
    counts = {name: len(entries) for name, entries in found.items() if name != "building"}
    return RegistryTold(counts=counts, **found)


@router.put("/{building_id}", dependencies=[ENTERS], summary="Change what was entered of a building")
def replace(building_id: UUID, body: BuildingFields, connection: TenantSession, caller: CallerDep) -> Changed:
    """All of its members are replaced."""
    return told(change(connection, caller, BUILDING, building_id, body.model_dump()))


@router.post("/{building_id}/retire", dependencies=[ENTERS], summary="Retire a building")
def retire_one(building_id: UUID, connection: TenantSession, caller: CallerDep) -> Changed:
    """It is no longer listed; what was tested stays."""
    return told(retire(connection, caller, BUILDING, building_id, utc_now()))


@router.post("/{building_id}/restore", dependencies=[ENTERS], summary="Put a retired building back")
def restore(building_id: UUID, connection: TenantSession, caller: CallerDep) -> Changed:
    """As it was."""
    return told(retire(connection, caller, BUILDING, building_id, None))
