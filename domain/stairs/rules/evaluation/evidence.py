"""Evidence: every mandatory prompt has a record of its own whose bytes are those that the device declared (R-13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.stairs.rules.evaluation.case import Case
from domain.stairs.rules.evaluation.notes import Note, blocks, flags
from domain.stairs.rules.evaluation.proof import EvidencePrompt, EvidenceRecord, longer_and_shorter

VERIFIED = "VERIFIED"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was asked for and what came.

    Attributes:
        missing: what the prompts ask for that no verified record answers.
    """

    required: int
    present: int
    verified: int
    missing: tuple[str, ...]
    notes: tuple[Note, ...]

    def figures(self) -> dict[str, Any]:
        """As members of the result."""
        return {
            "required": self.required,
            "present": self.present,
            "verified": self.verified,
            "missing": list(self.missing),
        }


def check(case: Case) -> Evidence:
    """Whether the evidence proves what the prompts ask for."""
    standing = [(one, _standing(case, one)) for one in case.evidence]
    notes = [note for one, found in standing for note in _told(one, found)]
    sound = [one for one, found in standing if found == VERIFIED]
    prompts = [(number, one) for number, one in enumerate(case.evidence_prompts, 1) if one.mandatory]
    answered = _answered(prompts, sound)
    missing = [prompt.description for number, prompt in prompts if number not in answered]
    notes += [_too_coarse(one) for one in sound if any(_is_too_coarse(one, number, asked) for number, asked in prompts)]
    if missing:
        notes.append(blocks("EVIDENCE_MISSING", f"Not proven by evidence: {'; '.join(missing)}.", missing=missing))
    return Evidence(len(prompts), len(case.evidence), len(sound), tuple(missing), tuple(notes))


def _standing(case: Case, record: EvidenceRecord) -> str:
    """VERIFIED, or the first thing that is wrong with a record."""
    earliest, latest = _when(case)
    if record.used_elsewhere:
        return "EVIDENCE_REUSED"
    if not record.uploaded or record.stored_sha256 is None:
        return "EVIDENCE_PENDING"
    if record.declared_sha256 != record.stored_sha256:
        return "EVIDENCE_HASH_MISMATCH"
    if record.size_bytes is not None and not 1 <= record.size_bytes <= case.settings.max_evidence_bytes:
        return "EVIDENCE_SIZE"
    if not earliest <= record.captured_at <= latest:
        return "EVIDENCE_TIME_ODD"
    return VERIFIED


def _when(case: Case) -> tuple[datetime, datetime]:
    """From when until when evidence of this test can have been captured."""
    slack = timedelta(seconds=case.settings.clock_slack_s)
    return (case.started_at or case.tested_at) - slack, (case.completed_at or case.tested_at) + slack


def _told(record: EvidenceRecord, standing: str) -> list[Note]:
    """What a record that is not sound does: doubt about its bytes hinders a pass, else it only proves nothing."""
    name = f"{record.evidence_type} {record.evidence_id}"
    sentences = {
        "EVIDENCE_REUSED": f"The bytes of {name} stand under another test too.",
        "EVIDENCE_PENDING": f"The {name} has not arrived yet.",
        "EVIDENCE_HASH_MISMATCH": f"The stored bytes of {name} are not those that the device declared.",
        "EVIDENCE_SIZE": f"The {name} is empty or larger than what is taken.",
        "EVIDENCE_TIME_ODD": f"The {name} was not captured while the test went on.",
    }
    if standing == VERIFIED:
        return []
    makes = flags if standing in {"EVIDENCE_SIZE", "EVIDENCE_TIME_ODD"} else blocks
    return [makes(standing, sentences[standing], evidence_id=record.evidence_id)]


def _answers(record: EvidenceRecord, number: int, prompt: EvidencePrompt) -> bool:
    return _is_meant_for(record, number, prompt) and _is_fine_enough(record, prompt)


def _is_meant_for(record: EvidenceRecord, number: int, prompt: EvidencePrompt) -> bool:
    return record.evidence_type == prompt.type and record.prompt in {None, number}


def _is_fine_enough(record: EvidenceRecord, prompt: EvidencePrompt) -> bool:
    if prompt.min_resolution is None:
        return True
    try:
        longer, shorter = longer_and_shorter(record.resolution or "")
    except ValueError:
        # What a device writes there is its own; what cannot be read proves nothing, and hinders no verdict.
        return False
    least_longer, least_shorter = longer_and_shorter(prompt.min_resolution)
    return longer >= least_longer and shorter >= least_shorter


def _is_too_coarse(record: EvidenceRecord, number: int, prompt: EvidencePrompt) -> bool:
    return _is_meant_for(record, number, prompt) and not _is_fine_enough(record, prompt)


def _too_coarse(record: EvidenceRecord) -> Note:
    told = record.resolution or "no known resolution"
    text = f"The {record.evidence_type} {record.evidence_id} has {told}, less than a prompt asks for."
    return flags("EVIDENCE_RESOLUTION_LOW", text, evidence_id=record.evidence_id)


def _answered(prompts: Sequence[tuple[int, EvidencePrompt]], records: Sequence[EvidenceRecord]) -> set[int]:
    """The prompts that have bytes of their own, as many as there can be (augmenting paths).

    One picture sent twice is one picture, and answers one prompt.
    """
    by_bytes: dict[str, list[EvidenceRecord]] = {}
    for record in records:
        by_bytes.setdefault(record.stored_sha256 or "", []).append(record)
    prompt_of: dict[str, tuple[int, EvidencePrompt]] = {}

    def place(number: int, prompt: EvidencePrompt, tried: set[str]) -> bool:
        for key in sorted(by_bytes):
            if key in tried or not any(_answers(record, number, prompt) for record in by_bytes[key]):
                continue
            tried.add(key)
            if key not in prompt_of or place(*prompt_of[key], tried):
                prompt_of[key] = (number, prompt)
                return True
        return False

    return {number for number, prompt in prompts if place(number, prompt, set())}
