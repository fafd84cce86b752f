"""Courses as assets: drafts, what people decided on them, and what they published. None of it has a button."""

import dagster as dg

from orchestration.partitions import TENANTS
from orchestration.tables import Verb, table

OWNER = "team:learning"


def _table(name: str, says: str, verb: Verb, *made_from: str | dg.AssetDep) -> dg.AssetSpec:
    return table("courses", name, says, verb=verb, made_from=made_from, partitions=TENANTS, owner=OWNER)


def _signed(kind: str) -> dg.AssetDep:
    return dg.AssetDep(["countersign", f"courses_{kind}"])


ASSETS = [
    _table(
        "content_revisions",
        "Drafts of syllabi, lessons, quizzes and projects, by people and by the worker. Grain: part and revision.",
        "observe",
    ),
    _table(
        "content_decisions",
        "What a person approved or rejected, by its hash. Grain: part and revision.",
        "countersign",
        "content_revisions",
        _signed("syllabus"),
        _signed("lesson"),
        _signed("quiz"),
        _signed("project"),
    ),
    _table(
        "course_packages",
        "Published courses; none of them ever changes. Grain: version. Units: minutes, bytes.",
        "countersign",
        "content_decisions",
        _signed("publish"),
        _signed("restore"),
    ),
    _table(
        "course_package_retirements",
        "Versions that are no longer offered, and why. Grain: version.",
        "countersign",
        "course_packages",
        _signed("retire"),
    ),
]
