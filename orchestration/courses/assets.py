"""Courses as assets: drafts, what people decided on them, and what they published. None of it has a button."""

import dagster as dg

from orchestration.partitions import TENANTS
from orchestration.tables import Verb, table

OWNER = "team:learning"


def table_of(name: str, says: str, verb: Verb, *made_from: str | dg.AssetDep) -> dg.AssetSpec:
    """One table of courses as an asset."""
    return table("courses", name, says, verb=verb, made_from=made_from, partitions=TENANTS, owner=OWNER)


def signed_by(kind: str) -> dg.AssetDep:
    """What a person signed of courses."""
    return dg.AssetDep(["countersign", f"courses_{kind}"])


ASSETS = [
    table_of(
        "content_revisions",
        "Drafts of syllabi, lessons, quizzes and projects, by people and by the worker. Grain: part and revision.",
        "observe",
    ),
    table_of(
        "content_decisions",
        "What a person approved or rejected, by its hash. Grain: part and revision.",
        "countersign",
        "content_revisions",
        signed_by("syllabus"),
        signed_by("lesson"),
        signed_by("quiz"),
        signed_by("project"),
    ),
    table_of(
        "course_packages",
        "Published courses; none of them ever changes. Grain: version. Units: minutes, bytes.",
        "countersign",
        "content_decisions",
        signed_by("publish"),
        signed_by("restore"),
    ),
    table_of(
        "course_package_retirements",
        "Versions that are no longer offered, and why. Grain: version.",
        "countersign",
        "course_packages",
        signed_by("retire"),
    ),
]
