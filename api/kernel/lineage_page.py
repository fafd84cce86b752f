"""The way back as a tree: each thing once, under the nearest thing that was made from it; a second way is a mention."""

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from api.acts import GATES
from api.kernel.artifact_words import edition_of, named
from domain.kernel.charts.words import number
from domain.kernel.trace import Key, Lineage, Node

WORDS = {
    "artifact": "Artifact",
    "countersignature": "Countersignature",
    "proposal": "Proposal",
    "run": "Run",
    "event": "Ledger entry",
    "read_batch": "Load",
    "file": "File",
    "rows": "Rows",
    "outage": "Outage",
    "compliance_report": "Report",
    "test_session": "Visit",
}
# Where the things that have a page of their own have it.
PLACES = {
    "artifact": "/artifacts/",
    "countersignature": "/countersignatures/",
    "proposal": "/countersign/",
    "outage": "/grid/outages/",
    "test_session": "/stairs/sessions/",
    "regeneration_job": "/admin/regeneration-jobs/",
    "retry_intent": "/admin/retry-intents/",
}
TABLES = {
    "meter_reads_electric": "meter reads",
    "meter_events": "signals of meters and devices",
    "test_instances": "tests",
}
# So many things that one was made from stand open; where there are more than a few beyond, the rest is folded.
MOST_BESIDE, FEW = 8, 2
# FireMode labels a report by what it covers.
OF_A_VISIT = "session of "


@dataclass
class Branch:
    """One thing in the tree.

    Attributes:
        relation: how the thing above was made from it.
        is_mention: whether it stands elsewhere in the tree and is only named here.
    """

    node: Node
    relation: str
    is_mention: bool = False
    branches: list["Branch"] = field(default_factory=list)

    @property
    def word(self) -> str:
        """What kind of thing it is, for readers."""
        return WORDS.get(self.node.type, self.node.type.replace("_", " ").capitalize())

    @property
    def label(self) -> str:
        """What it is, in a person's words; begun by its kind where that is not in them."""
        return label_of(self.node)

    @property
    def names_itself(self) -> bool:
        """Whether the label says what kind of thing it is."""
        return _is_in(self.word, self.label)

    @property
    def address(self) -> str | None:
        """The page of the thing itself."""
        place = PLACES.get(self.node.type)
        return f"{place}{self.node.id}" if place else None

    @property
    def rule(self) -> str:
        """A person's signature is drawn with a solid rule and the seal, what a machine proposed with a dashed one."""
        if self.node.type == "proposal":
            return "plain" if _is_person(self.node.facts.get("proposed_by")) else "suggested"
        return "signed" if self.node.type == "countersignature" else "plain"

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What is worth reading, as names and texts."""
        return [(name.replace("_", " "), _text(value)) for name, value in self.node.facts.items() if value is not None]

    @property
    def entries(self) -> list["Branch"]:
        """Ledger entries, which are told together."""
        return [one for one in self.branches if one.node.type == "event"]

    @property
    def others(self) -> tuple[list["Branch"], list["Branch"]]:
        """Everything else that it was made from, what a person signed first: what stands open, and what is folded."""
        found = [one for one in self.branches if one.node.type != "event"]
        found.sort(key=lambda one: one.node.type != "countersignature")
        most = MOST_BESIDE if len(found) > MOST_BESIDE + FEW else len(found)
        return found[:most], found[most:]


def drawn(found: Lineage) -> dict[str, Any]:
    """What the template needs."""
    placed: set[Key] = {found.root.key}
    tree = Branch(found.root, "")
    level = [tree]
    while level:
        following: list[Branch] = []
        for branch in level:
            for relation, source in found.sources_of(branch.node):
                below = Branch(source, relation, is_mention=source.key in placed)
                branch.branches.append(below)
                if not below.is_mention:
                    placed.add(source.key)
                    following.append(below)
        level = following
    return {"tree": tree, "headline": headline(found)}


def headline(found: Lineage) -> str:
    """The finding as a sentence: what it leads back to."""
    word = WORDS.get(found.root.type, found.root.type.replace("_", " ").capitalize())
    label = _short(label_of(found.root))
    # A recommendation run has the word in its name, and so has a report; the kind of a file is enough of a word.
    is_told = found.root.type == "artifact" or _is_in(word, label)
    what = label[:1].upper() + label[1:] if is_told else f"{word} {label}"
    reads = sum(int(node.facts.get("reads") or 0) for node in found.nodes if node.type == "rows")
    loads = sum(node.type == "read_batch" for node in found.nodes)
    if loads:
        return f"{what} leads back to {number(reads)} reads in {_counted(loads, 'load')}"
    heard = [int(node.facts["signals"]) for node in found.nodes if node.type == "rows" and "signals" in node.facts]
    if heard:
        # One signal may have been heard by several inferences.
        most = f"{'up to ' if len(heard) > 1 else ''}{_counted(max(heard), 'signal')}"
        return f"{what} leads back to {_counted(len(heard), 'inference')} from {most}"
    if reads:
        return f"{what} leads back to {_counted(reads, 'read')}"
    tests = sum(int(node.facts.get("tests") or 0) for node in found.nodes if node.type == "rows")
    if tests:
        return f"{what} leads back to {_counted(tests, 'test')}"
    entries = sum(node.type == "event" for node in found.nodes)
    if entries:
        return f"{what} leads back to {_counted(entries, 'ledger entry', 'ledger entries')}"
    if len(found.nodes) > 1:
        return f"{what} leads back to {_counted(len(found.nodes) - 1, 'thing')}"
    return f"{what} names nothing that it was made from"


def label_of(node: Node) -> str:
    """What a thing is: kinds of files and of acts as people call them, else as its own room says it."""
    if node.type == "artifact":
        return ", ".join(filter(None, [named(node.label), edition_of(node.facts.get("made_from") or {})]))
    decision, _, kind = node.label.partition(": ")
    if node.type == "countersignature" and kind in GATES:
        return f"{GATES[kind].title}, {decision.replace('_', ' ').lower()}"
    if node.type == "compliance_report":
        of_a_visit = node.label.startswith(OF_A_VISIT)
        return f"report of a visit to {node.label.removeprefix(OF_A_VISIT)}" if of_a_visit else f"report: {node.label}"
    return f"of {TABLES.get(node.label, node.label)}" if node.type == "rows" else node.label


def _is_person(proposed_by: object) -> bool:
    """People are known by an id; machines by a name."""
    try:
        uuid.UUID(str(proposed_by))
    except ValueError:
        return False
    return True


def _is_in(word: str, label: str) -> bool:
    return word.lower() in re.findall(r"[a-z]+", label.lower())


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def _short(label: str) -> str:
    said = label.rstrip(".")
    return said if len(said) <= 60 else f"{said[:57]}..."


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)
