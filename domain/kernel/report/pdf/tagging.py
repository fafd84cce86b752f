"""The structure of the PDF (ISO 32000-1, 14.7 and 14.8): headings, paragraphs, tables and figures for screen readers.

What stands on the page is marked where it is drawn, by number within its page; the tree of elements that refers to
those numbers is written when the document is whole. Everything else on a page is marked as an artifact.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFObjectReference, PDFString
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable


@dataclass
class Element:
    """One element: its tag, its parent, and its kids, which are elements or (page, number of marked content)."""

    tag: str
    parent: "Element | None"
    alt: str = ""
    is_heading_cell: bool = False
    kids: list["Element | tuple[int, int]"] = field(default_factory=list)
    name: str = ""


class Structure:
    """The tree of one document while it grows."""

    def __init__(self) -> None:
        self.root = Element("Document", None)
        self._open = [self.root]
        self._marked: dict[int, list[Element]] = {}

    def begin(self, tag: str, alt: str = "", is_heading_cell: bool = False) -> None:
        """Open an element within the one that is open."""
        element = Element(tag, self._open[-1], alt, is_heading_cell)
        self._open[-1].kids.append(element)
        self._open.append(element)

    def end(self) -> None:
        """Close the innermost open element."""
        self._open.pop()

    def mark(self, page: int) -> int:
        """The number, within the page, of content that belongs to the innermost element."""
        on_page = self._marked.setdefault(page, [])
        on_page.append(self._open[-1])
        self._open[-1].kids.append((page, len(on_page) - 1))
        return len(on_page) - 1

    def write(self, canvas: Canvas) -> None:
        """Put the tree into the document; every page must have been shown."""
        document: Any = canvas._doc
        elements = list(_walk(self.root))
        for number, element in enumerate(elements):
            element.name = f"Element{number}"
        root = PDFObjectReference("StructureRoot")
        for element in elements:
            document.Reference(_dictionary(element, root), element.name)
        nums: list[Any] = []
        for place, page in enumerate(document.Pages.pages):
            # reportlab's page knows neither entry; it writes what this list names.
            page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
            page.StructParents, page.Tabs = place, PDFName("S")
            nums += [place, PDFArray([PDFObjectReference(e.name) for e in self._marked.get(place + 1, [])])]
        tree = {
            "Type": PDFName("StructTreeRoot"),
            "K": PDFArray([PDFObjectReference(self.root.name)]),
            "ParentTree": PDFDictionary({"Nums": PDFArray(nums)}),
            "ParentTreeNextKey": len(document.Pages.pages),
        }
        whole = PDFDictionary(tree)
        document.Reference(whole, "StructureRoot")
        document.Catalog.StructTreeRoot = whole
        document.Catalog.MarkInfo = PDFDictionary({"Marked": "true"})


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for kid in element.kids:
        if isinstance(kid, Element):
            yield from _walk(kid)


def _dictionary(element: Element, root: PDFObjectReference) -> PDFDictionary:
    entries: dict[str, Any] = {
        "Type": PDFName("StructElem"),
        "S": PDFName(element.tag),
        "P": root if element.parent is None else PDFObjectReference(element.parent.name),
        "K": PDFArray([_kid(kid) for kid in element.kids]),
    }
    if element.alt:
        entries["Alt"] = PDFString(element.alt)
    if element.is_heading_cell:
        entries["A"] = PDFDictionary({"O": PDFName("Table"), "Scope": PDFName("Column")})
    return PDFDictionary(entries)


def _kid(kid: Element | tuple[int, int]) -> Any:
    if isinstance(kid, Element):
        return PDFObjectReference(kid.name)
    page, number = kid
    return PDFDictionary({"Type": PDFName("MCR"), "Pg": PDFObjectReference(f"Page{page}"), "MCID": number})


@contextmanager
def marked(canvas: Any, tag: str, alt: str = "") -> Iterator[None]:
    """What is drawn meanwhile is the content of a new element."""
    structure: Structure = canvas.structure
    structure.begin(tag, alt)
    canvas._code.append(f"/{tag} <</MCID {structure.mark(canvas.getPageNumber())}>> BDC")
    yield
    canvas._code.append("EMC")
    structure.end()


@contextmanager
def artifact(canvas: Any) -> Iterator[None]:
    """What is drawn meanwhile is no content: rules, grounds, running heads and feet."""
    canvas._code.append("/Artifact BMC")
    yield
    canvas._code.append("EMC")


class Begin(Flowable):  # type: ignore[misc]
    """Takes no room; opens an element for the flowables that follow, until `End`."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.width = self.height = 0
        self._tag = tag

    def wrap(self, *_: float) -> tuple[float, float]:
        """It takes no room on the page."""
        return 0, 0

    def draw(self) -> None:
        """Open the element of the structure."""
        self.canv.structure.begin(self._tag)


class End(Flowable):  # type: ignore[misc]
    """Takes no room; closes what `Begin` opened."""

    def __init__(self) -> None:
        super().__init__()
        self.width = self.height = 0

    def wrap(self, *_: float) -> tuple[float, float]:
        """It takes no room on the page."""
        return 0, 0

    def draw(self) -> None:
        """Close the element of the structure."""
        self.canv.structure.end()
