"""All of it: what stands in the graph, what checks it, and when it runs. A room more is a line more."""

import dagster as dg

from orchestration.grid import definitions as grid
from orchestration.kernel import definitions as kernel
from orchestration.resources import Machine

defs = dg.Definitions.merge(
    kernel.defs,
    grid.defs,
    dg.Definitions(
        resources={"machine": Machine()},
        executor=dg.multiprocess_executor.configured({"max_concurrent": 2}),
    ),
)
