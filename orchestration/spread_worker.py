"""What a worker of `orchestration/spread.py` runs: `celery -A orchestration.spread_worker worker`.

The steps of a run are its only task. The broker's address comes from COUNTERSIGN_CELERY_BROKER_URL, and database, home
and Dagster's instance from the same settings as for any other process of the copy.
"""

import os

from dagster_celery.config import DEFAULT_CONFIG, dict_wrapper
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_task

_BROKER = os.environ["COUNTERSIGN_CELERY_BROKER_URL"]
# A step that runs longer than Redis waits for its answer would be handed out a second time: a day at most.
_SETTINGS = DEFAULT_CONFIG | {"broker_transport_options": {"visibility_timeout": 86_400}}

app = make_app({"broker": _BROKER, "backend": _BROKER, "config_source": dict_wrapper(_SETTINGS)})
execute_plan = create_task(app)
