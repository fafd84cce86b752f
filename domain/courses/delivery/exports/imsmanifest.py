"""What the manifests of both SCORM editions share: identifiers, resources with their files, XML as bytes."""

from collections.abc import Iterable

from lxml import etree

from domain.courses.delivery.exports.pages import STYLE
from domain.courses.delivery.exports.plan import Page, Plan

NAME = "imsmanifest.xml"
ORGANIZATION = "ORG-1"
SHARED = "RES-shared"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def identifier_of(plan: Plan) -> str:
    """An xs:ID, which must not begin with a digit: of this course in this version."""
    return f"CS-{plan.package.syllabus_id}-v{plan.version}"


def is_sco(page: Page) -> bool:
    """Lessons and quizzes speak with the LMS; a project is a page to read."""
    return page.kind != "project"


def root_of(plan: Plan, namespaces: dict[str | None, str], locations: str) -> etree._Element:
    """The `<manifest>` element."""
    names: dict[str | None, str] = {**namespaces, "xsi": XSI}
    root = etree.Element(f"{{{namespaces[None]}}}manifest", nsmap=names)  # type: ignore[arg-type]
    root.set("identifier", identifier_of(plan))
    root.set("version", str(plan.version))
    root.set(f"{{{XSI}}}schemaLocation", locations)
    return root


def add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    """A child in its parent's namespace."""
    child = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    child.text = text
    for key, value in attributes.items():
        child.set(key, value)
    return child


def add_resources(root: etree._Element, plan: Plan, type_attribute: str, files: Iterable[str]) -> None:
    """One resource a page, and one of the files that all of them load; every file of the ZIP is named once."""
    resources = add(root, "resources")
    own = {page.path for page in plan.pages}
    for page in plan.pages:
        resource = add(resources, "resource", identifier=f"RES-{page.id}", type="webcontent")
        resource.set(type_attribute, "sco" if is_sco(page) else "asset")
        resource.set("href", page.path)
        add(resource, "file", href=page.path)
        add(resource, "dependency", identifierref=SHARED)
    shared = add(resources, "resource", identifier=SHARED, type="webcontent")
    shared.set(type_attribute, "asset")
    shared.set("href", f"player/{STYLE}")
    for name in sorted(set(files) - own):
        add(shared, "file", href=name)


def written(root: etree._Element) -> bytes:
    """The manifest as the bytes of its file."""
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"
