"""One form for what every benchmark tells: a figure, its ratio to a peer or to its limit, the target, pass or short."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PASS, SHORT = "pass", "short"
VERDICTS = {"met": PASS, "MISSED": SHORT, "": ""}


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        bench: which benchmark told it.
        value: in `unit`.
        ratio: by the peer of the same run where there is one, else by the target.
        against: what the ratio is to.
        target: in words, such as `<= 20`.
        verdict: `pass`, `short`, or empty where nothing is asked.
    """

    bench: str
    name: str
    value: float
    unit: str
    ratio: float | None
    against: str
    target: str
    verdict: str
    note: str = ""


def figures_of(bench: str, told: dict[str, Any]) -> list[Figure]:
    """What a benchmark printed as JSON (`harness.as_json`), line by line."""
    return [*_of_cases(bench, told.get("cases", [])), *(_of_check(bench, one) for one in told.get("checks", []))]


def _of_cases(bench: str, cases: list[dict[str, Any]]) -> Iterator[Figure]:
    """Cases are rates; each is told as a share of the first of its run."""
    for case in cases:
        yield Figure(
            bench,
            case["name"],
            case["rate"],
            "/s",
            case["share"],
            cases[0]["name"],
            "" if case["target"] is None else f">= {case['target']:g}",
            VERDICTS[case["verdict"]],
            f"by CPU {case['share_by_cpu']:.2f}" if case["share_by_cpu"] else "",
        )


def _of_check(bench: str, check: dict[str, Any]) -> Figure:
    target = check["target"]
    ratio, against = check.get("ratio"), check.get("peer", "")
    if ratio is None and target:
        ratio, against = check["value"] / target, "limit"
    return Figure(
        bench,
        check["name"].strip(),
        check["value"],
        check["unit"],
        ratio,
        against,
        "" if target is None else f"{'<=' if check['at_most'] else '>='} {target:g}",
        VERDICTS[check["verdict"]],
        check.get("note", ""),
    )
