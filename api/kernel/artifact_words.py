"""What people call the kinds and types of artifacts: the one place of these words, for every page that names one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.kernel.artifacts import Artifact


@dataclass(frozen=True)
class Words:
    """What one kind is called.

    Attributes:
        one: a single file of it.
        many: all of them, as a filter says it.
        is_trail: whether it comes by itself in great number beside what people look for; lists fold it away.
    """

    one: str
    many: str
    is_trail: bool = False


KINDS = {
    "grid.after_action_report": Words("After-action report", "After-action reports"),
    "stairs.compliance_report": Words("Compliance report", "Compliance reports"),
    "grid.inspection_list": Words("Inspection list", "Inspection lists"),
    "courses.regeneration_output": Words("Regenerated course text", "Regenerated course texts"),
    "stairs.calibration_certificate": Words("Calibration certificate", "Calibration certificates"),
    "retention.archive": Words("Archive of old rows", "Archives of old rows"),
    "stairs.evidence": Words("Evidence of a test", "Evidence of tests", is_trail=True),
    "ledger.checkpoint": Words("Checkpoint of the ledger", "Checkpoints of the ledger", is_trail=True),
}
TRAILS = tuple(kind for kind, words in KINDS.items() if words.is_trail)
TYPES = {
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/json": "JSON",
    "application/vnd.apache.parquet": "Parquet",
    "application/octet-stream": "file",
    "text/csv": "CSV",
    "text/plain": "text",
    "image/jpeg": "JPEG photo",
    "image/png": "PNG image",
    "image/webp": "WebP image",
    "image/heic": "HEIC photo",
    "video/mp4": "MP4 video",
}


def words_of(kind: str) -> Words:
    """What a kind is called; one that nobody gave words is read from its code name."""
    told = kind.replace(".", ": ").replace("_", " ")
    named = told[:1].upper() + told[1:]
    return KINDS.get(kind) or Words(named, named)


def named(kind: str) -> str:
    """What a single file of the kind is called."""
    return words_of(kind).one


def type_named(media_type: str) -> str:
    """What people call a file of that type."""
    return TYPES.get(media_type.partition(";")[0].strip().lower(), media_type)


def detail(row: Artifact) -> str:
    """What the facts that it was made from say of this one beside its kind; empty where they say nothing."""
    facts = row.made_from
    if row.kind == "ledger.checkpoint" and "seal_number" in facts:
        return f"seal {facts['seal_number']}"
    if row.kind == "retention.archive" and "piece" in facts:
        return f"{str(facts['subject']).replace('_', ' ')}, {facts['piece']}"
    return edition_of(facts)


def edition_of(facts: Mapping[str, Any]) -> str:
    """Which edition of a report it is; empty for what has none."""
    return f"{facts['edition']} edition" if "edition" in facts else ""
