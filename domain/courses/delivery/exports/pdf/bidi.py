"""Right-to-left text as it is seen: joined Arabic letters, and the order in which a line's signs stand on paper.

The Unicode bidirectional algorithm (UAX 9) without explicit embeddings, which content refuses, and without its rule for
paired brackets (N0). Joining uses the presentation forms of Unicode, whose names are its own data.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_LAM = "\u0644"
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_STRONG = {"L": "L", "R": "R", "AL": "R"}
_NEUTRAL = {"B", "S", "WS", "ON", "BN"}
_FORMS = ("isolated", "final", "initial", "medial")


def is_turned(text: str) -> bool:
    """Whether anything in the text is written from right to left."""
    return any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in text)


def base_level(text: str) -> int:
    """1 where the first strong letter is of a right-to-left script, else 0 (P2, P3)."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in _STRONG:
            return 0 if kind == "L" else 1
    return 0


def levels_of(text: str, base: int) -> list[int]:
    """The embedding level of each sign of a paragraph (W1 to W7, N1, N2, I1, I2)."""
    edge = "R" if base else "L"
    kinds = _weak([unicodedata.bidirectional(letter) or "L" for letter in text], edge)
    kinds = _neutral(kinds, edge)
    return [_level(kind, base) for kind in kinds]


def seen_order(levels: Sequence[int]) -> list[int]:
    """The places of a line's signs from left to right (L2)."""
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):
        at = 0
        while at < len(order):
            end = at
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[at:end] = reversed(order[at:end])
            at = max(end, at + 1)
    return order


def mirrored(letter: str) -> str:
    """A bracket as it stands in right-to-left text."""
    return letter.translate(_MIRRORED)


def joined(text: str) -> list[tuple[str, int]]:
    """The text with Arabic letters in the form that their neighbours ask for: (sign, place in the text)."""
    shown: list[tuple[str, int]] = []
    for at, letter in enumerate(text):
        forms = _arabic().get(letter)
        if forms is None:
            shown.append((letter, at))
            continue
        before, after = _neighbour(text, at, -1), _neighbour(text, at, +1)
        if before == _LAM and shown and (pair := _arabic().get(_LAM + letter)) is not None:
            is_held = _gives(_neighbour(text, _last(text, at), -1))
            place = max(index for index, one in enumerate(shown) if text[one[1]] == _LAM)
            shown[place] = (pair["final" if is_held and "final" in pair else "isolated"], shown[place][1])
            continue
        takes, gives = _gives(before), "initial" in forms and after in _arabic()
        form = _FORMS[(1 if takes else 0) + (2 if gives else 0)]
        shown.append((forms.get(form) or forms.get("final" if takes else "isolated") or letter, at))
    return shown


def _last(text: str, at: int) -> int:
    """The place of the letter before, marks left out."""
    at -= 1
    while at > 0 and unicodedata.category(text[at]) == "Mn":
        at -= 1
    return at


def _neighbour(text: str, at: int, step: int) -> str:
    at += step
    while 0 <= at < len(text) and unicodedata.category(text[at]) == "Mn":
        at += step
    return text[at] if 0 <= at < len(text) else ""


def _gives(letter: str) -> bool:
    """Whether a letter reaches out to the one after it."""
    return "initial" in _arabic().get(letter, {}) or letter == "\u0640"


@lru_cache(maxsize=1)
def _arabic() -> dict[str, dict[str, str]]:
    """For each Arabic letter, and for lam with alef, the signs by form."""
    found: dict[str, dict[str, str]] = {}
    for code in [*range(0xFB50, 0xFC00), *range(0xFE80, 0xFEFD)]:
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) in (2, 3) and (form := parts[0].strip("<>")) in _FORMS:
            found.setdefault("".join(chr(int(part, 16)) for part in parts[1:]), {})[form] = chr(code)
    return found


def _weak(kinds: list[str], edge: str) -> list[str]:
    kinds = list(kinds)
    before, strong = edge, edge
    for at, kind in enumerate(kinds):
        if kind in ("NSM", "BN"):  # W1; signs without width go with what they follow
            kind = before
        if kind in _STRONG:
            strong = kind
        elif kind == "EN" and strong == "AL":  # W2
            kind = "AN"
        kinds[at] = before = kind
    kinds = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    for at in range(1, len(kinds) - 1):  # W4
        left, right = kinds[at - 1], kinds[at + 1]
        if left == right and left in {"CS": ("EN", "AN"), "ES": ("EN",)}.get(kinds[at], ()):
            kinds[at] = left
    kinds = _beside_numbers(kinds)
    strong = edge
    for at, kind in enumerate(kinds):  # W7
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[at] = "L"
    return kinds


def _beside_numbers(kinds: list[str]) -> list[str]:
    """W5, W6: signs such as % beside a number belong to it; the others are neutral."""
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and kinds[end] == "ET":
            end += 1
        if end > at:
            is_beside = (at > 0 and kinds[at - 1] == "EN") or (end < len(kinds) and kinds[end] == "EN")
            kinds[at:end] = ["EN" if is_beside else "ON"] * (end - at)
        at = max(end, at + 1)
    return ["ON" if kind in ("ES", "CS") else kind for kind in kinds]


def _neutral(kinds: list[str], edge: str) -> list[str]:
    """N1, N2: between two of one direction neutral signs take it, else that of the paragraph."""
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and kinds[end] in _NEUTRAL:
            end += 1
        if end > at:
            left = edge if at == 0 else "R" if kinds[at - 1] in ("EN", "AN") else kinds[at - 1]
            right = edge if end == len(kinds) else "R" if kinds[end] in ("EN", "AN") else kinds[end]
            kinds[at:end] = [left if left == right else edge] * (end - at)
        at = max(end, at + 1)
    return kinds


def _level(kind: str, base: int) -> int:
    if base % 2 == 0:
        return base + {"L": 0, "R": 1, "AN": 2, "EN": 2}.get(kind, 0)
    return base + {"R": 0}.get(kind, 1)
