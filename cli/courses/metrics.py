"""`countersign courses metrics`: how learners fare, from an analyst's files. No database, no server, no tenant."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from cli.courses.study_files import read_enrolments, read_events, read_lessons
from domain.courses.insight.formats.answer import answer_of
from domain.courses.insight.formats.study import Study, study_of
from domain.courses.insight.formats.told import missing, notes
from domain.courses.insight.rules.figures import Figures
from domain.kernel.advisory import advisory
from domain.kernel.errors import Invalid

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@click.command(
    help="""Completion, drop-off, time, quizzes and funnel by course and lesson, and the signals that they open.

Rates are {k, n, value, low, high}: k of n, with a 95 % interval after Wilson; null where n is 0. What the files cannot
tell is null and named in `missing`. Days are UTC. A course in two versions is two course_ids.

\b
ENROLMENTS  CSV (also .csv.gz) or Parquet with columns
              learner_id, course_id, enrolled_at        required
              completed_at, revoked_at                  optional
EVENTS      event_id, learner_id, course_id, event_type,
            lesson_idx, occurred_at                     required
              score, passed (true or false)             optional
            event_type is course_view, lesson_viewed, lesson_left,
            lesson_completed, quiz_attempted or quiz_passed. lesson_idx counts
            from 0; only a course_view may be without it, and without learner.
LESSONS     course_id, lesson_idx                       required
              title, planned_minutes                    optional
            Without it the lessons are those that events name.
Times are ISO 8601; without an offset they are UTC. Rows that stand twice count
once, in whatever order they come.

\b
JSON: {"as_of", "ruleset", "courses": [{course_id, enrolled, revoked,
completed, course_completion_pct, mean_progress_pct, lessons: [{lesson_idx,
title, planned_minutes, viewers, completers, completion, completion_enrolled,
reached, drop_off, matured_drop_off, seconds, timed_learners, avg_seconds,
median_seconds, quiz: {...}}], funnel: {...}}], "signals": [{signal_type,
severity, course_id, target, lesson_idx, title, metric, thresholds, ruleset}],
"totals", "missing": [{figures, because}], "notes", "advisory"}

Example: countersign courses metrics --enrolments enrolments.csv --events events.parquet --json
"""
)
@click.option("--enrolments", required=True, type=_FILE, help="File of enrolments.")
@click.option("--events", required=True, type=_FILE, help="File of events.")
@click.option("--lessons", type=_FILE, help="File of lessons.")
@click.option("--as-of", help="Nothing later is known.  [default: the last time in the files]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def metrics(enrolments: Path, events: Path, lessons: Path | None, as_of: str | None, as_json: bool) -> None:
    """Figures of the files of a study."""
    asked = None if as_of is None else _instant(as_of)
    taught = None if lessons is None else read_lessons(lessons)
    study = study_of(read_enrolments(enrolments), read_events(events), taught)
    answer = _answer(study, asked)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))
        return
    from cli.courses.metrics_table import print_metrics

    print_metrics(answer)


def _answer(study: Study, asked: int | None) -> dict[str, Any]:
    moment = study.watermark if asked is None else asked
    begun = study.facts.enrolments.enrolled_at
    if moment is None or not (begun <= moment).any():
        raise Invalid("--as-of: nobody was enrolled by then.", hint="Give a later time, or leave it out.")
    figures = Figures(study.facts, moment)
    return answer_of(figures) | {
        "missing": [one.members() for one in missing(figures)],
        "notes": notes(figures),
        "advisory": advisory()["text"],
    }


def _instant(text: str) -> int:
    """Microseconds since 1970 of an option's text; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return (aware - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError) as cause:
        raise Invalid(f"--as-of: {text!r} is not a time.", hint="Expected one such as 2026-11-21T08:15:00Z.") from cause
