"""What Dagster loads, in the code server and once more in the process of every run.

The steps of a tenant's day follow one another: a process for each would only cost its start. Days run side by side as
runs of their own. `orchestration/spread.py` is for more than one machine.
"""

from domain.kernel.loading import loading

with loading():
    import dagster as dg

    from orchestration.together import whole

    defs = whole(dg.in_process_executor)
