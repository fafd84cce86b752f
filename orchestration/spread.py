"""The same definitions with steps that workers take, on this machine or others: dagster-celery over Redis.

A code location of its own (`deploy/celery/workspace.yaml`), so that one machine needs neither package nor broker. Needs
the extra `scale`. The broker's address comes from COUNTERSIGN_CELERY_BROKER_URL when a run starts.
"""

from dagster_celery import celery_executor

from orchestration.together import whole

BROKER = {"env": "COUNTERSIGN_CELERY_BROKER_URL"}

defs = whole(celery_executor.configured({"broker": BROKER, "backend": BROKER}))
