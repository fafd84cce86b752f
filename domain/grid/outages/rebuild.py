"""Make a run of advice again from the database as it is now, as of the same time, and compare inputs and output.

What differs is told by its hash: changed inputs mean that a row was changed or taken away since, a changed output with
equal inputs that the algorithm is not the one that the run names.
"""

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text

from domain.grid.outages.observe.infer import inferred_again
from domain.grid.outages.rules.crews import recommend_crews
from domain.grid.outages.rules.replay import summarise
from domain.grid.outages.store import outages, replays, runs
from domain.grid.outages.store.runs import Question, Run
from domain.grid.outages.suggest import crews, options, rank
from domain.grid.outages.suggest.asked import ask
from domain.grid.outages.suggest.estimate import estimated_again
from domain.grid.outages.suggest.replay import question_of
from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict
from domain.kernel.verify import Check

Again = tuple[Question, Any]


def rebuild_advice(connection: Connection, run_id: uuid.UUID) -> list[Check]:
    """Compare a recorded run with one made now.

    Raises:
        NotFound: no such run.
        Conflict: NOT_REBUILDABLE, decisions of a moment are told by their proposal and not made again.
    """
    run = runs.load(connection, run_id)
    makers: dict[str, Callable[[Connection, str, Run], Again]] = {
        "INFER": inferred_again,
        "RANK": _ranking,
        "OPTIONS": _options,
        "CREWS": _crews,
        "ETR": estimated_again,
        "REPLAY": _replay,
    }
    make = makers.get(run.step)
    if make is None:
        raise Conflict(
            "A decision table is of its moment; the proposal that it led to holds it. Nothing was compared.",
            code="NOT_REBUILDABLE",
        )
    tenant_id = str(connection.execute(text("SELECT current_setting('app.tenant')")).scalar_one())
    question, output = make(connection, tenant_id, run)
    return [
        Check.of("settings", run.config_hash, question.config_hash),
        Check.of("inputs", run.input_hash, question.input_hash),
        Check.of("output", run.output_hash, content_hash(output)),
        Check.of("run id", str(run.run_id), str(question.run_id)),
    ]


def _ranking(connection: Connection, tenant_id: str, run: Run) -> Again:
    asked = ask(connection, tenant_id, run.outage_id, run.as_of)
    by = run.made_from["rank_by"]
    return rank.question_of(asked, by), [rank.row_of(one) for one in rank.ranked_zones(asked, by)]


def _options(connection: Connection, tenant_id: str, run: Run) -> Again:
    asked = ask(connection, tenant_id, run.outage_id, run.as_of)
    minutes = run.made_from["repair_min"]
    question = options.question_of(connection, asked, minutes)
    made = options.options_of(connection, asked, minutes)
    return question, options.output_of(options.rows_of(made, question.run_id, asked.outage.outage_id))


def _crews(connection: Connection, tenant_id: str, run: Run) -> Again:
    asked = ask(connection, tenant_id, run.outage_id, run.as_of)
    parent = runs.load(connection, run.parent_run_id) if run.parent_run_id else None
    rows = [] if parent is None else options.stored(connection, parent.run_id)
    jobs, there = crews.jobs_of(asked, rows), crews.crews_of(connection, asked)
    question = crews.question_of(asked, jobs, there)
    plan = recommend_crews(jobs, there, as_of=asked.as_of, is_storm=asked.storm is True)
    return question, crews.output_of(crews.rows_of(plan, question.run_id))


def _replay(connection: Connection, tenant_id: str, run: Run) -> Again:
    assert run.outage_id is not None  # noqa: S101 - a replay is of an outage
    question, told = question_of(connection, tenant_id, outages.load(connection, run.outage_id), run.as_of)
    kept = next((one for one in replays.of_outage(connection, run.outage_id) if one.run_id == run.run_id), None)
    replay_id = "" if kept is None else str(kept.replay_id)
    return question, summarise(told(replay_id, question.input_hash)).model_dump(mode="json")
