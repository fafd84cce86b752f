"""Make matplotlib's SVG fit to stand inside a page.

Styles become plain attributes (a page refuses inline styles), colours become custom properties, numbers lose digits
that nobody sees, ids that nothing refers to go, and tips are laid over the drawing.
"""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from domain.kernel.charts.chart import Tip
from domain.kernel.charts.theme import VARIABLES

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
NUMBER = re.compile(r"-?\d+\.\d+")
REFERENCE = re.compile(r"url\(#([^)]+)\)")
# What a page's style sheet gives, or what is the browser's own default.
_DROPPED = {"font-family", "stroke-linejoin", "stroke-linecap", "stroke-miterlimit"}
_FONT = re.compile(r"(?:(?P<weight>\d{3}|bold|normal)\s+)?(?P<size>[\d.]+)px")


def for_page(raw: bytes, alt: str, width: float, height: float, tips: Sequence[Tip], kind: str) -> str:
    """The drawing as an `<svg>` element for HTML: it scales to the column and is one image to a screen reader."""
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    # The bytes are our own renderer's, not anybody's input.
    root = ET.fromstring(raw)  # noqa: S314
    _prune(root)
    used = _references(root)
    for element in root.iter():
        _clean(element, used)
    root.attrib = {
        "class": f"chart chart-{kind}",
        "viewBox": f"0 0 {width:g} {height:g}",
        "role": "img",
        "aria-label": alt,
        "preserveAspectRatio": "xMinYMin meet",
    }
    _squeeze(root)
    if tips:
        root.append(_tips(tips, height))
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def _squeeze(parent: ET.Element) -> None:
    """Drop blanks between elements, groups that hold nothing, and groups that only wrap one element."""
    if not parent.tag.endswith("}text"):
        parent.text = None
    for index, child in enumerate(list(parent)):
        child.tail = None
        _squeeze(child)
        is_plain_group = child.tag.endswith("}g") and not child.attrib
        if is_plain_group and len(child) == 1:
            parent[index] = child[0]
    for child in list(parent):
        invisible = child.tag.endswith("}path") and child.get("fill") == "none" and child.get("stroke") is None
        in_defs = parent.tag.endswith(("}defs", "}clipPath"))
        if (child.tag.endswith("}g") and not len(child)) or (invisible and not in_defs):
            parent.remove(child)


def _prune(root: ET.Element) -> None:
    """Drop metadata and style blocks."""
    for parent in list(root.iter()):
        for child in list(parent):
            name = child.tag.rsplit("}", 1)[-1] if isinstance(child.tag, str) else "comment"
            empty_block = name == "defs" and all(grandchild.tag.endswith("}style") for grandchild in child)
            if name in {"metadata", "style", "comment"} or empty_block:
                parent.remove(child)


def _references(root: ET.Element) -> set[str]:
    """The ids that something in the drawing points to."""
    used: set[str] = set()
    for element in root.iter():
        for name, value in element.attrib.items():
            if name.endswith("href"):
                used.add(value.removeprefix("#"))
            used.update(REFERENCE.findall(value))
    return used


def _clean(element: ET.Element, used: set[str]) -> None:
    for name, value in _declarations(element.attrib.pop("style", "")):
        element.attrib.setdefault(name, value)
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    if element.get("id") not in used:
        element.attrib.pop("id", None)
    for name, value in list(element.attrib.items()):
        lowered = value.lower()
        if lowered in VARIABLES:
            element.set(name, VARIABLES[lowered])
        elif name in {"d", "x", "y", "width", "height", "points", "stroke-width", "font-size"}:
            element.set(name, NUMBER.sub(_shorter, value.replace("\n", " ").strip()))


def _declarations(style: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for declaration in filter(None, (part.strip() for part in style.split(";"))):
        name, _, value = declaration.partition(":")
        name, value = name.strip(), value.strip()
        if name == "font":
            font = _FONT.match(value)
            if font is not None:
                found.append(("font-size", font["size"]))
                if font["weight"] not in {None, "normal", "400"}:
                    found.append(("font-weight", font["weight"]))
        elif name not in _DROPPED:
            found.append((name, value))
    return found


def _shorter(match: re.Match[str]) -> str:
    """One decimal, a tenth of a pixel, is as fine as anybody sees."""
    text = f"{float(match[0]):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _tips(tips: Sequence[Tip], height: float) -> ET.Element:
    """Invisible rectangles whose title a browser shows under the pointer; the table says the same."""
    group = ET.Element(
        f"{{{SVG}}}g", {"class": "chart-tips", "aria-hidden": "true", "fill": "none", "pointer-events": "all"}
    )
    for tip in tips:
        rectangle = ET.SubElement(
            group,
            f"{{{SVG}}}rect",
            {
                "x": f"{tip.left:.1f}",
                "y": f"{height - tip.bottom - tip.height:.1f}",
                "width": f"{tip.width:.1f}",
                "height": f"{tip.height:.1f}",
            },
        )
        ET.SubElement(rectangle, f"{{{SVG}}}title").text = tip.text
    return group
