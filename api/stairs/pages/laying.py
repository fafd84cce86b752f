"""Buttons of the registry: a document or a file taken in, tests generated, the ruleset laid down. A person signs each.

The doors are those of the API; what they refuse is told with every wrong line on a page of its own.
"""

from typing import Literal, cast
from uuid import UUID

from fastapi import APIRouter, UploadFile
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from api.deps import allow, body_limit
from api.errors import MAX_FIELD_ERRORS
from api.forms import FormDep, typed, uploaded
from api.pages import PageDep
from api.stairs import baselines, buildings, generation, ruleset
from api.stairs.baselines import LARGEST_FILE_BYTES
from api.stairs.proposed import Laid
from domain.kernel.errors import Invalid
from domain.kernel.principal import Role
from domain.stairs.rules.document import BuildingDocument
from domain.stairs.rules.vocabulary import FREQUENCIES

router = APIRouter(include_in_schema=False)
ENTERERS = frozenset({Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})
PROPOSERS = ENTERERS | {Role.REVIEWER}
ENTERS = allow(roles=ENTERERS)
PROPOSES = allow(roles=PROPOSERS)
READERS_OF = {"pressure": baselines.pressures, "velocity": baselines.velocities, "door_force": baselines.door_forces}
ENTRY_NOTICES = {
    "added": "It is entered. Generate the tests of its building to have it tested.",
    "changed": "It is changed. Published tests keep what they say until they are generated anew.",
    "unchanged": "Nothing to sign: all of it stands already.",
    "same": "Nothing was changed: it stands so already.",
    "retired": "It is retired. What was tested there stays.",
    "restored": "It is put back as it was.",
}
NOTICES = {
    "unchanged": "Nothing to sign: all of it stands already.",
    "entered": "The document is taken in. What needs a signature is listed below.",
}


@router.post("/stairs/buildings/import", dependencies=[ENTERS, body_limit(LARGEST_FILE_BYTES)])
def import_document(page: PageDep, form: FormDep) -> Response:
    """A whole building from one JSON document, all of it or nothing."""
    try:
        document = BuildingDocument.model_validate_json(_bytes(form))
    except ValidationError as cause:
        raise Invalid(
            "The file is not a building's document; nothing was entered.",
            hint="Correct what is listed and send it again.",
            code="BAD_DOCUMENT",
            errors=[
                {"field": ".".join(map(str, one["loc"])) or "document", "message": one["msg"]}
                for one in cause.errors(include_url=False, include_input=False)[:MAX_FIELD_ERRORS]
            ],
        ) from cause
    made = buildings.import_whole(document, page.connection, page.principal)
    return RedirectResponse(f"/stairs/buildings/{made.building_id}?done=entered", 303)


@router.post("/stairs/buildings/{building_id}/tests", dependencies=[PROPOSES])
def generate_tests(page: PageDep, form: FormDep, building_id: UUID) -> Response:
    """The tests of one routine as a difference to what is published."""
    frequency = typed(form, "frequency", 20)
    if frequency not in FREQUENCIES:
        raise Invalid("No tests were generated.", hint="Press the button of one of the routines.")
    wanted = generation.Generate(frequency=cast(Literal["monthly", "six_monthly", "annual"], frequency))
    made = generation.generate(building_id, wanted, page.connection, page.principal, page.tenant.tenant_id)
    return onward(made, f"/stairs/buildings/{building_id}")


@router.post("/stairs/buildings/{building_id}/values", dependencies=[PROPOSES, body_limit(LARGEST_FILE_BYTES)])
def take_values(page: PageDep, form: FormDep, building_id: UUID) -> Response:
    """Commissioned values from a CSV file: all rows or none."""
    kind = typed(form, "kind", 20)
    if kind not in READERS_OF:
        raise Invalid("No values were taken.", hint="Say what the file holds.")
    made = READERS_OF[kind](building_id, _file(form), page.connection, page.principal)
    return onward(made, f"/stairs/buildings/{building_id}")


@router.post("/stairs/rules/adopt", dependencies=[PROPOSES])
def adopt(page: PageDep, _: FormDep) -> Response:
    """Lay the shipped ruleset down, as far as it does not stand."""
    return onward(ruleset.adopt(page.connection, page.principal), "/stairs/rules")


def _file(form: FormData) -> UploadFile:
    """The file that was chosen.

    Raises:
        Invalid: none was.
    """
    file = uploaded(form, "file")
    if file is None:
        raise Invalid("No file was chosen; nothing was taken.", hint="Go back and choose the file.", code="NO_FILE")
    return cast(UploadFile, file)


def _bytes(form: FormData) -> bytes:
    return _file(form).file.read()


def onward(made: Laid, back: str) -> Response:
    """To what waits for a signature; back where nothing does."""
    address = made.page if made.state == "proposed" and made.page else f"{back}?done=unchanged"
    return RedirectResponse(address, 303)
