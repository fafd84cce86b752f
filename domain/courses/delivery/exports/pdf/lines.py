"""Text with its marks broken into lines of a width, each line in the order in which it is seen."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.courses.content import markup
from domain.courses.delivery.exports.pdf.bidi import base_level, is_turned, joined, levels_of, mirrored, seen_order
from domain.courses.delivery.exports.pdf.letters import Face, wide


@dataclass(frozen=True, slots=True)
class Sign:
    """One letter with its face, and where it leads when it is part of a link."""

    letter: str
    face: Face
    href: str = ""


@dataclass(frozen=True)
class Line:
    """One line: its signs from left to right, its width in points, and what it reads as."""

    signs: tuple[Sign, ...]
    width: float
    reads: str
    is_turned: bool


def signs_of(nodes: Sequence[markup.Inline], face: Face = "plain", href: str = "") -> list[Sign]:
    """The signs of a line's tree; line breaks are signs too."""
    signs: list[Sign] = []
    for node in nodes:
        match node:
            case markup.Words(text):
                signs += [Sign(letter, face, href) for letter in text.replace("\n", " ")]
            case markup.Code(text):
                signs += [Sign(letter, "code", href) for letter in text.replace("\n", " ")]
            case markup.Break():
                signs.append(Sign("\n", face))
            case markup.Emphasis(inside):
                signs += signs_of(inside, "emphasis" if face == "plain" else face, href)
            case markup.Strong(inside):
                signs += signs_of(inside, "strong", href)
            case markup.Link(target, inside):
                signs += signs_of(inside, face, target)
    return signs


def plain_signs(text: str, face: Face = "plain") -> list[Sign]:
    """Text without marks; its line breaks stay."""
    return [Sign(letter, face) for letter in text]


def lines_of(signs: Sequence[Sign], width: float, size: float) -> list[Line]:
    """The paragraph in lines no wider than `width` points at `size`."""
    lines: list[Line] = []
    for part in _at_breaks(signs):
        text = "".join(sign.letter for sign in part)
        if not is_turned(text):
            lines += [_straight(line, size) for line in _broken(part, width, size)]
        else:
            lines += _turned(part, text, width, size)
    return lines


def is_right_to_left(signs: Sequence[Sign]) -> bool:
    """Whether the paragraph begins at the right."""
    return base_level("".join(sign.letter for sign in signs)) == 1


def _turned(part: Sequence[Sign], text: str, width: float, size: float) -> Iterator[Line]:
    """Levels are those of the whole paragraph; each line is put into order by itself."""
    base = base_level(text)
    levels = levels_of(text, base)
    shaped = joined(text)
    signs = [Sign(letter, part[at].face, part[at].href) for letter, at in shaped]
    level_of = [levels[at] for _, at in shaped]
    begin = 0
    for line in _broken(signs, width, size):
        end = begin + len(line)
        of_line, reads = level_of[begin:end], _reads(part, shaped, begin, end)
        for at in range(len(line) - 1, -1, -1):  # L1: blanks at the end stand at the end
            if line[at].letter != " ":
                break
            of_line[at] = base
        seen = [
            Sign(mirrored(line[at].letter), line[at].face, line[at].href) if of_line[at] % 2 else line[at]
            for at in _marks_after(line, of_line, seen_order(of_line))
        ]
        kept = _without_blanks(seen)
        yield Line(tuple(kept), _width(kept, size), reads, True)
        begin = end


def _marks_after(line: Sequence[Sign], levels: Sequence[int], order: list[int]) -> list[int]:
    """L3: a mark upon a letter is drawn after it, also where the order has been turned around."""
    held: list[int] = []
    turned: list[int] = []
    for at in order:
        if levels[at] % 2 and unicodedata.category(line[at].letter) == "Mn":
            held.append(at)
            continue
        turned += [at, *reversed(held)]
        held = []
    return turned + held


def _reads(part: Sequence[Sign], shaped: Sequence[tuple[str, int]], begin: int, end: int) -> str:
    first = shaped[begin][1] if begin < len(shaped) else len(part)
    last = shaped[end][1] if end < len(shaped) else len(part)
    return "".join(sign.letter for sign in part[first:last])


def _straight(line: Sequence[Sign], size: float) -> Line:
    kept = _without_blanks(line)
    return Line(tuple(kept), _width(kept, size), "".join(sign.letter for sign in kept), False)


def _at_breaks(signs: Sequence[Sign]) -> Iterator[list[Sign]]:
    part: list[Sign] = []
    for sign in signs:
        if sign.letter == "\n":
            yield part
            part = []
        else:
            part.append(sign)
    yield part


def _broken(signs: Sequence[Sign], width: float, size: float) -> Iterator[list[Sign]]:
    """Broken after blanks; a word that is wider than the line is broken where the line ends."""
    begin, blank, used, used_at_blank = 0, -1, 0.0, 0.0
    for at, sign in enumerate(signs):
        step = wide(sign.letter, sign.face) * size
        if sign.letter == " ":
            blank, used_at_blank = at, used + step
        elif used + step > width and at > begin:
            end = blank + 1 if blank >= begin else at
            yield list(signs[begin:end])
            used, begin = (used - used_at_blank if blank >= begin else 0.0), end
        used += step
    yield list(signs[begin:])


def _without_blanks(signs: Sequence[Sign]) -> list[Sign]:
    """Without the blanks at either end: they are no part of what is seen."""
    begin, end = 0, len(signs)
    while end > begin and signs[end - 1].letter == " ":
        end -= 1
    while begin < end and signs[begin].letter == " ":
        begin += 1
    return list(signs[begin:end])


def _width(signs: Sequence[Sign], size: float) -> float:
    return sum(wide(sign.letter, sign.face) for sign in signs) * size
