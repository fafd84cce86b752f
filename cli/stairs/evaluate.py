"""`countersign stairs evaluate`: the verdict of one case, by the functions that production uses."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from domain.kernel.advisory import SENTENCES, advisory
from domain.kernel.errors import CountersignError, Invalid
from domain.stairs.rules.evaluation.case import Case
from domain.stairs.rules.evaluation.evaluate import evaluate as verdict_on
from domain.stairs.rules.evaluation.fault import fault_of
from domain.stairs.rules.evaluation.reading import read_case


@click.command()
@click.option("--case", "file", type=click.Path(path_type=Path), help="JSON file of one case; - reads standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.  [default: text]")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a case, with an example, and leave.")
def evaluate(file: Path | None, as_json: bool, schema: bool) -> None:
    """Evaluate one test: verdict, limits, deviation, proof, and the fault as it would be raised.

    The file holds what a stored evaluation keeps as its inputs: the reading, the rules, the template's limits, the
    baseline, instrument and certificates, evidence, and when and where it was tested. Numbers may be text, and keep
    every digit. Nothing is stored; a person decides.

    Example: countersign stairs evaluate --case case.json --json
    """
    if schema:
        click.echo(json.dumps(Case.model_json_schema(), ensure_ascii=False, indent=2))
        return
    if file is None:
        raise click.UsageError("Give --case FILE, or --schema to see what a case holds.")
    answer = answer_of(file)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))
    else:
        _print(answer)


def answer_of(file: Path) -> dict[str, Any]:
    """The validation result of a file's case, and its fault."""
    try:
        case = read_case(_content(file))
        result = verdict_on(case)
    except CountersignError as wrong:
        wrong.detail = f"{file}: {wrong.detail}"
        raise
    fault = fault_of(case, result)
    told = None if fault is None else fault.members()
    return {**result, "fault_id": None, "fault": told, "advisory": advisory()["text"]}


def _content(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as cause:
        raise Invalid(f"The file cannot be read: {cause.strerror}.", hint="Give the path of a JSON file.") from cause


def _print(answer: dict[str, Any]) -> None:
    click.echo(f"{_WORDS[answer['verdict']]} (tested on {answer['test_date']}, judged by {answer['engine_version']})")
    for name, told in _rows(answer):
        click.echo(f"  {name:<12} {told}")
    for one in answer["observations"]:
        mark = "!" if one["code"] in answer["flags"] else "·"
        click.echo(f"  {mark} {one['code']}: {one['text']}")
    fault = answer["fault"]
    if fault is not None:
        click.echo(f"Fault proposed, {fault['severity']} ({fault['defect_classification']}): {fault['description']}")
        click.echo(f"  {fault['action_required']}.")
    click.echo(" ".join(SENTENCES))


_WORDS = {
    "compliant": "Compliant",
    "non_compliant": "NOT compliant",
    "indeterminate": "Indeterminate: it did not fail, and a pass is not proven",
}


def _rows(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and text of each figure that is there."""
    unit = answer["unit"] or ""
    rows = []
    if answer["measured_value"] is not None:
        raw = answer["measured_raw"]
        exactly = "" if str(answer["measured_value"]) == raw else f" (exactly {raw})"
        rows.append(("measured", f"{answer['measured_value']} {unit}{exactly}"))
    if answer["measured_at_handle"] is not None:
        rows.append(("at handle", f"{answer['measured_at_handle']} {unit}"))
    ends = [f"{word} {answer[key]} {unit}" for word, key in _LIMITS if answer[key] is not None]
    if ends:
        rows.append(("limits", f"{', '.join(ends)} (from {answer['threshold_source']})"))
    if answer["rule_code"] is not None:
        rows.append(("rule", f"{answer['rule_code']} of {answer['rule_version']}"))
    if answer["deviation_from_baseline_pct"] is not None:
        told = f"{answer['baseline_value']} {unit}, deviation {answer['deviation_from_baseline_pct']} %"
        rows.append(("baseline", told))
    if answer["calibration"]["certificate"] is not None:
        rows.append(("certificate", answer["calibration"]["certificate"]))
    proof = answer["evidence"]
    if proof["required"]:
        rows.append(("evidence", f"{proof['verified']} verified, {proof['required']} required"))
    return rows


_LIMITS = (("at least", "effective_min"), ("at most", "effective_max"))
