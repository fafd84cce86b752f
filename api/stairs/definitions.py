"""Scenarios and interface definitions over HTTP: what stands, and what is laid before a person."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from api.deps import CallerDep, TenantSession
from api.stairs.access import LOOKS, PROPOSES
from api.stairs.proposed import Laid, laid
from api.stairs.registry_schemas import DefinitionsTold
from api.stairs.schemas import Body
from domain.stairs.rules.document import DefinitionEntry, ScenarioEntry
from domain.stairs.rules.registry import InterfaceDefinition
from domain.stairs.rules.scenario import full_description
from domain.stairs.store import definitions
from domain.stairs.store.registry import load_building
from domain.stairs.suggest.definitions import Wish, propose_definitions

router = APIRouter(prefix="/buildings/{building_id}/definitions")
OWN = ("building_id", "created_at", "countersignature_id")


class OfStair(Body):
    """What one stair is to have."""

    stair_id: UUID
    scenarios: Annotated[list[ScenarioEntry], Field(max_length=1000)] = []
    interface_definitions: Annotated[list[DefinitionEntry], Field(max_length=200)] = []


class Define(Body):
    """What is to stand, and what is to rest."""

    stairs: Annotated[list[OfStair], Field(max_length=50)] = []
    rest: Annotated[
        list[UUID], Field(max_length=1000, description="Ids of scenarios and definitions that are no longer tested.")
    ] = []


class Defined(Laid):
    """What of it is new and waits for a signature."""

    counts: dict[str, int] = Field(examples=[{"scenarios": 1, "definitions": 4, "rest": 0}])


@router.get("", dependencies=[LOOKS], summary="Scenarios with all versions, and interface tests")
def standing(building_id: UUID, connection: TenantSession) -> DefinitionsTold:
    """Each with the countersignature that it stands by; `active` says whether it is tested."""
    load_building(connection, building_id)
    scenarios = definitions.scenarios(connection, building_id)
    interfaces = [_interface(row) for row in definitions.definitions(connection, building_id)]
    counts = {"scenarios": len(scenarios), "interface_definitions": len(interfaces)}
    return DefinitionsTold.model_validate(
        {"counts": counts, "scenarios": scenarios, "interface_definitions": interfaces}
    )


@router.post("", dependencies=[PROPOSES], summary="Propose scenarios and interface tests")
def define(building_id: UUID, body: Define, connection: TenantSession, caller: CallerDep) -> Defined:
    """A scenario of a name that stands becomes its next version. Unknown components are told and stop nothing."""
    wishes = [Wish(one.stair_id, one.scenarios, one.interface_definitions) for one in body.stairs]
    made = propose_definitions(connection, caller, building_id, wishes, rest=body.rest)
    counts = {name: len(made.content[name]) for name in ("scenarios", "definitions", "rest")}
    return Defined.model_validate(laid(made.proposal, made.warnings) | {"counts": counts})


def _interface(row: dict[str, Any]) -> dict[str, Any]:
    told = InterfaceDefinition(**{name: value for name, value in row.items() if name not in OWN})
    return row | {"description": full_description(told)}
