"""SCORM 2004, 4th edition: completion and success apart; a quiz is passed by measure, a lesson has no success."""

from collections.abc import Mapping

from lxml import etree

from domain.courses.content.package import PackagedQuiz
from domain.courses.delivery.exports.control import control_documents
from domain.courses.delivery.exports.imsmanifest import (
    NAME,
    ORGANIZATION,
    add,
    add_resources,
    is_sco,
    root_of,
    written,
)
from domain.courses.delivery.exports.plan import Page, Plan

IMSCP = "http://www.imsglobal.org/xsd/imscp_v1p1"
ADLCP = "http://www.adlnet.org/xsd/adlcp_v1p3"
ADLSEQ = "http://www.adlnet.org/xsd/adlseq_v1p3"
ADLNAV = "http://www.adlnet.org/xsd/adlnav_v1p3"
IMSSS = "http://www.imsglobal.org/xsd/imsss"
LOCATIONS = (
    f"{IMSCP} imscp_v1p1.xsd {ADLCP} adlcp_v1p3.xsd {ADLSEQ} adlseq_v1p3.xsd {ADLNAV} adlnav_v1p3.xsd"
    f" {IMSSS} imsss_v1p0.xsd"
)


def scorm2004_files(plan: Plan, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The manifest of the given files and the documents that stand beside it."""
    return {NAME: _manifest(plan, files), **control_documents("scorm2004")}


def _manifest(plan: Plan, files: Mapping[str, bytes]) -> bytes:
    names: dict[str | None, str] = {None: IMSCP, "adlcp": ADLCP, "adlseq": ADLSEQ, "adlnav": ADLNAV, "imsss": IMSSS}
    root = root_of(plan, names, LOCATIONS)
    metadata = add(root, "metadata")
    add(metadata, "schema", "ADL SCORM")
    add(metadata, "schemaversion", "2004 4th Edition")
    organization = add(add(root, "organizations", default=ORGANIZATION), "organization", identifier=ORGANIZATION)
    add(organization, "title", plan.package.title)
    for part in plan.parts:
        module = add(organization, "item", identifier=f"ITEM-{part.id}")
        add(module, "title", part.title)
        for page in part.pages:
            _item(module, page)
        _choice_and_flow(module)
    _choice_and_flow(organization)
    add_resources(root, plan, f"{{{ADLCP}}}scormType", files)
    return written(root)


def _item(module: etree._Element, page: Page) -> None:
    item = add(module, "item", identifier=f"ITEM-{page.id}", identifierref=f"RES-{page.id}")
    add(item, "title", page.title)
    if not is_sco(page):
        return
    sequencing = etree.SubElement(item, f"{{{IMSSS}}}sequencing")
    if isinstance(page.item, PackagedQuiz):
        objectives = add(sequencing, "objectives")
        primary = add(objectives, "primaryObjective", objectiveID=f"OBJ-{page.id}", satisfiedByMeasure="true")
        add(primary, "minNormalizedMeasure", _share(page.item.pass_threshold_pct))
    else:
        # Reading is completed, not passed: only quizzes count for the success of the course.
        add(sequencing, "rollupRules", rollupObjectiveSatisfied="false", objectiveMeasureWeight="0")
    add(sequencing, "deliveryControls", completionSetByContent="true", objectiveSetByContent="true")


def _choice_and_flow(parent: etree._Element) -> None:
    """The learner may take any page, and the LMS may offer the next."""
    sequencing = etree.SubElement(parent, f"{{{IMSSS}}}sequencing")
    add(sequencing, "controlMode", choice="true", flow="true")


def _share(percent: int) -> str:
    return f"{percent // 100}.{percent % 100:02d}"
