"""Commissioned values over HTTP: files of them to be signed, what stands, and what stood before."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, File, Form, Query, UploadFile
from pydantic import Field
from sqlalchemy import Connection
from starlette.requests import Request

from api.deps import CallerDep, TenantSession, allow, body_limit
from api.forms import refuse_more_than_one
from api.stairs.access import LOOKS, PROPOSES, READS
from api.stairs.proposed import Laid, laid
from api.stairs.registry_schemas import BaselinesTold, ReplacedTold
from domain.kernel.clock import utc_now
from domain.kernel.principal import Principal
from domain.stairs.rules.archetypes.sources import Baselines, Sources
from domain.stairs.rules.baseline_csv import Kind
from domain.stairs.rules.commissioned import compliance_margin, is_recent
from domain.stairs.rules.generation import MEASURED
from domain.stairs.store import baselines
from domain.stairs.store.registry import load_building
from domain.stairs.store.ruleset import load_rules
from domain.stairs.suggest.baselines import import_baselines

router = APIRouter(prefix="/buildings/{building_id}/baseline")
LARGEST_FILE_BYTES = 4 * 1024 * 1024
HISTORY = allow(roles=READS - {"TECHNICIAN"}, scopes={"stairs:read"})
By = Annotated[str | None, Form(max_length=255, description="Who commissioned it.", examples=["ABC Fire Engineering"])]
Report = Annotated[str | None, Form(max_length=255, description="The commissioning report.", examples=["REP-2024-001"])]


class Uploaded(Laid):
    """What became of a file: all of its rows wait for a signature, or none was taken."""

    rows_imported: int = Field(description="Rows of the file; none of them holds before it is signed.", examples=[4])
    replaces: int = Field(0, description="Values that stand and would be replaced.")
    unchanged: int = Field(0, description="Rows that stand already as the file has them.")


async def one_file(request: Request) -> None:
    """The framework would hand over the last of several files and drop the others without a word.

    Raises:
        Invalid: ONE_FILE, more than one was sent.
    """
    refuse_more_than_one((await request.form()).getlist("file"))


UPLOAD = [PROPOSES, body_limit(LARGEST_FILE_BYTES), Depends(one_file)]


@router.post("/pressure/bulk", dependencies=UPLOAD, summary="Import commissioned pressures from CSV")
def pressures(
    building_id: UUID,
    file: Annotated[UploadFile, File(description="stair_id,floor_id,door_configuration,pressure_pa,commissioned_date")],
    connection: TenantSession,
    caller: CallerDep,
    commissioned_by: By = None,
    commissioning_report_ref: Report = None,
) -> Uploaded:
    """All rows or none; wrong cells are named by line. The values wait for a person's signature."""
    return _read(connection, caller, building_id, "pressure", file, commissioned_by, commissioning_report_ref)


@router.post("/velocity/bulk", dependencies=UPLOAD, summary="Import commissioned air velocities from CSV")
def velocities(
    building_id: UUID,
    file: Annotated[
        UploadFile,
        File(description="stair_id,doorway_id,door_scenario,velocity_ms,p1,...,p9,commissioned_date"),
    ],
    connection: TenantSession,
    caller: CallerDep,
    commissioned_by: By = None,
) -> Uploaded:
    """As pressures; the nine points are given all or not at all, and their mean is computed."""
    return _read(connection, caller, building_id, "velocity", file, commissioned_by)


@router.post("/door-force/bulk", dependencies=UPLOAD, summary="Import commissioned door forces from CSV")
def door_forces(
    building_id: UUID,
    file: Annotated[
        UploadFile,
        File(description="stair_id,door_id,pressurization_active,force_newtons,measurement_position,commissioned_date"),
    ],
    connection: TenantSession,
    caller: CallerDep,
    commissioned_by: By = None,
) -> Uploaded:
    """As pressures, for each door with the fans running and at rest."""
    return _read(connection, caller, building_id, "door_force", file, commissioned_by)


@router.get("", dependencies=[LOOKS], summary="Commissioned values that stand")
def standing(building_id: UUID, connection: TenantSession) -> BaselinesTold:
    """Each with the countersignature that it stands by, its age, and its distance to the limits in force today."""
    today = _today(connection, building_id)
    sources = Sources(Baselines(), tuple(one.rule for one in load_rules(connection)), today)
    found = {
        kind: [row | _said(kind, row, sources) for row in baselines.rows(connection, building_id, kind)]
        for kind in baselines.TABLES
    }
    counts = {kind: len(rows) for kind, rows in found.items()}
    return BaselinesTold.model_validate({"counts": counts, **found})


@router.get("/history", dependencies=[HISTORY], summary="Commissioned values that were replaced, newest first")
def history(
    building_id: UUID, connection: TenantSession, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> ReplacedTold:
    """Each with the countersignature that replaced it."""
    load_building(connection, building_id)
    found = {kind: baselines.history(connection, building_id, kind, limit) for kind in baselines.TABLES}
    counts = {kind: len(rows) for kind, rows in found.items()}
    return ReplacedTold.model_validate({"counts": counts, **found})


def _said(kind: str, row: dict[str, Any], sources: Sources) -> dict[str, Any]:
    """How old a value is, and how far it lies within the limits in force."""
    measurement_type, column, _ = MEASURED[kind]
    limits = sources.limits(measurement_type)
    value = row.get("average_velocity_ms") or row[column]
    return {
        "is_recent": is_recent(row["commissioned_date"], sources.on),
        "margin": None if limits is None else compliance_margin(value, limits),
    }


def _today(connection: Connection, building_id: UUID) -> date:
    """The local date of the building."""
    return utc_now().astimezone(ZoneInfo(load_building(connection, building_id).timezone)).date()


def _read(
    connection: Connection,
    caller: Principal,
    building_id: UUID,
    kind: Kind,
    file: UploadFile,
    commissioned_by: str | None,
    commissioning_report_ref: str | None = None,
) -> Uploaded:
    read = import_baselines(
        connection,
        caller,
        building_id,
        kind,
        file.file.read(),
        today=_today(connection, building_id),
        commissioned_by=commissioned_by,
        commissioning_report_ref=commissioning_report_ref,
    )
    told = laid(read.proposal, read.warnings)
    return Uploaded.model_validate(
        told | {"rows_imported": read.rows, "replaces": read.replaces, "unchanged": read.unchanged}
    )
