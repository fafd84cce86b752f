"""All of it: what stands in the graph, what checks it, and when it runs. A room more is a line more."""

import dagster as dg

from domain.kernel.logs import hide_secrets_in_records
from orchestration import signed
from orchestration.courses import definitions as courses
from orchestration.doers import DOERS, GATES
from orchestration.grid import definitions as grid
from orchestration.kernel import definitions as kernel
from orchestration.kernel import retention
from orchestration.resources import Machine, Objects
from orchestration.stairs import definitions as stairs

# Whatever process loads the definitions: Dagster's handlers write what runs say.
hide_secrets_in_records()


def whole(executor: dg.ExecutorDefinition) -> dg.Definitions:
    """Everything, with its steps where the executor puts them."""
    return dg.Definitions.merge(
        kernel.defs,
        retention.defs,
        signed.definitions(GATES, DOERS),
        grid.defs,
        stairs.defs,
        courses.defs,
        dg.Definitions(resources={"machine": Machine(), "objects": Objects()}, executor=executor),
    )
