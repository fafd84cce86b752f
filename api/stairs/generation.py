"""Generation over HTTP: which tests a building has, as a difference that a person publishes."""

from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import CallerDep, TenantId, TenantSession
from api.paging import By, FieldsDep, Keyset, Paged, PageDep
from api.stairs.access import LOOKS, PROPOSES
from api.stairs.proposed import Laid, laid
from api.stairs.registry_schemas import ExpectedTold, RunTold, TemplateRow
from api.stairs.schemas import Body, Frequency
from domain.kernel.clock import utc_now
from domain.stairs.rules.counts import expected_counts, stair_sizes
from domain.stairs.rules.schedule import SCHEDULED, schedule_of
from domain.stairs.rules.vocabulary import FREQUENCIES
from domain.stairs.store import templates
from domain.stairs.store.registry import load_building, load_registry
from domain.stairs.store.ruleset import load_schedule
from domain.stairs.suggest.generation import generate_templates

router = APIRouter()
ORDER = Keyset("templates", By("frequency", str), By("sequence_order", int), By("template_instance_id", UUID))


class Generate(Body):
    """What to generate."""

    frequency: Frequency
    profile: Annotated[
        Literal["scheduled", "strict"], Field(description="`strict`: everything at every frequency.")
    ] = "scheduled"


class Generated(Laid):
    """The difference, and that it waits for a signature."""

    run_id: UUID
    counts: dict[str, int] = Field(description="Tests by kind, as generated.", examples=[{"total": 168}])
    expected: dict[str, int] = Field(description="The same by the closed formula.", examples=[{"total": 168}])
    added: int = Field(examples=[168])
    retired: int = Field(examples=[0])
    unchanged: int = Field(examples=[0])
    renumbered: int = Field(0, description="Tests that stay and get another place in the walk.")


@router.post(
    "/buildings/{building_id}/instances/generate",
    dependencies=[PROPOSES],
    summary="Generate the tests of a building as a proposed difference",
)
def generate(
    building_id: UUID, body: Generate, connection: TenantSession, caller: CallerDep, tenant_id: TenantId
) -> Generated:
    """The same registry gives the same run. Nothing is published: a person signs the difference."""
    zone = ZoneInfo(load_building(connection, building_id).timezone)
    made = generate_templates(
        connection,
        tenant_id,
        building_id,
        body.frequency,
        profile=body.profile,
        on=utc_now().astimezone(zone).date(),
        requested_by=caller.id,
    )
    generation = made.generation
    return Generated.model_validate(
        laid(made.proposal, generation.warnings)
        | {
            "state": made.state,
            "run_id": made.run_id,
            "counts": generation.counts,
            "expected": generation.expected,
            "added": len(generation.added),
            "retired": len(generation.retired),
            "unchanged": generation.unchanged,
            "renumbered": len(generation.renumbered),
        }
    )


@router.get(
    "/buildings/{building_id}/instances/templates",
    dependencies=[LOOKS],
    response_model=Paged[TemplateRow],
    summary="Published tests, in walk order",
)
def published(
    building_id: UUID,
    connection: TenantSession,
    page: PageDep,
    fields: FieldsDep,
    frequency: Annotated[Frequency | None, Query(description="All three by default.")] = None,
    include_ux: Annotated[bool, Query(description="With instructions, cues, warnings and prompts.")] = False,
) -> Any:
    """Each with the run and the countersignature that it stands by."""
    load_building(connection, building_id)
    after = ORDER.after(page)
    found = templates.listed(
        connection, building_id, frequency, condition=after.condition, order=after.order, values=after.values
    )
    hidden = {} if include_ux else dict.fromkeys(UX)
    return ORDER.page(TemplateRow, (row | hidden for row in found), page, fields)


UX = ("descriptive_instructions", "audible_cues", "safety_warnings", "evidence_prompts", "calibration_requirement")


@router.get(
    "/buildings/{building_id}/instances/expected", dependencies=[LOOKS], summary="How many tests a building has"
)
def expected(building_id: UUID, connection: TenantSession) -> ExpectedTold:
    """By the closed formula over the registry and the schedule in force: for the building and for each stair."""
    registry = load_registry(connection, building_id)
    schedule = schedule_of(SCHEDULED, load_schedule(connection))
    sizes = dict(zip((one.stair_name for one in registry.in_order()), stair_sizes(registry), strict=True))
    return ExpectedTold(
        frequencies={one: expected_counts(sizes.values(), schedule, one) for one in FREQUENCIES},
        stairs={
            name: {one: expected_counts([size], schedule, one)["total"] for one in FREQUENCIES}
            for name, size in sizes.items()
        },
    )


@router.get("/generation-runs/{run_id}", dependencies=[LOOKS], summary="What a run would add and retire, row by row")
def run(run_id: UUID, connection: TenantSession) -> RunTold:
    """Whole: these are the rows whose hash the proposal names."""
    return RunTold.model_validate(templates.load_run(connection, run_id))
