"""SCORM 1.2: one SCO a lesson and one a quiz; an organization with an item a module and a leaf a page."""

from collections.abc import Mapping

from lxml import etree

from domain.courses.content.package import PackagedQuiz
from domain.courses.delivery.exports.control import control_documents
from domain.courses.delivery.exports.imsmanifest import NAME, ORGANIZATION, add, add_resources, root_of, written
from domain.courses.delivery.exports.plan import Page, Plan

IMSCP = "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
ADLCP = "http://www.adlnet.org/xsd/adlcp_rootv1p2"
IMSMD = "http://www.imsglobal.org/xsd/imsmd_rootv1p2p1"
LOCATIONS = f"{IMSCP} imscp_rootv1p1p2.xsd {IMSMD} imsmd_rootv1p2p1.xsd {ADLCP} adlcp_rootv1p2.xsd"


def scorm12_files(plan: Plan, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The manifest of the given files and the documents that stand beside it."""
    return {NAME: _manifest(plan, files), **control_documents("scorm12")}


def _manifest(plan: Plan, files: Mapping[str, bytes]) -> bytes:
    root = root_of(plan, {None: IMSCP, "adlcp": ADLCP}, LOCATIONS)
    metadata = add(root, "metadata")
    add(metadata, "schema", "ADL SCORM")
    add(metadata, "schemaversion", "1.2")
    organization = add(add(root, "organizations", default=ORGANIZATION), "organization", identifier=ORGANIZATION)
    add(organization, "title", plan.package.title)
    for part in plan.parts:
        module = add(organization, "item", identifier=f"ITEM-{part.id}")
        add(module, "title", part.title)
        for page in part.pages:
            _item(module, page)
    add_resources(root, plan, f"{{{ADLCP}}}scormtype", files)
    return written(root)


def _item(module: etree._Element, page: Page) -> None:
    item = add(module, "item", identifier=f"ITEM-{page.id}", identifierref=f"RES-{page.id}")
    add(item, "title", page.title)
    if isinstance(page.item, PackagedQuiz):
        etree.SubElement(item, f"{{{ADLCP}}}masteryscore").text = str(page.item.pass_threshold_pct)
