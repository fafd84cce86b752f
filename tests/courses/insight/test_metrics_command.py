"""`countersign courses metrics` through the command's own entry: its answer, its nulls, and its refusals."""

import gzip
import json
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.courses.study_files import read_enrolments, read_events, read_lessons
from domain.courses.insight.formats.study import study_of
from domain.kernel.errors import Invalid
from tests.commands import Command
from tests.courses.insight.test_golden_course import ENROLLED, HAPPENED, TAUGHT

Row = tuple[Any, ...]
ENROLMENT_NAMES = ("learner_id", "course_id", "enrolled_at", "completed_at", "revoked_at")
EVENT_NAMES = ("event_id", "learner_id", "course_id", "event_type", "lesson_idx", "occurred_at", "score", "passed")
LESSON_NAMES = ("course_id", "lesson_idx", "title", "planned_minutes")
ALL_NAMES = (ENROLMENT_NAMES, EVENT_NAMES, LESSON_NAMES)


COMMAND = Command("courses", "metrics")
run, refusal = COMMAND.run, COMMAND.refusal


def answer(*arguments: object) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


def csv(path: Path, names: tuple[str, ...], rows: list[Row]) -> Path:
    cells = [["" if cell is None else str(cell) for cell in row] + [""] * (len(names) - len(row)) for row in rows]
    text = "\n".join([",".join(names), *(",".join(row) for row in cells)]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def files(folder: Path, enrolled: list[Row] = ENROLLED, happened: list[Row] = HAPPENED) -> list[object]:
    return [
        "--enrolments", csv(folder / "enrolments.csv", ENROLMENT_NAMES, enrolled),
        "--events", csv(folder / "events.csv", EVENT_NAMES, happened),
        "--lessons", csv(folder / "lessons.csv", LESSON_NAMES, TAUGHT),
    ]  # fmt: skip


def rate(k: int | None, n: int | None) -> Any:
    """A rate of the answer, by its counts."""
    return {"k": k, "n": n}


def counts(found: dict[str, Any]) -> dict[str, Any]:
    return {"k": found["k"], "n": found["n"]}


def test_the_answer_in_its_shape(tmp_path: Path) -> None:
    said = answer(*files(tmp_path), "--as-of", "2026-06-01")
    members = ["as_of", "ruleset", "courses", "signals", "totals", "missing", "notes", "advisory"]
    assert list(said) == members
    assert (said["as_of"], said["ruleset"]) == ("2026-06-01T00:00:00Z", "2026-1")
    (course,) = said["courses"]
    assert list(course) == [
        "course_id", "enrolled", "revoked", "completed", "course_completion_pct", "mean_progress_pct", "lessons",
        "funnel",
    ]  # fmt: skip
    assert list(course["completed"]) == ["k", "n", "value", "low", "high"]
    assert list(course["lessons"][0]) == [
        "lesson_idx", "title", "planned_minutes", "viewers", "completers", "completion", "completion_enrolled",
        "reached", "drop_off", "matured_drop_off", "seconds", "timed_learners", "avg_seconds", "median_seconds", "quiz",
    ]  # fmt: skip
    assert list(course["lessons"][0]["quiz"]) == [
        "attempts", "attempters", "fail_rate", "learner_pass_rate", "first_attempt_pass_rate", "attempts_per_learner",
        "retry_rate",
    ]  # fmt: skip
    assert list(course["funnel"]) == [
        "viewed", "enrolled", "completed", "view_to_enrolled", "enrolled_to_completed", "enrolled_without_view",
        "anonymous_views", "purchases",
    ]  # fmt: skip


def test_the_golden_course_from_files(tmp_path: Path) -> None:
    said = answer(*files(tmp_path), "--as-of", "2026-06-01")
    (course,) = said["courses"]
    assert (course["enrolled"], course["revoked"], course["mean_progress_pct"]) == (5, 1, 35.0)
    assert counts(course["completed"]) == rate(1, 5)
    assert course["course_completion_pct"] == 20.0
    lessons = course["lessons"]
    assert [one["viewers"] for one in lessons] == [3, 3, 2, 1]
    assert [one["completers"] for one in lessons] == [3, 2, 1, 1]
    assert [one["reached"] for one in lessons] == [4, 4, 2, 1]
    assert [counts(one["drop_off"]) for one in lessons] == [rate(0, 4), rate(2, 4), rate(1, 2), rate(0, 1)]
    assert [counts(one["matured_drop_off"]) for one in lessons] == [rate(0, 4), rate(3, 4), rate(0, 1), rate(0, 1)]
    assert [one["avg_seconds"] for one in lessons] == [1200, 1200, 300, 1800]
    assert [one["quiz"]["fail_rate"]["value"] for one in lessons] == [None] * 4
    assert said["signals"] == []
    assert said["totals"]["enrolled"] == 5
    assert said["notes"] == ["Events of learners who are not enrolled, which enter the funnel's views alone: 1."]


def test_twice_shuffled_and_doubled_the_answer_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    once = answer(*files(tmp_path))
    assert answer(*files(tmp_path)) == once
    again = answer(*files(tmp_path / "other", ENROLLED[::-1] * 2, HAPPENED[::-1] * 2))
    assert again.pop("notes") != once.pop("notes")
    assert again == once


def test_csv_gzip_and_parquet_give_the_same(tmp_path: Path) -> None:
    plain = files(tmp_path)
    expected = answer(*plain)
    packed = csv(tmp_path / "events.csv.gz", EVENT_NAMES, HAPPENED)
    assert answer(*plain[:2], "--events", packed, *plain[4:]) == expected

    def parquet(name: str, names: tuple[str, ...], rows: list[Row], **kinds: Any) -> Path:
        columns = {}
        for at, column in enumerate(names):
            cells = [row[at] if at < len(row) else None for row in rows]
            if column.endswith("_at"):
                cells = [None if cell is None else datetime.fromisoformat(cell) for cell in cells]
            columns[column] = pa.array(cells, kinds.get(column))
        pa_parquet.write_table(pa.table(columns), tmp_path / name)
        return tmp_path / name

    typed = [
        "--enrolments", parquet("e.parquet", ENROLMENT_NAMES, ENROLLED),
        "--events", parquet("v.parquet", EVENT_NAMES, HAPPENED, lesson_idx=pa.int16()),
        "--lessons", parquet("l.parquet", LESSON_NAMES, TAUGHT, planned_minutes=pa.float32()),
    ]  # fmt: skip
    assert answer(*typed) == expected


def test_nine_of_thirty_who_stop_open_a_signal_and_five_do_not(tmp_path: Path) -> None:
    def stopped(gone: int, learners: int) -> list[dict[str, Any]]:
        enrolled: list[Row] = [(f"u{one:02}", "C", "2026-01-01") for one in range(learners)]
        happened: list[Row] = [
            (f"{one}-{lesson}", f"u{one:02}", "C", "lesson_viewed", lesson, "2026-01-02T10:00:00Z")
            for one in range(learners)
            for lesson in range(1 if one < gone else 2)
        ]
        said = answer(*files(tmp_path, enrolled, happened), "--as-of", "2026-03-01")
        return [one for one in said["signals"] if one["signal_type"] == "HIGH_DROP_OFF" and one["lesson_idx"] == 0]

    assert stopped(5, 30) == []
    assert stopped(9, 29) == []
    (signal,) = stopped(9, 30)
    assert list(signal) == [
        "signal_type", "severity", "course_id", "target", "lesson_idx", "title", "metric", "thresholds", "ruleset",
    ]  # fmt: skip
    assert (signal["severity"], signal["target"], signal["title"]) == ("MEDIUM", "LESSON", "Lesson 0")
    assert signal["metric"]["low"] == pytest.approx(0.1666, abs=5e-5)
    assert signal["thresholds"] == {"open": 0.1, "close": 0.08, "min_n": 30}


# --- what files do not tell -------------------------------------------------------------------------------------------


def unknown(said: dict[str, Any]) -> set[str]:
    return {name for one in said["missing"] for name in one["figures"]}


def test_days_without_times_leave_time_null_and_say_so(tmp_path: Path) -> None:
    enrolled = [tuple(cell[:10] if cell and at > 1 else cell for at, cell in enumerate(row)) for row in ENROLLED]
    happened = [(*row[:5], row[5][:10]) for row in HAPPENED]
    said = answer(*files(tmp_path, enrolled, happened))
    for lesson in said["courses"][0]["lessons"]:
        assert [lesson[name] for name in ("seconds", "timed_learners", "avg_seconds", "median_seconds")] == [None] * 4
    assert said["totals"]["seconds"] is None
    assert {"avg_seconds", "LOW_TIME_ON_LESSON"} <= unknown(said)
    assert [one["viewers"] for one in said["courses"][0]["lessons"]] == [3, 3, 2, 1]
    assert said["as_of"] == "2026-05-26T00:00:00Z"


def test_dates_of_parquet_are_days(tmp_path: Path) -> None:
    days = [date(2026, 3, 1), date(2026, 3, 2)]
    columns = {"learner_id": ["a", "b"], "course_id": ["C", "C"], "enrolled_at": days, "completed_at": [None, days[1]]}
    pa_parquet.write_table(pa.table(columns), tmp_path / "e.parquet")
    events = csv(tmp_path / "v.csv", EVENT_NAMES, [("1", "a", "C", "lesson_viewed", 0, "2026-03-02")])
    said = answer("--enrolments", tmp_path / "e.parquet", "--events", events)
    assert counts(said["courses"][0]["completed"]) == rate(1, 2)
    assert "avg_seconds" in unknown(said)


def test_without_completed_at_completion_is_null_and_named(tmp_path: Path) -> None:
    bare = csv(tmp_path / "bare.csv", ENROLMENT_NAMES[:3], [row[:3] for row in ENROLLED])
    said = answer(*files(tmp_path), "--enrolments", bare)
    (course,) = said["courses"]
    assert course["completed"] == {"k": None, "n": 6, "value": None, "low": None, "high": None}
    assert course["course_completion_pct"] is None
    assert course["revoked"] is None
    assert [one["drop_off"]["k"] for one in course["lessons"]] == [0, 3, 1, None]
    assert {"completed", "drop_off of the last lesson", "revoked", "LOW_COURSE_COMPLETION"} <= unknown(said)
    assert said["totals"]["completed"]["k"] is None


def test_without_lessons_their_number_is_not_known(tmp_path: Path) -> None:
    said = answer(*files(tmp_path)[:4])
    (course,) = said["courses"]
    assert course["mean_progress_pct"] is None
    assert [one["reached"] for one in course["lessons"]] == [4, 4, 2, 1]
    assert {"mean_progress_pct", "planned_minutes"} <= unknown(said)


def test_views_of_the_course_make_a_funnel_and_without_them_it_is_null(tmp_path: Path) -> None:
    none = {"k": None, "n": None, "value": None, "low": None, "high": None}
    without = answer(*files(tmp_path))["courses"][0]["funnel"]
    assert [one for one in without.values() if one not in (None, none)] == []
    views: list[Row] = [
        ("v1", "ann", "C", "course_view", None, "2026-02-28T10:00:00Z"),
        ("v2", None, "C", "course_view", None, "2026-02-28T10:00:00Z"),
        ("v3", "hal", "C", "course_view", None, "2026-02-28T10:00:00Z"),
    ]
    funnel = answer(*files(tmp_path, happened=[*HAPPENED, *views]))["courses"][0]["funnel"]
    assert (funnel["viewed"], funnel["enrolled"], funnel["completed"]) == (2, 1, 1)
    assert (funnel["enrolled_without_view"], funnel["anonymous_views"], funnel["purchases"]) == (4, 1, None)


def test_attempts_that_tell_no_outcome_leave_passing_null(tmp_path: Path) -> None:
    tried: list[Row] = [("q1", "ann", "C", "quiz_attempted", 0, "2026-03-01T10:00:00Z", 50)]
    said = answer(*files(tmp_path, happened=[*HAPPENED, *tried]))
    quiz = said["courses"][0]["lessons"][0]["quiz"]
    assert (quiz["attempts"], counts(quiz["learner_pass_rate"])) == (1, rate(None, 1))
    assert "quiz.learner_pass_rate" in unknown(said)


def test_no_events_at_all_is_a_course_that_nobody_opened(tmp_path: Path) -> None:
    said = answer(*files(tmp_path, happened=[]))
    (course,) = said["courses"]
    assert [one["viewers"] for one in course["lessons"]] == [0, 0, 0, 0]
    assert course["lessons"][0]["completion"] == {"k": 0, "n": 0, "value": None, "low": None, "high": None}
    assert counts(course["completed"]) == rate(1, 5)


def test_nothing_after_the_instant_counts(tmp_path: Path) -> None:
    said = answer(*files(tmp_path), "--as-of", "2026-03-04T09:30:00+01:00")
    assert said["as_of"] == "2026-03-04T08:30:00Z"
    assert counts(said["courses"][0]["completed"]) == rate(0, 5)
    assert "Events after the as-of instant, left out: 5." in said["notes"]
    assert "Enrolments after the as-of instant, left out: 1." in said["notes"]


def test_the_table_for_people_says_what_is_not_known(tmp_path: Path) -> None:
    told: list[Row] = [("C", 0, "[b]A[/b]")]
    lessons = csv(tmp_path / "l.csv", LESSON_NAMES, told)
    happened = [row for row in HAPPENED if row[4] == 0]
    done = run(*files(tmp_path, happened=happened)[:4], "--lessons", lessons)
    assert done.returncode == 0, done.stderr
    assert "[b]A[/b]" in done.stdout
    assert "20.0 % (1/5)" in done.stdout
    assert "No signal opens. " in done.stdout
    assert "Not known: LOW_TIME_ON_LESSON, HIGH_TIME_ON_LESSON. Lessons have no planned_minutes in C." in done.stdout


# --- wrong files ------------------------------------------------------------------------------------------------------

GOOD_EVENT = ("1", "ann", "C", "lesson_viewed", "0", "2026-03-01T10:00:00Z", "", "")


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ("event_id", "", "events.csv, row 3, column event_id: is empty, expected an id."),
        ("course_id", "", "events.csv, row 3, column course_id: is empty, expected an id."),
        ("event_type", "clicked", "row 3, column event_type: 'clicked' is no event, expected one of course_view, "),
        ("learner_id", "", "row 3, column learner_id: is empty, expected a learner; only a course_view"),
        ("lesson_idx", "", "row 3, column lesson_idx: is empty, expected the number of a lesson with lesson_viewed."),
        ("lesson_idx", "-1", "row 3, column lesson_idx: -1 is no lesson, expected a whole number, 0 for the first"),
        ("lesson_idx", "1.5", "row 3, column lesson_idx: 1.5 is no lesson, expected a whole number"),
        ("lesson_idx", "1e300", "row 3, column lesson_idx: 1e+300 is no lesson"),
        ("lesson_idx", "inf", "row 3, column lesson_idx: is empty or not a number"),
        ("lesson_idx", "one", "row 3, column lesson_idx: 'one' is not a number"),
        ("lesson_idx", "4", "row 3, column lesson_idx: 4 is no lesson of C, expected one of its 4, which are numbered"),
        ("occurred_at", "", "row 3, column occurred_at: is empty, expected a time such as"),
        ("occurred_at", "yesterday", "row 3, column occurred_at: 'yesterday' is not a time, expected ISO 8601"),
        ("occurred_at", "0001-01-01T00:00:00+05:00", "row 3, column occurred_at: lies outside the years"),
        ("occurred_at", "0099-01-01", "row 3, column occurred_at: lies outside the years 1900 to 2199"),
        ("score", "much", "row 3, column score: 'much' is not a number"),
        ("passed", "perhaps", "row 3, column passed: 'perhaps' is neither true nor false."),
    ],
)
def test_a_wrong_cell_of_events_is_named(tmp_path: Path, column: str, cell: str, sentence: str) -> None:
    wrong = list(GOOD_EVENT)
    wrong[EVENT_NAMES.index(column)] = cell
    assert sentence in refusal(*files(tmp_path, happened=[GOOD_EVENT, tuple(wrong)]))


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ("learner_id", "", "enrolments.csv, row 2, column learner_id: is empty, expected an id."),
        ("enrolled_at", "", "enrolments.csv, row 2, column enrolled_at: is empty"),
        ("completed_at", "soon", "enrolments.csv, row 2, column completed_at: 'soon' is not a time"),
        ("revoked_at", "9999-12-31", "enrolments.csv, row 2, column revoked_at: lies outside the years"),
    ],
)
def test_a_wrong_cell_of_enrolments_is_named(tmp_path: Path, column: str, cell: str, sentence: str) -> None:
    wrong = ["ann", "C", "2026-03-01", "", ""]
    wrong[ENROLMENT_NAMES.index(column)] = cell
    assert sentence in refusal(*files(tmp_path, enrolled=[tuple(wrong)]))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([("C", None, "A", 5)], "lessons.csv, row 2, column lesson_idx: is empty or not a number"),
        ([("", 0, "A", 5)], "lessons.csv, row 2, column course_id: is empty, expected an id."),
        ([("C", 0, "A", -5)], "lessons.csv, row 2, column planned_minutes: -5 is no plan, expected minutes"),
        ([("C", 0, "A", 5), ("C", 0, "B", 5)], "row 3, column lesson_idx: lesson 0 of C stands twice and differs."),
        ([("C", 0.5, "A", 5)], "row 2, column lesson_idx: 0.5 is no lesson"),
    ],
)
def test_a_wrong_cell_of_lessons_is_named(tmp_path: Path, rows: list[Row], sentence: str) -> None:
    given_files = files(tmp_path)
    csv(tmp_path / "lessons.csv", LESSON_NAMES, rows)
    assert sentence in refusal(*given_files)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "events.csv is empty. Expected a header line such as event_id,learner_id,"),
        (
            b"a,b\n1,2\n",
            "events.csv has no column event_id, learner_id, course_id, event_type, occurred_at",
        ),
        (b"\x00\xff\x00", "events.csv is neither CSV in UTF-8 nor Parquet."),
        (b"PAR1 and then nothing", "events.csv is not a whole Parquet file"),
        (b"\x1f\x8b broken", "events.csv"),
        (b"event_id,learner_id,course_id,event_type,lesson_idx,occurred_at\n1,a\n", "events.csv, row 2 has 2 cells"),
        (b"event_id,event_id,learner_id,course_id,event_type,lesson_idx,occurred_at\n", "has column event_id twice"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    given_files = files(tmp_path)
    (tmp_path / "events.csv").write_bytes(content)
    assert sentence in refusal(*given_files)


def test_enrolments_without_rows_are_refused(tmp_path: Path) -> None:
    assert "enrolments.csv has a header and no rows." in refusal(*files(tmp_path, enrolled=[]))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("soon", "--as-of: 'soon' is not a time. Expected one such as"),
        ("2020-01-01", "--as-of: nobody was enrolled by then."),
        ("0001-01-01T00:00:00+05:00", "--as-of: "),
    ],
)
def test_an_instant_that_makes_no_sense_is_refused(tmp_path: Path, asked: str, sentence: str) -> None:
    assert sentence in refusal(*files(tmp_path), "--as-of", asked)


def test_the_installed_command_exits_with_2_and_one_sentence(tmp_path: Path) -> None:
    given_files = files(tmp_path, enrolled=[("ann", "C", "never")])
    command = [str(Path(sys.executable).with_name("countersign")), "courses", "metrics", *map(str, given_files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: enrolments.csv, row 2, column enrolled_at: 'never' is not a time")
    assert len(done.stderr.splitlines()) == 1


# --- anything at all --------------------------------------------------------------------------------------------------

cells = st.sampled_from(
    ["", "a", "C", "0", "1", "-1", "1e9", "nan", "inf", "true", "lesson_viewed", "course_view", "quiz_passed", "null",
     "2026-03-01", "2026-03-01T10:00:00Z", "2026-02-30", "9999-12-31T23:59:59-14:00", '"', "\ufeff", "Ω", ";", "\t"]
)  # fmt: skip


def read(kind: str, path: Path) -> object:
    return {"enrolments": read_enrolments, "events": read_events, "lessons": read_lessons}[kind](path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["enrolments", "events", "lessons"]), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_a_sentence(tmp_path: Path, kind: str, content: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"any\.csv"):
        read(kind, path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_cells_make_a_study_or_are_refused_in_a_sentence(tmp_path: Path, data: st.DataObject) -> None:
    paths = []
    good_rows: tuple[Row, ...] = (("ann", "C", "2026-03-01", "", ""), GOOD_EVENT, ("C", "0", "A", "5"))
    for number, (names, good) in enumerate(zip(ALL_NAMES, good_rows, strict=True)):
        row = st.tuples(*(st.just(cell) | cells for cell in good))
        rows = data.draw(st.lists(row, min_size=1, max_size=4))
        paths.append(csv(tmp_path / f"{number}.csv", names, [good, *rows]))
    try:
        study = study_of(read_enrolments(paths[0]), read_events(paths[1]), read_lessons(paths[2]))
    except Invalid as refused:
        assert ".csv" in refused.detail  # noqa: PT017
    else:
        assert study.watermark is not None
