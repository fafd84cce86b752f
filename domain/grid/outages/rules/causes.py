"""Causes as utilities write them, brought to the categories in which reliability is compared.

The categories are those of IEEE 1782 (equipment, lightning, planned, power supply, public, vegetation, weather,
wildlife, unknown, other), with `under_investigation` for what nobody has looked at yet and `not_an_outage` for entries
that say so themselves. The first pattern that fits decides; number codes before the words are passed over.
"""

import re

CAUSES_VERSION = "causes/1"
NOT_AN_OUTAGE = "not_an_outage"
UNDER_INVESTIGATION = "under_investigation"

_PATTERNS: tuple[tuple[str, str], ...] = (
    (NOT_AN_OUTAGE, r"non-outage|\bno outage\b"),
    (UNDER_INVESTIGATION, r"investigat|outage reported|assessing|\bpending\b"),
    (
        "planned",
        r"planned|scheduled|maintenance|construction(?! damage)|member requested|customer request|safety power",
    ),
    ("unknown", r"unknown|unable to determine|no cause|undetermined"),
    ("vegetation", r"(?<!not )\b(tree|trees|vegetation|limb|branch|overhang)\b(?!s?\))"),
    ("wildlife", r"animal|\bbirds?\b|avian|critter|squirrel|snake|wildlife"),
    ("lightning", r"lightning"),
    ("weather", r"weather|storm|\bwind|monsoon|\bflood|\bice\b|snow|hurricane|tornado|\bheat"),
    ("public", r"vehicle|accident|truck|dig-?in|excavat|public|vandal|human|customer-caused|\bfire\b|emergency|theft"),
    ("power_supply", r"power supplier|neighbou?ring utility|transmission|substation supply|major power line"),
    (
        "equipment",
        r"equipment|material|cable|transformer|\bpoles?\b|\bpole\(s\)|\blines?\b|line\(s\)|\bwires?\b|fuse|cabinet|corrosion|decay|"
        r"switching error|conductor|insulator",
    ),
)
_COMPILED = tuple((name, re.compile(pattern)) for name, pattern in _PATTERNS)


def cause_category(text: str | None) -> str:
    """The category of a cause as written; nothing written is unknown."""
    words = " ".join((text or "").lower().split())
    if not words:
        return "unknown"
    for name, pattern in _COMPILED:
        if pattern.search(words):
            return name
    return "other"
